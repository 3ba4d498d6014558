"""Tests of `tvtui.reporters`."""

"""Tests of `tvtui.artifacts`."""

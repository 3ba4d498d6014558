"""Tests of `tvtui.cli`."""

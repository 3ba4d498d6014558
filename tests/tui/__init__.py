"""Tests of `tvtui.tui`."""

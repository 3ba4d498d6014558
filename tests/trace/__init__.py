"""Tests of `tvtui.trace`."""

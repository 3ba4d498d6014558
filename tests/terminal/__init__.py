"""Tests of `tvtui.terminal`."""

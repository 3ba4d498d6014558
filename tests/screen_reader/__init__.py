"""Tests of `tvtui.screen_reader`."""

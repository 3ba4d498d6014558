"""Tests of `tvtui.text`."""

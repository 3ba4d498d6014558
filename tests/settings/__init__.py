"""Tests of `tvtui.settings`."""

"""Tests of `tvtui.view`."""

"""Tests of `tvtui.demo`."""

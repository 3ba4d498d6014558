"""Tests of `tvtui.watch`."""

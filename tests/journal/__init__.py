"""Tests of `tvtui.journal`."""

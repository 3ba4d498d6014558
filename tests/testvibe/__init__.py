"""Tests of `tvtui.testvibe`."""

"""Builders and doubles for the tests."""

"""The tests of tvtui."""

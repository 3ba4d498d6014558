"""The interactive watch for screen readers."""

"""The screens: each owns the state of what it shows."""

"""Regenerates the demo's evidence with Playwright on small pages of our own: `python -m tests.makers`."""

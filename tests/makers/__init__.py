"""Makes the demo's evidence anew, by Playwright itself on small pages of our own: `python -m tests.makers`."""

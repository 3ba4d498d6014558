"""Downloads: artifacts become complete files below a folder, and never outside of it."""

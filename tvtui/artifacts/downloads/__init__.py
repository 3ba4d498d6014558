"""Downloads: artifacts become whole files below a folder, and nothing outside of it."""

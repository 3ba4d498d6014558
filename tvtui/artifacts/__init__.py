"""Files that a run leaves behind: listed, matched to tests, downloaded, opened."""

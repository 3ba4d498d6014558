"""The files that a run has produced: listed, matched to tests, downloaded, opened."""

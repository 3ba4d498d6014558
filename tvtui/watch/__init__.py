"""Following a run: polling, scheduling, and the state of a watch."""

"""Following a run: polling, scheduling, and the state of what was seen."""

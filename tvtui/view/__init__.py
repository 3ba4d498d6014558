"""What to show of runs, in which order and in which words; pure."""

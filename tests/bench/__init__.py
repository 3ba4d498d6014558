"""Benchmarks: commands that print figures, each next to a bare Textual app measured in the same run.

    python -m tests.bench            # all of them, which takes a few minutes
    python -m tests.bench start keys # some of them
    python -m tests.bench soak 600 1 # a watch under faults: seconds, seed

There are no thresholds: machines are noisy, so compare figures within one run.
"""

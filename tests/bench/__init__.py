"""Benchmarks: figures of tvtui next to those of a bare Textual app, measured in turn in the same run.

    python -m tests.bench                     # all of them, which takes some ten minutes
    python -m tests.bench start keys          # some of them
    python -m tests.bench --against HEAD~3    # another version of tvtui in a column of its own
    python -m tests.bench --readme            # write the figures into the README
    python -m tests.bench soak 600 1          # a watch under faults: seconds, seed

Each cell has the median, the least and the most, and the ratio to the bare app turn by turn; `!` marks what exceeds its
budget. Nothing fails by it: machines are noisy, so compare figures within one run. Other Textual apps (posting,
harlequin, toolong) are measured too if they are on the PATH.
"""

"""Benchmarks: commands that print figures, each beside a bare Textual app measured in the same run.

    python -m tests.bench            # all of them, a few minutes
    python -m tests.bench start keys # some of them
    python -m tests.bench soak 600 1 # a watch under faults, for so many seconds and with this seed

They judge nothing: machines are noisy, so compare within one run.
"""

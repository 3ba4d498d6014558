"""Why a run or a test may have no trace: the documented reasons, the likeliest first; pure."""

from __future__ import annotations

from datetime import datetime

from tvtui.testvibe.models import Case, Outcome, Run

_STILL_FINALIZING = 120
"""Seconds after the end within which that is the likeliest reason."""

_SURELY_FINALIZED = 3600
"""Seconds after the end from which on it is none."""

_LIKELY_EXPIRED = 7 * 86_400
"""Seconds after the end from which on that is the likeliest reason; how long traces are kept is not documented."""


def why_no_trace(run: Run, case: Case | None, server_now: datetime) -> tuple[str, ...]:
    """The reasons that the documentation names, one sentence each, less those that the digest rules out.

    Args:
        run: The run, which may have traces of other tests.
        case: The test whose trace is missed; None for the run as a whole.
        server_now: The server's time.
    """
    if not run.has_ended:
        return ("The run goes on: its traces come at the end.",)
    ago = None if run.finished_utc is None else (server_now - run.finished_utc).total_seconds()
    has_failed = run.counts.failed > 0 if case is None else case.outcome is Outcome.FAILED
    has_traces = any(artifact.kind.casefold() == "trace" for artifact in run.artifacts)
    reasons = []
    if ago is None or ago < _SURELY_FINALIZED:
        is_fresh = ago is not None and ago < _STILL_FINALIZING
        reasons.append((1 if is_fresh else 6, "It is still being finalized: look again in a moment (r)."))
    if not run.tests and not has_traces:
        reasons.append((2, "The run ended before Playwright started: the log tells why."))
    if ago is not None and ago > _LIKELY_EXPIRED:
        reasons.append((3, "It has expired, or was deleted."))
    else:
        reasons.append((7, "It was deleted, or has expired."))
    if not has_failed and run.tests:
        reasons.append((4, "The configuration keeps traces only of failures."))
    if not has_traces:
        reasons.append((5, "Tracing is off in the run's configuration."))
    return tuple(sentence for _, sentence in sorted(reasons))

"""Why a run or a test may have no trace: the documented reasons, the most likely one first."""

from __future__ import annotations

from datetime import datetime

from tvtui.testvibe.models import Case, Outcome, Run

_STILL_FINALIZING = 120
"""Seconds after the end of the run within which this is the most likely reason."""

_SURELY_FINALIZED = 3600
"""Seconds after which this is no longer a reason."""

_LIKELY_EXPIRED = 7 * 86_400
"""Seconds after which this is the most likely reason; how long traces are kept is not documented."""


def why_no_trace(run: Run, case: Case | None, server_now: datetime) -> tuple[str, ...]:
    """The documented reasons, one sentence each, without those that the digest rules out.

    Args:
        run: The run; it may have traces of other tests.
        case: The test without a trace; None for the whole run.
        server_now: The server's time.
    """
    if not run.has_ended:
        return ("The run has not ended: traces are uploaded at the end.",)
    ago = None if run.finished_utc is None else (server_now - run.finished_utc).total_seconds()
    has_failed = run.counts.failed > 0 if case is None else case.outcome is Outcome.FAILED
    has_traces = any(artifact.kind.casefold() == "trace" for artifact in run.artifacts)
    reasons = []
    if ago is None or ago < _SURELY_FINALIZED:
        is_fresh = ago is not None and ago < _STILL_FINALIZING
        reasons.append((1 if is_fresh else 6, "It is still being finalized: refresh in a moment."))
    if not run.tests and not has_traces:
        reasons.append((2, "The run ended before Playwright started: see the log."))
    if not has_failed and run.tests:
        reasons.append((3, "The configuration keeps traces only of failures."))
    is_old = ago is not None and ago > _LIKELY_EXPIRED
    reasons.append((4 if is_old else 7, "It may have expired or been deleted."))
    if not has_traces:
        reasons.append((5, "Tracing is off in the run's configuration."))
    return tuple(sentence for _, sentence in sorted(reasons))

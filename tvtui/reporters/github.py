"""What GitHub Actions shows of a step beside its log: annotations, and outputs for later steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tvtui.reporters.reporter import Reporter
from tvtui.reporters.run_report import RunReport
from tvtui.text.format import many
from tvtui.text.output import workflow_command

MOST_ANNOTATIONS = 9
"""Of the failed tests; with the one that counts the others, GitHub shows ten of a step and drops the rest silently."""

_LONGEST = 2000
_RESULTS = ("failed", "other", "unknown", "passed")


class AnnotationsReporter(Reporter):
    """An error for each failed test, without a place: the paths in errors are those of the test service."""

    def on_finish(self, reports: Sequence[RunReport]) -> Iterator[str]:
        """The commands, one a line."""
        failed = [(report, result) for report in reports for result in report.failures]
        for report, result in failed[:MOST_ANNOTATIONS]:
            history = " (new)" if result.history.is_new else ""
            title = f"{result.name}{history} · {report.label}"
            yield workflow_command("error", (result.text or result.message)[:_LONGEST], title=title)
        if more := len(failed) - MOST_ANNOTATIONS if len(failed) > MOST_ANNOTATIONS else 0:
            yield workflow_command("error", f"and {many(more, 'more failure')}, see the summary", title="TestVibe")


class OutputsReporter(Reporter):
    """`run`, `result`, `failed`, `total` and `new`: nothing in them comes from the server but numbers."""

    def on_finish(self, reports: Sequence[RunReport]) -> Iterator[str]:
        """A line for each output; of several runs the worst result, and the sums."""
        histories = [report.history for report in reports if report.history is not None]
        yield f"run={' '.join(str(report.run_id) for report in reports if report.run_id is not None)}"
        yield f"result={min((report.result for report in reports), key=_RESULTS.index)}"
        # tests, without the runs themselves
        yield f"failed={sum(result.row is not None for report in reports for result in report.failures)}"
        yield f"total={sum(len(report.rows) for report in reports)}"
        yield f"new={sum(len(history.new) for history in histories) if histories else ''}"

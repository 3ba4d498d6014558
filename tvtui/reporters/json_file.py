"""The last known state of all runs as one JSON document: what `--json` prints at the end, in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tvtui.reporters.ndjson import SCHEMA_VERSION, history_fields, problem_fields, run_fields, timestamp
from tvtui.reporters.reporter import Reporter
from tvtui.reporters.run_report import RunReport
from tvtui.text.output import as_json
from tvtui.text.redact import redact, redact_block


class JsonFileReporter(Reporter):
    """One object with a list of runs, even if there is only one: its shape does not depend on how many there are."""

    def on_finish(self, reports: Sequence[RunReport]) -> Iterator[str]:
        """The document."""
        document = {"type": "report", "version": SCHEMA_VERSION, "runs": [_run(report) for report in reports]}
        yield from as_json(document, timestamp, indent=2).split("\n")


def _run(report: RunReport) -> dict[str, object]:
    snapshot, problem = report.snapshot, report.problem
    known: dict[str, object] = {
        "runId": report.run_id,
        "result": report.result,
        "fault": report.fault or None,
        "final": snapshot is not None and snapshot.is_final,
        "time": None if snapshot is None else snapshot.server_time.replace(microsecond=0),
        "problem": None if problem is None else problem_fields(problem),
    }
    if snapshot is None:
        return known
    fields = run_fields(snapshot.run)
    for row, test in zip(report.rows, fields["tests"], strict=True):
        test["error"] = _redacted(test["error"])
        if report.history is not None:
            test["history"] = history_fields(report.history.of(row)) or None
    texts = {"log": _redacted(fields["log"]), "siteUrl": fields["siteUrl"] and redact(fields["siteUrl"])}
    return known | fields | texts


def _redacted(text: str | None) -> str | None:
    return None if text is None else redact_block(text)

"""Runs as CTRF, the Common Test Report Format (ctrf.io): one JSON document, of which a JSON schema exists.

What earlier runs say stands in the fields that the format has for it: `insights`, `baseline`, and `extra` for words.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from tvtui import __version__
from tvtui.reporters.ndjson import history_fields
from tvtui.reporters.reporter import Reporter
from tvtui.reporters.run_report import Result, RunReport, Verdict, labels, total
from tvtui.text.output import as_json
from tvtui.text.redact import redact

_SPECIFICATION = "1.0.0"

_OWN = "testvibe.tvtui"
"""The namespace of what the format has no field for."""

_STATUSES: Mapping[Verdict, str] = {
    Verdict.PASSED: "passed",
    Verdict.FLAKY: "passed",
    Verdict.FAILED: "failed",
    Verdict.ERROR: "failed",
    Verdict.SKIPPED: "skipped",
    Verdict.OTHER: "other",
}


class CtrfReporter(Reporter):
    """One document; the suite of a test names its run if there are several."""

    def on_finish(self, reports: Sequence[RunReport]) -> Iterator[str]:
        """The document."""
        yield from as_json(_document(reports), indent=2).split("\n")


def _document(reports: Sequence[RunReport]) -> dict[str, object]:
    tests = [
        _test(report, result, label)
        for report, label in zip(reports, labels(reports), strict=True)
        for result in report.results
    ]
    document: dict[str, object] = {
        "reportFormat": "CTRF",
        "specVersion": _SPECIFICATION,
        "reportId": str(_id(*map(_address, reports))),
    }
    if len(reports) == 1 and reports[0].run_id is not None:
        document["runId"] = str(reports[0].run_id)
    document["generatedBy"] = f"tvtui {__version__}"
    document["results"] = {
        "tool": {"name": "TestVibe"},
        "summary": _summary(reports, len(tests)),
        "tests": tests,
        "environment": _environment(reports),
    }
    if len(reports) == 1:
        document |= _compared(reports[0])
    return document


def _summary(reports: Sequence[RunReport], tests: int) -> dict[str, object]:
    def number(*verdicts: Verdict) -> int:
        return sum(total(reports, verdict) for verdict in verdicts)

    begins = [report.began for report in reports if report.began is not None]
    ends = [end for report in reports if (end := _end(report)) is not None]
    start = min(map(_milliseconds, begins), default=0)
    return {
        "tests": tests,
        "passed": number(Verdict.PASSED, Verdict.FLAKY),
        "failed": number(Verdict.FAILED, Verdict.ERROR),
        "skipped": number(Verdict.SKIPPED),
        "pending": 0,
        "other": number(Verdict.OTHER),
        "flaky": number(Verdict.FLAKY),
        "suites": len(reports),
        "start": start,
        "stop": max(start, max(map(_milliseconds, ends), default=0)),
    }


def _test(report: RunReport, result: Result, label: str) -> dict[str, object]:
    test: dict[str, object] = {
        "testId": _test_id(report, result),
        "name": result.name,
        "status": _STATUSES[result.verdict],
        "rawStatus": result.status,
        "duration": round(result.duration_ms or 0),
        "suite": [label],
    }
    if result.verdict is not Verdict.PASSED:
        test |= {name: text for name, text in (("message", result.message), ("trace", result.text)) if text}
    if result.verdict is Verdict.FLAKY:
        test["flaky"] = True
    if result.files:
        test["attachments"] = [
            {"name": file.kind, "contentType": _content_type(file.path), "path": file.path} for file in result.files
        ]
    if history := history_fields(result.history):
        test["insights"] = _insights(result) | {"extra": {_OWN: history}}
    return test


def _insights(result: Result) -> dict[str, object]:
    """How often the test passed and failed, with this run and before it."""
    outcomes = result.history.outcomes
    has_result = result.verdict not in {Verdict.SKIPPED, Verdict.OTHER}
    runs = len(outcomes) + has_result
    failed, failed_now = result.history.failures, int(result.verdict.is_failure)
    insights: dict[str, object] = {"executedInRuns": runs}
    if outcomes:
        before, now = failed / len(outcomes), (failed + failed_now) / runs
        insights["failRate"] = _metric(now, before)
        insights["passRate"] = _metric(1 - now, 1 - before)
    return insights


def _metric(current: float, baseline: float) -> dict[str, float]:
    return {"current": round(current, 4), "baseline": round(baseline, 4), "change": round(current - baseline, 4)}


def _compared(report: RunReport) -> dict[str, object]:
    """What the journal knows of earlier runs; empty if it knows none."""
    history = report.history
    if history is None or not history.past.runs:
        return {}
    before = history.past.runs[0]
    own = {
        "new": len(history.new),
        "known": len(history.known),
        "fixed": len(history.fixed),
        "gone": list(map(str, history.gone)) if report.run is not None and report.run.has_ended else [],
    }
    return {
        "insights": {"runsAnalyzed": len(history.past.runs) + 1, "extra": {_OWN: own}},
        "baseline": {
            "reportId": str(_id(f"{report.server} {report.project} {before.run_id}")),
            "source": "runs that tvtui has watched on this machine",
            "buildNumber": before.run_id,
            "buildName": f"run {before.run_id}",
        },
    }


def _environment(reports: Sequence[RunReport]) -> dict[str, object]:
    runs = []
    for report in reports:
        run = report.run
        known: dict[str, object] = {"runId": report.run_id, "result": report.result}
        if run is not None:
            site = run.site_url and redact(run.site_url)
            known |= {"status": run.status, "feature": run.feature_name, "config": run.config, "siteUrl": site}
        runs.append(known)
    configs = {str(report.run.config) for report in reports if report.run is not None and report.run.config}
    environment: dict[str, object] = {"reportName": ", ".join(labels(reports))}
    if len(configs) == 1:
        environment["testEnvironment"] = configs.pop()
    return {**environment, "extra": {_OWN: {"runs": runs}}}


def _test_id(report: RunReport, result: Result) -> str:
    """The same for a test of this name in each run of the feature and configuration."""
    run = report.run
    # runs of which nothing is known have nothing in common
    feature, config = (report.run_id, None) if run is None else (run.feature_id or run.feature_name, run.config)
    return str(_id(report.server, report.project, str(feature or ""), str(config or ""), result.name))


def _id(*parts: str) -> UUID:
    return uuid5(NAMESPACE_URL, "\n".join(parts))


def _address(report: RunReport) -> str:
    return f"{report.server} {report.project} {report.run_id}"


def _end(report: RunReport) -> datetime | None:
    if report.snapshot is None:
        return None
    return report.snapshot.run.finished_utc or report.snapshot.server_time


def _milliseconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)


def _content_type(path: str) -> str:
    return mimetypes.guess_type(path)[0] or "application/octet-stream"

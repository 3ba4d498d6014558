"""Runs as JUnit XML: what GitLab, Jenkins and most other CI systems show as a test report.

There is no standard. This is what all of their readers understand, valid against the strictest schema there is, that of
Jenkins' xunit plugin (`junit-10.xsd`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from tvtui.reporters.reporter import Reporter
from tvtui.reporters.run_report import Result, RunReport, Verdict, kind_of_error, labels, total
from tvtui.text.output import disarmed_xml
from tvtui.text.redact import redact

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What a document must not contain, not even as a reference."""

_NOT_RUN = (Verdict.SKIPPED, Verdict.OTHER)


class JunitReporter(Reporter):
    """A suite for each run, in one document."""

    def on_finish(self, reports: Sequence[RunReport]) -> Iterator[str]:
        """The document. Its counts are those of its elements, not the server's."""
        counts = {"tests": str(sum(len(report.results) for report in reports)), **_failed(reports)}
        root = ET.Element("testsuites", {"name": "TestVibe", **counts, "time": _time(sum(map(_seconds, reports)))})
        for report, label in zip(reports, labels(reports), strict=True):
            _add_suite(root, report, label)
        ET.indent(root)
        text = disarmed_xml(ET.tostring(root, encoding="unicode"))
        yield '<?xml version="1.0" encoding="UTF-8"?>'
        yield from text.split("\n")


def _failed(reports: Sequence[RunReport]) -> dict[str, str]:
    return {"failures": str(total(reports, Verdict.FAILED)), "errors": str(total(reports, Verdict.ERROR))}


def _add_suite(root: ET.Element, report: RunReport, label: str) -> None:
    run = report.run
    suite = ET.SubElement(
        root,
        "testsuite",
        {
            "name": _xml(label),
            "tests": str(len(report.results)),
            **_failed([report]),
            "skipped": str(sum(map(report.number, _NOT_RUN))),
            "time": _time(_seconds(report)),
        },
    )
    if report.began is not None:
        suite.set("timestamp", f"{report.began:%Y-%m-%dT%H:%M:%S}")
    if run is not None and run.config:
        suite.set("hostname", _xml(run.config))
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(report):
        ET.SubElement(properties, "property", {"name": f"testvibe.{name}", "value": _xml(value)})
    for result in report.results:
        _add_case(suite, result, label)


def _properties(report: RunReport) -> Iterator[tuple[str, str]]:
    run = report.run
    if report.run_id is not None:
        yield "run", str(report.run_id)
    if run is None:
        return
    yield "status", run.status
    known = {"feature": run.feature_name, "config": run.config, "siteUrl": run.site_url and redact(run.site_url)}
    yield from ((name, value) for name, value in known.items() if value)
    if report.history is not None:
        yield "new", str(len(report.history.new))
    for result in report.results:
        if result.verdict is Verdict.FLAKY and not result.text:
            yield "flaky", result.name


def _add_case(suite: ET.Element, result: Result, label: str) -> None:
    case = ET.SubElement(suite, "testcase", {"classname": _xml(label), "name": _xml(result.name)})
    if result.duration_ms is not None:
        case.set("time", _time(result.duration_ms / 1000))
    if result.verdict in _NOT_RUN:
        ET.SubElement(case, "skipped", {"message": _xml(result.status)})
    elif result.verdict.is_failure:
        _add_error(case, "failure" if result.verdict is Verdict.FAILED else "error", result)
    elif result.verdict is Verdict.FLAKY and result.text:
        _add_error(case, "flakyFailure", result)
    if result.files:
        # alone on its line, as some readers require
        marks = "\n".join(f"[[ATTACHMENT|{file.path}]]" for file in result.files)
        ET.SubElement(case, "system-out").text = _xml(f"\n{marks}\n")


def _add_error(case: ET.Element, tag: str, result: Result) -> None:
    error = ET.SubElement(case, tag, {"type": _xml(kind_of_error(result)), "message": _xml(result.message)})
    error.text = _xml(result.text or result.message)


def _xml(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", str(text))


def _seconds(report: RunReport) -> float:
    if report.seconds is not None:
        return report.seconds
    return sum(result.duration_ms or 0 for result in report.results) / 1000


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"

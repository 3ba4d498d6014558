"""Runs as a page of Markdown: for the summary of a GitHub job, a comment or a chat. Failures come first.

All text that comes from the server stands in code, where it is no markup, link or mention.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tvtui.reporters.reporter import Reporter
from tvtui.reporters.run_report import Result, RunReport, Verdict
from tvtui.testvibe.models import Run, RunState
from tvtui.text.format import duration, many, shell_command
from tvtui.text.markdown import cell, code, escaped, fenced
from tvtui.text.output import disarmed
from tvtui.text.redact import redact
from tvtui.view.messages import doubts, missing
from tvtui.watch.history import CaseHistory, Standing

BUDGET = 900_000
"""Bytes: GitHub shows nothing of a summary of more than 1 MiB, which all commands of a step share."""

_RESERVED = 100
"""Bytes for the line that says how much was left out."""

_MOST_ROWS = 100
_MOST_NAMED = 10
_MOST_SLOW = 5
_LONGEST = 200
"""Characters of a name or an error in a table."""

_ORDER = ("failed", "other", "unknown", "passed")


@dataclass(frozen=True)
class MarkdownReporter(Reporter):
    """The verdict, the failed tests in a table, and their whole errors, which unfold.

    Attributes:
        budget: The most bytes that may be written; what is left out is counted.
    """

    budget: int = BUDGET

    def on_finish(self, reports: Sequence[RunReport]) -> Iterator[str]:
        """The page."""
        ordered = sorted(reports, key=lambda report: _ORDER.index(report.result))
        is_alone = len(ordered) == 1
        blocks = [] if is_alone else list(_overview(ordered))
        for report in ordered:
            # of several runs, those that simply passed are in the overview
            if is_alone or report.result != "passed" or report.failures:
                blocks += _about(
                    report, "##" if is_alone else "###", "" if is_alone else f"{report.label.capitalize()}: "
                )
        errors = [block for report in ordered for block in _errors(report, is_alone=is_alone)]
        rest = [*(block for report in ordered for block in _more(report)), *_again(ordered)]
        kept, cut = _within(blocks, errors, rest, self.budget)
        if cut:
            kept.append(f"{many(cut, 'part')} of this summary left out: it would be too long.")
        yield from "\n\n".join(kept).split("\n")


def _within(blocks: Sequence[str], errors: Sequence[str], rest: Sequence[str], budget: int) -> tuple[list[str], int]:
    """The blocks for which there is room, in order, and how many there are of the others."""
    left = budget - _RESERVED
    kept: list[str] = []
    cut = 0
    # files are printed by other commands, and are then the log of their step
    for block in map(disarmed, (*blocks, *errors, *rest)):
        needed = len(block.encode("utf-8", "replace")) + 2
        # the verdict is short, and what remains would say nothing without it
        if needed > left and kept:
            cut += 1
        else:
            left -= needed
            kept.append(block)
    return kept, cut


def _overview(reports: Sequence[RunReport]) -> Iterator[str]:
    """A row for each run."""
    rows = ["| | run | feature | failed | passed | time |", "| --- | ---: | --- | ---: | ---: | ---: |"]
    for report in reports:
        run, failed = report.run, len(_failed(report))
        feature = " · ".join(cell(_short(part)) for part in _names(run))
        passed = report.number(Verdict.PASSED) + report.number(Verdict.FLAKY)
        took = "" if report.seconds is None else _unbroken(duration(report.seconds))
        number = "" if report.run_id is None else report.run_id
        rows.append(f"| {_symbol(report)} | {number} | {feature} | {failed or ''} | {passed or ''} | {took} |")
    yield f"## {_symbol(reports[0])} {_verdict_of_all(reports)}"
    yield "\n".join(rows)


def _verdict_of_all(reports: Sequence[RunReport]) -> str:
    passed = sum(report.result == "passed" for report in reports)
    if passed == len(reports):
        return f"{many(passed, 'run')} passed"
    return f"{len(reports) - passed} of {many(len(reports), 'run')} did not pass"


def _about(report: RunReport, level: str, whose: str) -> Iterator[str]:
    """The verdict, what was run, the failed tests in a table."""
    yield f"{level} {_symbol(report)} {whose}{_verdict(report)}"
    if facts := _facts(report):
        yield facts
    itself = [result for result in report.failures if result.row is None]
    if report.run is not None:
        # that no failed test was reported is what the result of the run itself says
        yield from (f"⚠️ {escaped(doubt)}" for doubt in (missing(report.run) if itself else doubts(report.run)))
    if failed := _failed(report):
        yield _table(failed, has_history=report.history is not None)
    yield from (fenced("\n\n".join(filter(None, (result.message, result.text)))) for result in itself)


def _failed(report: RunReport) -> list[Result]:
    """The failed tests, without the run itself."""
    return [result for result in report.failures if result.row is not None]


def _verdict(report: RunReport) -> str:
    failed, tests = _failed(report), len(report.rows)
    if failed:
        new = "" if report.history is None else _new(len(report.history.new), len(failed))
        return f"{len(failed):,} of {many(tests, 'test')} failed{new}"
    match report.result:
        case "passed":
            return f"{many(tests, 'test')} passed" if tests else "The run passed"
        case "failed":
            return "The run failed"
        case "other":
            return "The run ended without a result"
        case _:
            return "The result is not known"


def _new(new: int, failed: int) -> str:
    return ", all of them new" if new == failed > 1 else f", {new:,} new"


def _symbol(report: RunReport) -> str:
    if report.result == "passed":
        # the server's word stands, even if it contradicts its tests
        return "⚠️" if report.failures else "✅"
    return "❔" if report.result == "unknown" and not _failed(report) else "❌"


def _facts(report: RunReport) -> str:
    run = report.run
    feature, *config = _names(run) or [""]
    site = redact(run.site_url) if run is not None and run.site_url else ""
    parts = list(
        filter(
            None,
            (code(_short(feature)), report.label if report.run_id else "", *map(code, map(_short, config)), code(site)),
        )
    )
    if run is not None and run.state is RunState.OTHER:
        parts.append(f"status {code(str(run.status))}")
    counts = [
        f"{number:,} {'failed' if verdict is Verdict.ERROR else verdict}"
        for verdict, number in _counts(report)
        if number
    ]
    if report.seconds is not None:
        counts.append(f"ran {duration(report.seconds)}")
    return " · ".join(parts) + ("<br>" + ", ".join(counts) if counts else "")


def _counts(report: RunReport) -> Iterator[tuple[Verdict, int]]:
    tests = [result.verdict for result in report.results if result.row is not None]
    yield Verdict.FAILED, tests.count(Verdict.FAILED) + tests.count(Verdict.ERROR)
    yield from ((verdict, tests.count(verdict)) for verdict in Verdict if not verdict.is_failure)


def _names(run: Run | None) -> list[str]:
    return [] if run is None else [str(part) for part in (run.feature_name, run.config) if part]


def _table(failed: Sequence[Result], *, has_history: bool) -> str:
    since = ("| since ", "| --- ") if has_history else ("", "")
    rows = [f"| failed test {since[0]}| time | error |", f"| --- {since[1]}| ---: | --- |"]
    for result in failed[:_MOST_ROWS]:
        history = f"| {history_words(result.history)} " if has_history else ""
        # what nearly all messages begin with says nothing
        error = cell(_short(result.message.removeprefix("Error: ")))
        rows.append(f"| {cell(_short(result.name))} {history}| {_took(result)} | {error} |")
    more = len(failed) - _MOST_ROWS
    return "\n".join(rows) + (f"\n\nand {many(more, 'more failed test')}" if more > 0 else "")


def history_words(history: CaseHistory) -> str:
    """Since when a test fails, and whether it does so without a pattern; "" if nothing is known of it."""
    words = []
    if history.standing is Standing.NEW:
        words.append("**new**")
    elif history.standing is Standing.NEW_TEST:
        words.append("**new test**")
    elif history.since is not None:
        # not "#203", which would become a link to an issue
        words.append(f"run {history.since}{' or earlier' if history.is_since_oldest else ''}")
    if history.is_unstable:
        words.append("unstable")
    return ", ".join(words)


def _errors(report: RunReport, *, is_alone: bool) -> Iterator[str]:
    """The whole error of each failed test, folded up."""
    for result in _failed(report):
        if not (result.text or result.files):
            continue
        whose = "" if is_alone else f" · {report.label}"
        parts = [f"<details><summary>{_in_html(result.name)}{whose}</summary>"]
        parts += [fenced(result.text)] if result.text else []
        parts += ["\n".join(f"- {code(file.path)}" for file in result.files)] if result.files else []
        yield "\n\n".join([*parts, "</details>"])


def _more(report: RunReport) -> Iterator[str]:
    """Flaky and fixed tests, and the slowest ones."""
    flaky = [result.name for result in report.results if result.verdict is Verdict.FLAKY]
    fixed = [result.name for result in report.results if result.history.standing is Standing.FIXED]
    for word, names in (("Flaky", flaky), ("Fixed", fixed)):
        if names:
            yield f"{word}: {_listed(names)}"
    timed = [result for result in report.results if result.duration_ms is not None]
    if len(timed) > _MOST_SLOW:
        slowest = sorted(timed, key=lambda result: -(result.duration_ms or 0))[:_MOST_SLOW]
        rows = "\n".join(f"| {cell(_short(result.name))} | {_took(result)}{_usual(result)} |" for result in slowest)
        title = f"<details><summary>Slowest tests of {report.label}</summary>"
        yield f"{title}\n\n| test | time |\n| --- | ---: |\n{rows}\n\n</details>"


def _usual(result: Result) -> str:
    history = result.history
    return f" (usually {duration(history.usual_ms / 1000)})" if history.is_slow and history.usual_ms else ""


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(code(_short(name)) for name in names[:_MOST_NAMED]) + more


def _again(reports: Iterable[RunReport]) -> Iterator[str]:
    for report in reports:
        if report.command and report.result != "passed":
            yield f"More: {code(shell_command(*report.command))}"


def _took(result: Result) -> str:
    return "" if result.duration_ms is None else _unbroken(duration(result.duration_ms / 1000))


def _unbroken(text: str) -> str:
    """Text of a narrow column that should stay in one line."""
    return text.replace(" ", "\xa0")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _in_html(text: str) -> str:
    return f"<code>{html.escape(_short(text))}</code>"

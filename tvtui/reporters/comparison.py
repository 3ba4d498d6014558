"""A comparison of two runs as lines for a reader, as JSON objects for programs, and one of its tests as a text."""

from __future__ import annotations

from collections.abc import Iterator

from tvtui.reporters.ndjson import case_fields, timestamp
from tvtui.reporters.spoken import spoken_time
from tvtui.testvibe.models import Case, Outcome, Run
from tvtui.text.clean import plain
from tvtui.text.format import duration, many
from tvtui.text.output import as_json
from tvtui.view.comparison import Change, Comparison, Pair, Section, error_lines, note_on
from tvtui.view.labels import SYMBOLS, WARNING, counted, site_name, state_word

SCHEMA_VERSION = 1
"""Of the JSON objects: incremented when a field is removed or changes its meaning, not when one is added."""

_INDENT = "  "


def text_lines(comparison: Comparison) -> Iterator[str]:
    """The verdict, both runs, what is doubtful, then the tests by what has become of them.

    Of those that still fail with the same error, there is only the number.
    """
    yield f"{comparison.symbol} {comparison.verdict}"
    yield from (about(run) for run in (comparison.before, comparison.after))
    yield from (f"{WARNING} {warning}" for warning in comparison.warnings)
    for section in comparison.sections:
        yield ""
        yield section.title
        if section.change is not Change.STILL_FAILING:
            yield from _tests(section)


def about(run: Run) -> str:
    """A run in one line: how it ended, how long it took, and what it is a run of."""
    took = "" if run.seconds is None else f" in {duration(run.seconds)}"
    known = (f"{counted(run.counts)}{took}", run.feature_name, run.config, site_name(run))
    return f"{SYMBOLS[run.state]} run {run.run_id} {state_word(run)} · {' · '.join(filter(None, known))}"


def _tests(section: Section) -> Iterator[str]:
    for pair in section.pairs:
        note = note_on(pair, section.change)
        yield f"{_INDENT}{symbol(pair, section.change)} {pair.name}{note and f'  {note}'}"
        yield from (f"{_INDENT * 3}{line}" for line in error_lines(pair, section.change))


def symbol(pair: Pair, change: Change) -> str:
    """The symbol of a test in a section: of how it ended in the later run, if it is in there."""
    return SYMBOLS[Outcome.SKIPPED] if change is Change.NOT_RUN else SYMBOLS[pair.shown.outcome]


_SPOKEN = {
    Change.NEW_FAILURE: "new failure",
    Change.FIXED: "fixed",
    Change.ERROR_CHANGED: "still failing, with another error",
    Change.STILL_FAILING: "still failing",
    Change.NOT_RUN: "failed before, not run now",
    Change.GONE: "gone",
    Change.NEW_TEST: "new test",
    Change.SLOWER: "slower",
}
"""What has become of a test, as the first words of a sentence."""


def spoken_lines(comparison: Comparison) -> Iterator[str]:
    """The same for listening: short sentences that begin with what matters, without symbols."""
    yield f"{'worse' if comparison.is_worse else 'not worse'}: {comparison.verdict}"
    for place, run in (("earlier", comparison.before), ("later", comparison.after)):
        yield f"{place}: {about(run).partition(' ')[2].replace(' · ', ', ')}"
    yield from (f"warning: {warning}" for warning in comparison.warnings)
    for section in comparison.sections:
        word = _SPOKEN[section.change]
        if section.change is Change.STILL_FAILING:
            yield f"{word}: {many(len(section.pairs), 'test')} with the same error"
            continue
        for pair in section.pairs:
            said = (pair.name, _spoken_note(pair, section.change), *error_lines(pair, section.change))
            yield f"{word}: {'; '.join(filter(None, said))}"


def _spoken_note(pair: Pair, change: Change) -> str:
    if change is Change.SLOWER and pair.before is not None and pair.after is not None:
        before, after = (spoken_time((case.duration_ms or 0.0) / 1000) for case in (pair.before, pair.after))
        return f"{before} before, {after} now"
    if change in {Change.GONE, Change.NEW_TEST}:
        return pair.shown.status
    return note_on(pair, change)


def json_lines(comparison: Comparison) -> Iterator[str]:
    """The comparison as JSON objects: one `comparison` first, then one `test` for each test in each section."""
    seconds = comparison.seconds
    numbers = {section.change: len(section.pairs) for section in comparison.sections}
    yield _object(
        "comparison",
        worse=comparison.is_worse,
        verdict=comparison.verdict,
        before=_run(comparison.before),
        after=_run(comparison.after),
        counts={change.value: numbers.get(change, 0) for change in Change},
        slowerSeconds=None if seconds is None else round(seconds, 3),
        warnings=list(comparison.warnings),
    )
    for section in comparison.sections:
        for pair in section.pairs:
            yield _object(
                "test",
                change=section.change.value,
                name=pair.name,
                before=_case(pair.before),
                after=_case(pair.after),
            )


def _object(kind: str, /, **fields: object) -> str:
    return as_json({"type": kind, "version": SCHEMA_VERSION, **fields}, default=timestamp)


def _run(run: Run) -> dict[str, object]:
    return {
        "runId": run.run_id,
        "state": run.state.value,
        "status": run.status,
        "ended": run.has_ended,
        "featureName": run.feature_name,
        "config": run.config,
        "siteUrl": run.site_url,
        "startedUtc": run.started_utc,
        "finishedUtc": run.finished_utc,
    }


def _case(case: Case | None) -> dict[str, object] | None:
    if case is None:
        return None
    fields = case_fields(case) | {"outcome": case.outcome.value}
    # that of the pair
    del fields["name"]
    return fields


def pair_as_text(comparison: Comparison, pair: Pair) -> str:
    """One test as plain text: how it ended in both runs, and both errors."""
    return plain(both_results(comparison, pair)) + "\n"


def both_results(comparison: Comparison, pair: Pair) -> str:
    """One test in both runs, the later one first, with the colours of its errors and its own lines in bold."""
    parts = [_bold(pair.name)]
    for run, case in ((comparison.after, pair.after), (comparison.before, pair.before)):
        parts.append(f"{_bold(_how(run, case))}\n\n{_error(case)}".strip())
    return "\n\n".join(parts)


def _bold(line: str) -> str:
    return f"\x1b[1m{line}\x1b[22m"


def _how(run: Run, case: Case | None) -> str:
    if case is None:
        return f"Run {run.run_id}: {'not in the run' if run.has_ended else 'no result yet'}"
    took = "" if case.duration_ms is None else f" after {duration(case.duration_ms / 1000)}"
    return f"Run {run.run_id}: {SYMBOLS[case.outcome]} {case.status}{took}"


def _error(case: Case | None) -> str:
    if case is None or case.outcome is not Outcome.FAILED:
        return ""
    error = (case.error or "").strip("\n")
    return error or "No error is known."

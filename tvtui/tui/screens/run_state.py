"""What the run screen shows, derived from what is known about the run and what the user asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from tvtui.artifacts.catalog import ArtifactRow, Catalog, own_trace
from tvtui.artifacts.missing_trace import why_no_trace
from tvtui.artifacts.transfer import Progress
from tvtui.testvibe.identity import ArtifactId, CaseId, Row, failures
from tvtui.testvibe.models import Artifact, Outcome, Run, RunState
from tvtui.text.format import many, size
from tvtui.view.cases import Filter, Sort, arrange, without_match
from tvtui.view.grouping import Group, Line, group, is_group, lines
from tvtui.view.labels import GUESS, SYMBOLS
from tvtui.view.messages import empty_table, no_artifacts
from tvtui.watch.events import Snapshot
from tvtui.watch.history import RunHistory
from tvtui.watch.watched_run import WatchedRun

if TYPE_CHECKING:
    from tvtui.view.signature import Signature
    from tvtui.watch.playback import Playback


class RunQuery(NamedTuple):
    """What the user asked for.

    Attributes:
        words: The filter of the tests, as typed.
        only: The outcome that the table is limited to.
        sort: The order of the table.
        is_grouped: Whether failures with the same error stand together.
        folded: The groups whose tests are hidden.
        selected: The selected test or group. The table shows it, unless an answer has taken it out of the table.
        returns_to: The test that was selected before a filter hid it; it is selected again when the filter is lifted.
        is_selected_by_hand: Whether the selection is the user's; until then it follows the first failure.
        is_wrapped: Whether the last step to a failure went past the last one to the first, or back.
        artifact_words: The filter of the artifacts, as typed.
        artifact: The selected artifact.
    """

    words: str = ""
    only: Outcome | None = None
    sort: Sort = Sort.OUTCOME
    is_grouped: bool = False
    folded: frozenset[CaseId] = frozenset()
    selected: CaseId | None = None
    returns_to: CaseId | None = None
    is_selected_by_hand: bool = False
    is_wrapped: bool = False
    artifact_words: str = ""
    artifact: ArtifactId | None = None

    def at(self, case_id: CaseId | None, *, is_wrapped: bool = False) -> RunQuery:
        """The same, with a test or group that the user has selected."""
        return self._replace(selected=case_id, returns_to=None, is_selected_by_hand=True, is_wrapped=is_wrapped)


class Table(NamedTuple):
    """The table of tests.

    Attributes:
        all_rows: Every test of the run, in the run's order.
        by_id: The same tests.
        rows: The tests that are shown, in the order that is shown.
        failures: The failed tests among them, numbered from 1.
        words: Words to highlight.
        found: How many tests the filter matched, as "2 of 41"; "" without a filter.
        without_match: The lines that say that no test has the status or the history of the filter.
        history: What the earlier runs say about the tests.
        has_new_first: Whether new failures come before others.
        signatures: What was known of the errors, by their texts; None if the failures are not grouped.
        groups: The groups among the rows, in the order that is shown.
        group_of: The group of each test that is in one.
    """

    all_rows: tuple[Row, ...] = ()
    by_id: Mapping[CaseId, Row] = {}
    rows: tuple[Row, ...] = ()
    failures: Mapping[CaseId, int] = {}
    words: tuple[str, ...] = ()
    found: str = ""
    without_match: tuple[str, ...] = ()
    history: RunHistory | None = None
    has_new_first: bool = False
    signatures: Mapping[str, Signature | None] | None = None
    groups: Mapping[CaseId, Group] = {}
    group_of: Mapping[CaseId, CaseId] = {}


class RunView(NamedTuple):
    """Everything that follows from a run and a `RunQuery`.

    Attributes:
        query: The query, with the selected test and the selected artifact that follow from it.
        table: The table of tests.
        lines: Its lines: the tests, and the groups above theirs.
        message: The lines that an empty table shows.
        row: The selected test as last seen, or the first of the selected group; None if it is not in the run.
        group: The selected group; None if a test is selected.
        place: Its place among the failures, as "failure 2 of 5" or "failure 1 of 5 · wrapped"; "" if it is none.
        artifact_rows: The artifacts in the order that is shown, those of the selected test first.
        artifacts_found: How many artifacts the filter matched; "" without a filter.
        artifacts_note: The lines below the artifacts, or in place of them.
        progress: The state of the current downloads; None if there are none.
        titles: The titles of the tests and of the artifacts, a note on the selected artifact, and this note with the
            number of failed downloads; last what the selected test's trace says, with the key that opens it.
        opens_log: Whether the log is all there is to read, and should be shown unasked.
        may_be_diagnosed: Whether the run has ended and did not pass.
        is_over: Whether neither the run nor its artifacts are expected to change.
        is_polling: Whether the run is being watched.
        run: The run as last seen.
        playback: Where in a recording it is; None if it is watched.
    """

    query: RunQuery = RunQuery()
    table: Table = Table()
    lines: tuple[Line, ...] = ()
    message: tuple[str, ...] = ()
    row: Row | None = None
    group: Group | None = None
    place: str = ""
    artifact_rows: tuple[ArtifactRow, ...] = ()
    artifacts_found: str = ""
    artifacts_note: tuple[str, ...] = ()
    progress: Progress | None = None
    titles: tuple[str, str, str, str, str] = ("", "", "", "", "")
    opens_log: bool = False
    may_be_diagnosed: bool = False
    is_over: bool = False
    is_polling: bool = False
    run: Run | None = None
    playback: Playback | None = None


def derive(
    watched: WatchedRun,
    catalog: Catalog,
    query: RunQuery,
    signatures: Mapping[str, Signature | None] | None = None,
    *,
    now: float,
    key: Callable[[str], str],
    before: RunView,
) -> RunView:
    """Derive what the run screen shows, and change nothing.

    Args:
        watched: The run; its `run`, `snapshot`, `problem`, `rows` and `is_polling` are read as they are now.
        catalog: Its artifacts and their downloads; the rows, the progress and the missing traces are read.
        query: What the user asked for.
        signatures: What is known of the errors, by their texts; None while the failures are not grouped.
        now: The time by the clock of the watch, in seconds.
        key: Gives the key of a binding ID, as the screen shows it.
        before: The view before this one. An unchanged table is reused from it: 10,000 tests take 0.2 ms instead of 5.
    """
    run = watched.run
    table = _table(watched, query, signatures, before)
    selected, returns_to = _selected(query, table, before)
    selected, folded = _unfolded(selected, query, table)
    chosen = table.groups.get(selected) if selected else None
    case_id = chosen.rows[0].id if chosen else selected
    row = table.by_id.get(case_id) if case_id else None
    number = table.failures.get(selected) if selected else None
    artifact_rows = catalog.rows(case_id, query.artifact_words)
    artifact = _artifact(query.artifact, artifact_rows, is_other_test=selected != before.query.selected)
    is_same = table is before.table and folded == before.query.folded
    artifacts_found = _artifacts_found(artifact_rows, run, query.artifact_words)
    failed, note = catalog.failed, _transfer_note(artifact_rows, artifact)
    return RunView(
        query=query._replace(selected=selected, returns_to=returns_to, folded=folded, artifact=artifact),
        table=table,
        lines=before.lines if is_same else lines(table.rows, table.groups, folded),
        message=() if table.rows else _empty_table(watched, table, now, key),
        row=row,
        group=chosen,
        place="" if number is None else _place(number, len(table.failures), is_wrapped=query.is_wrapped),
        artifact_rows=artifact_rows,
        artifacts_found=artifacts_found,
        artifacts_note=()
        if watched.snapshot is None
        else _artifacts_note(watched.snapshot, catalog, case_id, row, now),
        progress=catalog.progress,
        titles=(
            _tests_title(query, table),
            _artifacts_title(run, artifact_rows, artifacts_found, failed),
            note,
            _joined(f"{failed} download{'' if failed == 1 else 's'} failed" if failed else "", note),
            _trace(catalog, artifact_rows, key),
        ),
        opens_log=_has_only_a_log(run),
        may_be_diagnosed=run is not None and run.has_ended and run.state is not RunState.PASSED,
        is_over=watched.snapshot is not None and watched.snapshot.is_final and watched.problem is None,
        is_polling=watched.is_polling,
        run=run,
        playback=None if watched.snapshot is None else watched.snapshot.playback,
    )


def _trace(catalog: Catalog, rows: tuple[ArtifactRow, ...], key: Callable[[str], str]) -> str:
    row = own_trace(rows)
    summary = "" if row is None else catalog.summaries.get(row.id, "")
    return f"{key('artifact.open')}: {summary}" if summary else ""


def obstacle(action: str, view: RunView, *, has_evidence: bool, others_failed: bool) -> str:
    """Why an action of the run screen can do nothing now, as a sentence; "" if it can. Evidence is anything to copy."""
    run = view.run
    if view.playback is not None:
        # imported here, as a watch of a server does without it
        from tvtui.tui.widgets.playback_words import playback_obstacle

        if reason := playback_obstacle(action, view.playback):
            return reason
    match action:
        case "step_failure" if not view.table.failures and not others_failed:
            is_hidden = bool(view.table.found) and run is not None and run.counts.failed > 0
            return "The filter hides the failures." if is_hidden else _none("failures", view)
        case "toggle_failed" | "cycle_outcome" | "cycle_sort" | "filter" if not view.table.all_rows:
            return _none("tests", view)
        case "toggle_groups" if not view.table.failures and not view.query.is_grouped:
            return _none("failures", view)
        case "download" | "download_all" | "open" if not view.artifact_rows:
            is_hidden = run is not None and bool(run.artifacts)
            return "The filter hides the artifacts." if is_hidden else _none("artifacts", view)
        case "copy" | "copy_markdown" if not has_evidence:
            return "Nothing to copy: no test is selected." if view.table.all_rows else _none("tests", view)
        case "run_again" | "edit" if run is None:
            return "No response from the server yet."
        case "run_again" if run is not None and run.feature_id is None and not run.feature_name:
            return "The server does not say which feature this is a run of."
        case "pause" if not view.is_polling:
            return "The watch has ended; there is nothing to pause."
    return ""


def _none(things: str, view: RunView) -> str:
    return f"No {things}." if view.is_over else f"No {things} so far."


def enabled_groups(view: RunView) -> tuple[bool, ...]:
    """Which groups of keys can do anything: while this stays the same, the key bar need not be drawn again."""
    actions = ("step_failure", "filter", "download", "copy", "run_again", "edit", "pause")
    has_evidence = view.row is not None
    return tuple(not obstacle(each, view, has_evidence=has_evidence, others_failed=False) for each in actions)


def _table(
    watched: WatchedRun, query: RunQuery, signatures: Mapping[str, Signature | None] | None, before: RunView
) -> Table:
    all_rows, history, known = watched.rows, watched.history, before.table
    asked, asked_before = ((each.words, each.only, each.sort) for each in (query, before.query))
    is_same = all_rows is known.all_rows and history is known.history and signatures is known.signatures
    if is_same and asked == asked_before:
        return known
    wanted = Filter.parse(query.words)
    new_first = history is not None and (
        # what comes to be known of failures that are shown already does not move them, until something else does: the
        # user who asks for another order, or other failures
        known.has_new_first
        or not watched.is_past_late
        or asked != asked_before
        or _failed(all_rows) != _failed(known.all_rows)
    )
    rows = arrange(all_rows, wanted=wanted, only=query.only, sort=query.sort, history=history, new_first=new_first)
    rows, groups = (rows, {}) if signatures is None else group(rows, signatures)
    is_limited = bool(wanted) or query.only is not None
    return Table(
        all_rows=all_rows,
        by_id={row.id: row for row in all_rows},
        rows=rows,
        failures={row.id: number for number, row in enumerate(failures(rows), 1)},
        words=wanted.words,
        found=f"{len(rows):,} of {len(all_rows):,}" if is_limited else "",
        without_match=() if rows else without_match(all_rows, wanted, history),
        history=history,
        has_new_first=new_first,
        signatures=signatures,
        groups=groups,
        group_of={row.id: each.id for each in groups.values() for row in each.rows},
    )


def _failed(rows: tuple[Row, ...]) -> list[CaseId]:
    return [row.id for row in rows if row.outcome is Outcome.FAILED]


def _unfolded(selected: CaseId | None, query: RunQuery, table: Table) -> tuple[CaseId | None, frozenset[CaseId]]:
    """What is selected if it is in a folded group, and the folded groups.

    A test that the user has selected unfolds its group; in the place of any other one, its group is selected.
    """
    around = table.group_of.get(selected) if selected else None
    if around not in query.folded:
        return selected, query.folded
    return (selected, query.folded - {around}) if selected == query.selected else (around, query.folded)


def _selected(query: RunQuery, table: Table, before: RunView) -> tuple[CaseId | None, CaseId | None]:
    """The selected test or group, and the one to select again when what has hidden it is undone.

    Until the selection is the user's, it is the first failure, or the slowest test if the table is sorted by duration.
    From then on only what the user asks for moves it: what hides it selects the first match, and sorting by duration
    the slowest test; undoing this returns to the test from before. One of its tests takes the place of a group that is
    no more.
    """
    first = table.rows[0].id if table.rows else None
    is_by_duration = query.sort is Sort.DURATION
    if not query.is_selected_by_hand and table.failures:
        return first if is_by_duration else next(iter(table.failures)), None
    selected, returns_to, asked_before = query.selected, query.returns_to, before.query
    is_sorted_anew = query.sort is not asked_before.sort
    is_gone = is_group(selected) and selected not in table.groups
    if is_sorted_anew and is_by_duration and first:
        return first, returns_to or selected
    if is_gone:
        shown = {row.id for row in table.rows}
        members = before.group.rows if before.group else ()
        first = next((row.id for row in members if row.id in shown), first)
    if is_sorted_anew or (query.words, query.only) != (asked_before.words, asked_before.only):
        shown = {row.id for row in table.rows} | set(table.groups)
        if returns_to in shown:
            return returns_to, None
        if selected is not None and selected not in shown:
            return first, returns_to or selected
    if is_gone:
        return first, returns_to
    if selected is None or (not query.is_selected_by_hand and selected not in table.by_id):
        return first or selected, returns_to
    return selected, returns_to


def _artifact(asked: ArtifactId | None, rows: tuple[ArtifactRow, ...], *, is_other_test: bool) -> ArtifactId | None:
    """The first artifact of a newly selected test; else the one that was asked for, if it is there."""
    if not rows:
        return None
    is_gone = all(row.id != asked for row in rows)
    return rows[0].id if is_gone or (is_other_test and rows[0].is_own) else asked


def _place(number: int, total: int, *, is_wrapped: bool) -> str:
    return f"failure {number:,} of {total:,}{' · wrapped' if is_wrapped else ''}"


def _empty_table(watched: WatchedRun, table: Table, now: float, key: Callable[[str], str]) -> tuple[str, ...]:
    # a run out of contact may have ended: its time stands still
    known = now if watched.problem is None else watched.problem.since
    return empty_table(
        watched.run,
        None if watched.snapshot is None else watched.snapshot.server_now(known),
        has_problem=watched.problem is not None,
        clear_key=key("pane.back") if watched.rows else None,
        without_match=table.without_match,
    )


def _artifacts_found(rows: tuple[ArtifactRow, ...], run: Run | None, words: str) -> str:
    if run is None or not words:
        return ""
    found = f"{len(rows):,} of {len(run.artifacts):,}"
    wanted = Filter.parse(words)
    only_tests = "s:" if wanted.statuses else "is:" if wanted.standings else ""
    return f"{found} · {only_tests} is only for tests" if only_tests else found


def _artifacts_note(
    snapshot: Snapshot, catalog: Catalog, selected: CaseId | None, row: Row | None, now: float
) -> tuple[str, ...]:
    run, case = snapshot.run, None if row is None else row.case
    nothing = () if run.artifacts else (no_artifacts(run, is_final=snapshot.is_final),)
    has_failed = run.state is not RunState.PASSED and (case is None or case.outcome.may_be_failure)
    if not snapshot.is_final or not has_failed or not catalog.misses_trace(selected):
        return nothing
    missing = "No trace found for this test." if catalog.has_traces else "No trace in this run."
    return (*nothing, f"{missing} Possible reasons:", *why_no_trace(run, case, snapshot.server_now(now)))


def _tests_title(query: RunQuery, table: Table) -> str:
    order = "" if query.sort is Sort.OUTCOME else str(query.sort)
    groups = many(len(table.groups), "group") if table.groups else "no groups"
    grouped = "" if not query.is_grouped or not table.failures else "grouping" if table.signatures is None else groups
    return _joined("Tests", grouped, order, f"{query.only} only" if query.only else "", table.found)


def _artifacts_title(run: Run | None, rows: tuple[ArtifactRow, ...], found: str, failed: int) -> str:
    guess = f"{GUESS} probably this test's" if any(row.is_own for row in rows) else ""
    failures = f"{SYMBOLS[Outcome.FAILED]} {failed} failed" if failed else ""
    return _joined("Artifacts", total_size(run.artifacts if run else ()), failures, found, guess)


def total_size(artifacts: tuple[Artifact, ...]) -> str:
    """Count and size as "4 · 1.2 MiB"; `≥` marks a sum that lacks sizes which the server did not send."""
    known = [artifact.size for artifact in artifacts if artifact.size is not None]
    at_least = "≥ " if len(known) < len(artifacts) else ""
    return f"{len(artifacts):,} · {at_least}{size(sum(known))}" if artifacts else ""


def _transfer_note(rows: tuple[ArtifactRow, ...], artifact: ArtifactId | None) -> str:
    """Why the download of the selected artifact failed, or how its name was changed."""
    row = next((row for row in rows if row.id == artifact), None)
    return "" if row is None or row.transfer is None else row.transfer.note


def _has_only_a_log(run: Run | None) -> bool:
    return run is not None and run.has_ended and not run.tests and not run.vanished and bool(run.log)


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))

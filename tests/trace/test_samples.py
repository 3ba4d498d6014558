"""Real traces of several Playwright versions against what Playwright's own loader makes of them.

The gold files were made once with the loader of Playwright 1.65.1; of the failing step with a reader's eyes, as the
loader takes the last step that has an error.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tvtui.cli.trace_report import json_lines
from tvtui.trace import Kind, Trace, open_trace

SAMPLES = Path(__file__).parent / "samples"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.zip"))
Json = dict[str, Any]


def gold_of(name: str) -> Json:
    gold: Json = json.loads((SAMPLES / f"{name}.gold.json").read_text("utf-8"))
    return gold


def opened(name: str) -> Trace:
    trace = open_trace(SAMPLES / f"{name}.zip")
    assert isinstance(trace, Trace)
    return trace


def objects_of(name: str) -> list[Json]:
    trace = opened(name)
    trace.read_rest()
    objects = [json.loads(line) for line in json_lines(trace)]
    trace.close()
    return objects


def first_line(text: str) -> str:
    return text.partition("\n")[0]


@pytest.mark.parametrize("name", NAMES)
def test_the_output_agrees_with_playwrights_loader(name: str) -> None:
    gold, (head, *rest) = gold_of(name), objects_of(name)
    kinds = [each["type"] for each in rest]
    assert kinds == sorted(kinds, key=["step", "error", "request", "console", "failing"].index)
    by_type = {kind: [each for each in rest if each["type"] == kind] for kind in kinds}
    steps = {step["id"]: step for step in by_type["step"]}

    assert {name: head[name] for name in ("type", "version", "format", "playwright", "title", "browser", "notes")} == {
        "type": "trace",
        "version": 1,
        "format": gold["format"],
        "playwright": gold["told"],
        "title": gold["title"],
        "browser": gold["browser"],
        "notes": [],
    }
    assert head["steps"] == len(by_type["step"]) == len(gold["steps"]) == len(steps)
    if gold["format"] > 6:  # the loader takes 0 for the beginning of older ones
        assert head["seconds"] == pytest.approx(gold["seconds"], abs=0.001)
    for id, parent, start, end, has_error, _, logs, line in gold["steps"]:
        step = steps[id]
        file = gold["files"].get(id)
        assert step["parent"] == parent
        assert step["start"] * 1000 == pytest.approx(start, abs=0.01)
        if id in gold["open"]:
            assert step["end"] is None
        else:
            assert step["end"] * 1000 == pytest.approx(end, abs=0.01)
        assert step["failed"] is has_error is (step["error"] is not None)
        assert first_line(step["error"] or "") == gold["stepErrors"].get(id, "")
        assert step["logLines"] == logs
        if file in {None, "project#"}:
            assert step["place"] is None
        else:
            assert (step["place"]["file"], step["place"]["line"]) == (file, line)
    assert [first_line(each["text"]) for each in by_type.get("error", [])] == gold["lonely"]
    requests = by_type.get("request", [])
    assert sorted([each["method"], each["url"], each["status"]] for each in requests) == sorted(
        request[:3] for request in gold["requestList"]
    )
    levels = [each["level"] for each in by_type.get("console", [])]
    own = {"stdout", "stderr", "pageerror"}
    assert levels.count("pageerror") == gold["pageErrors"]
    assert levels.count("stdout") + levels.count("stderr") == gold["stdio"]
    assert [
        [each["level"], first_line(each["text"])] for each in by_type.get("console", []) if each["level"] not in own
    ] == gold["consoleList"]
    assert by_type["failing"] == [{"type": "failing", **gold["failing"]}]
    assert (head["failures"] == 0) is (gold["failing"]["error"] is None)


@pytest.mark.parametrize("name", NAMES)
def test_the_first_stage_knows_the_tree_and_what_failed(name: str) -> None:
    gold, trace = gold_of(name), opened(name)
    steps = {id: step for id, step in trace.steps.items() if step.kind is not Kind.THROWN}
    assert {(id, step.parent, step.error is not None) for id, step in steps.items()} == {
        (step[0], step[1], step[4]) for step in gold["steps"]
    }
    failing = trace.steps[trace.failing] if trace.failing else None
    is_step = failing is not None and failing.kind is not Kind.THROWN
    assert (failing.id if failing and is_step else None) == gold["failing"]["step"]
    assert tuple(trace.viewport or ()) == (480, 320)
    trace.close()


def test_a_thrown_error_is_a_row_where_it_happened() -> None:
    trace = opened("1.60.0-voucher-lowers-the-total")
    rows = list(trace.steps.values())
    thrown = next(row for row in rows if row.kind is Kind.THROWN)
    before = rows[rows.index(thrown) - 1]
    assert (before.title, rows[rows.index(thrown) + 1].title) == ("Get text content locator('#total')", "After Hooks")
    assert trace.failures == ("expect@97", thrown.id)
    assert thrown.place
    assert (thrown.place.line, thrown.title) == (14, "Error: the voucher was not taken off: €105.30")
    trace.close()


def test_a_step_that_was_cut_off_ends_with_its_last_child_or_with_the_trace() -> None:
    trace = opened("1.35.0-street-is-saved")
    hooks = next(step for step in trace.steps.values() if step.title == "After Hooks")
    last = next(step for step in trace.steps.values() if step.title == "afterAll hook")
    assert [hooks.end, last.end] == [None, None]
    assert trace.end_of(last.id) == pytest.approx(trace.seconds)
    assert trace.end_of(hooks.id) == trace.end_of(last.id)
    trace.close()


def test_subtitles_are_in_the_language_of_the_test() -> None:
    trace = opened("1.60.0-nightly-chunk")
    assert [(step.title, step.subtitle, step.kind) for step in trace.steps.values()] == [
        ("Navigate", "127.0.0.1:4173/basket", Kind.ACTION),
        ('Fill "SPRING10"', "getByLabel('Voucher')", Kind.ACTION),
        ("Click", "getByRole('button', { name: 'Redeem' })", Kind.ACTION),
        ("Get page title", "", Kind.GETTER),
    ]
    trace.close()

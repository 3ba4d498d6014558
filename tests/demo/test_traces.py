"""The traces of the scenario `trace`: whole, and each fails in its own way, with something to see."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

import tvtui
from tvtui.demo.diagnosis import written
from tvtui.demo.recordings import recorded
from tvtui.text.clean import plain
from tvtui.trace import ConsoleLine, PageText, Phase, PictureRef, Request, Source, Trace, open_trace

RUN = recorded("trace")
FOLDER = Path(tvtui.__file__).parent / "demo" / "artifacts" / "trace"


class Failure(NamedTuple):
    """A failing step, the first line of its error, and what is known around it."""

    step: str
    error: str
    just_before: str = ""
    targets: tuple[str, ...] = ()
    nearest: str = ""


FAILURES = {
    "Order 1042 opens from the list": [
        Failure(
            "Click getByRole('link', { name: 'Order 1042' })",
            "TimeoutError: locator.click: Timeout 600ms exceeded.",
            just_before="500",
            nearest='link "Order 1024"',
        )
    ],
    "Voucher lowers the total": [
        Failure(
            "Expect \"soft toHaveText\" locator('#total')",
            "Error: expect(locator).toHaveText(expected) failed",
            targets=('heading "$49.97" [level=2]',),
        ),
        Failure(
            "Expect \"toBeVisible\" getByText('Voucher redeemed')",
            "Error: expect(locator).toBeVisible() failed",
            nearest='status "Voucher noted"',
        ),
    ],
    "Articles are sorted by price": [
        Failure(
            "Error: not sorted by price: $9.99 comes after $29.99",
            "Error: not sorted by price: $9.99 comes after $29.99",
        )
    ],
    "Backpack can be added": [
        Failure(
            "Click getByRole('button', { name: 'Add' })",
            "Error: locator.click: Error: strict mode violation: getByRole('button', { name: 'Add' }) resolved to 2 "
            "elements:",
            targets=('button "Add"', 'button "Add"'),
        )
    ],
    "Articles have a price": [],
    "Nearest shop is on the map": [
        Failure(
            "Wait for selector locator('#map.ready')",
            "Error: page.waitForSelector: Test timeout of 2500ms exceeded.",
            just_before="map: tile 8/137/84 is missing",
            nearest="#map (div)",
        )
    ],
}


@pytest.fixture(scope="module")
def traces() -> Iterator[Mapping[str, Trace]]:
    """Every trace by the name of its test, read whole."""
    found = {}
    for name in FAILURES:
        trace = open_trace(FOLDER / f"{name.lower().replace(' ', '-')}.zip")
        assert isinstance(trace, Trace)
        trace.read_rest()
        found[name] = trace
    yield found
    for trace in found.values():
        trace.close()


def test_each_test_has_a_trace_of_its_name_that_is_read_whole(traces: Mapping[str, Trace]) -> None:
    assert [test["name"] for test in RUN.tests] == [*FAILURES]
    for name, trace in traces.items():
        assert trace.title.endswith(f" › {name}")
        assert (trace.browser, trace.viewport, trace.playwright) == ("chromium", (480, 320), "1.65.1")
        assert trace.notes == ()


def test_each_trace_fails_as_the_error_of_its_test_says(traces: Mapping[str, Trace]) -> None:
    errors = {name: plain(str(row["error"])) for name, row in written("trace").failures.items()}

    for name, expected in FAILURES.items():
        trace = traces[name]
        steps = [trace.steps[step] for step in trace.failures]
        assert [f"{step.title} {step.subtitle}".strip() for step in steps] == [each.step for each in expected]
        for step, failure in zip(steps, expected, strict=True):
            assert step.error
            assert plain(step.error.text).splitlines()[0] == failure.error
            assert failure.error in errors[name]
    assert {name for name, failures in FAILURES.items() if failures} == {*errors}


def test_what_came_just_before_a_failure_is_known(traces: Mapping[str, Trace]) -> None:
    for name, failures in FAILURES.items():
        for step, failure in zip(traces[name].failures, failures, strict=True):
            before = traces[name].just_before(step)
            assert _in_short(before) == failure.just_before
    console = traces["Order 1042 opens from the list"].console
    assert any(line.level == "warning" and "500 from the server" in line.text for line in console)


def test_the_page_shows_what_was_meant_or_what_comes_nearest(traces: Mapping[str, Trace]) -> None:
    for name, failures in FAILURES.items():
        for step, failure in zip(traces[name].failures, failures, strict=True):
            page = traces[name].page(step)
            assert isinstance(page, PageText)
            assert page.origin == "accessibility tree"
            assert tuple(page.lines[at].strip() for at in page.targets) == failure.targets
            assert failure.nearest in ("", *page.nearest)
            assert bool(page.nearest) == bool(failure.nearest)


def test_every_trace_has_a_film_and_exact_pictures_of_its_steps(traces: Mapping[str, Trace]) -> None:
    for trace in traces.values():
        assert len({frame.entry for frame in trace.film}) > 3
        pictures = [trace.picture(step, phase) for step in trace.steps for phase in (Phase.BEFORE, Phase.AFTER)]
        exact = [each for each in pictures if isinstance(each, PictureRef) and each.distance is None]
        assert len(exact) >= 3
        for picture in {*exact}:
            assert isinstance(data := trace.content(picture.entry, 1_000_000), bytes)
            assert data.startswith(b"\x89PNG")


def test_failures_have_their_sources_and_the_order_its_attachment(traces: Mapping[str, Trace]) -> None:
    for trace in traces.values():
        for step in trace.failures:
            place = trace.steps[step].place
            assert place
            assert isinstance(source := trace.source(place), Source)
            assert re.search("await|throw", source.lines[place.line - source.first])
    names = {file.name for step in traces["Order 1042 opens from the list"].steps.values() for file in step.attachments}
    assert names >= {"order.json", "screenshot", "error-context"}


def _in_short(event: ConsoleLine | Request | None) -> str:
    return "" if event is None else str(event.status) if isinstance(event, Request) else event.text

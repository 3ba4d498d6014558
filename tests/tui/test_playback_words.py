"""What the screen says about where in a recording it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import CREATED, a_run
from tvtui.tui.widgets.playback_words import moment, playback_words
from tvtui.watch.events import Snapshot
from tvtui.watch.playback import Playback, Position

POSITION = Position(134.0, 2.0, 340.0, 10.0)
ENDED = Snapshot(a_run(), 1000.0, CREATED + timedelta(days=3), None, is_final=True)


def words(playback: Playback, *, later: float = 0.0, snapshot: Snapshot = ENDED) -> list[str]:
    return list(playback_words(snapshot, playback, 1000.0 + later))


@pytest.mark.parametrize(
    ("seconds", "longest", "text"),
    [
        (0, 30, "00:00"),
        (134.9, 340, "02:14"),
        (61, 3600, "0:01:01"),
        (3_725, None, "1:02:05"),
        (90_000, None, "25:00:00"),
    ],
)
def test_a_moment(seconds: float, longest: float | None, text: str) -> None:
    assert moment(seconds, longest) == text


def test_a_replay_goes_on_between_two_snapshots() -> None:
    playing = Playback("", pace=10.0, position=POSITION)

    assert words(playing) == ["REPLAY ×10 · 02:14 / 05:40", "REPLAY · 02:14 / 05:40", "REPLAY 02:14"]
    assert words(playing, later=1.5)[0] == "REPLAY ×10 · 02:29 / 05:40"
    assert words(playing, later=60)[0] == "REPLAY ×10 · 05:40 / 05:40"


def test_one_that_stands_still_says_why() -> None:
    assert words(Playback("", pace=0.0, position=POSITION), later=9)[0] == "REPLAY paused · 02:14 / 05:40"
    at_the_end = Playback("", pace=0.0, position=replace(POSITION, seconds=340.0))
    assert words(at_the_end)[0] == "REPLAY ended · 05:40 / 05:40"


def test_an_opened_run_says_how_long_ago_it_ended() -> None:
    assert words(Playback("")) == ["RECORDED · ended 2 days ago", "RECORDED"]
    unknown = replace(ENDED, run=a_run(status="cancelled", finished_utc=None))
    assert words(Playback(""), snapshot=unknown) == ["RECORDED"]

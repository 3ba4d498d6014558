"""The simulation of estimates: ours hold more often than naive ones, and polling by them costs nothing."""

from __future__ import annotations

from statistics import fmean

import pytest

from tests.bench.estimate import METHODS, World, coverage, polling


@pytest.mark.parametrize("world", [World("", 3), World("", 10), World("", 20, drift=0.02)])
def test_the_range_holds_as_often_as_it_should(world: World) -> None:
    for share, (hits, half_width) in enumerate(coverage(world, METHODS["tvtui"], 60, 3)):
        assert hits >= 0.65
        assert half_width <= (0.45, 0.45, 0.3, 0.15)[share]


def test_polling_by_the_estimate_sends_no_more_requests_and_sees_the_end_sooner() -> None:
    measured = polling(25, 3)
    assert all(row[3] <= row[0] for row in measured)
    assert fmean(row[4] for row in measured) < fmean(row[1] for row in measured)

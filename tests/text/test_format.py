"""Durations, ages, sizes and keys, as people read them."""

from __future__ import annotations

import pytest

from tvtui.text.format import duration, elapsed, size
from tvtui.text.redact import mask


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 ms"),
        (0.0004, "0 ms"),
        (0.64, "640 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.00 s"),
        (4.21, "4.21 s"),
        (9.12, "9.12 s"),
        (9.996, "10.0 s"),
        (35, "35.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1m 00s"),
        (125, "2m 05s"),
        (3599.6, "1h 00m"),
        (3720, "1h 02m"),
        (273_600, "3d 04h"),
        (1e300, ">999d"),
        (-0.1, "–"),
        (float("nan"), "–"),
        (float("inf"), "–"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 s"),
        (0.9, "0 s"),
        (8, "8 s"),
        (59.99, "59 s"),
        (125, "2m 05s"),
        (3725.9, "1h 02m"),
        (86_399, "23h 59m"),
        (273_600, "3d 04h"),
        (1e18, ">999d"),
        (float("nan"), "–"),
        (float("-inf"), "–"),
    ],
)
def test_clocks(seconds: float, said: str) -> None:
    assert elapsed(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (-1, "0 B"),
        (0, "0 B"),
        (512, "512 B"),
        (1023, "1023 B"),
        (88_241, "86 KiB"),
        (482_133, "470 KiB"),
        (1_048_575, "1023 KiB"),
        (1_300_000, "1.2 MiB"),
        (5 * 1024**3, "5.0 GiB"),
        (1024**4, "1.0 TiB"),
        (10**30, ">999 TiB"),
    ],
)
def test_sizes(count: int, said: str) -> None:
    assert size(count) == said


def test_a_key_is_shown_by_its_first_characters_if_it_is_one() -> None:
    key = "tvb_" + "Ab3" * 14 + "x"
    assert mask(key) == "tvb_Ab3Ab3Ab…"
    for other in ("", "tvb_short", key + "x", key[:-1] + "-", key + "\n", "secret" * 8):
        assert mask(other) == "…"

"""Durations, elapsed times and sizes as people read them."""

from __future__ import annotations

import pytest

from tvtui.text.format import duration, elapsed, many, shell_command, size, words_of


@pytest.mark.parametrize(
    ("seconds", "shown"),
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
def test_durations(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
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
def test_elapsed_times(seconds: float, shown: str) -> None:
    assert elapsed(seconds) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
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
def test_sizes(count: int, shown: str) -> None:
    assert size(count) == shown


def test_counts_have_thousands_separators_and_a_plural() -> None:
    assert [many(1, "test"), many(0, "test"), many(12_000, "test")] == ["1 test", "0 tests", "12,000 tests"]
    assert [many(0.6, "second"), many(1.0, "second")] == ["0.6 seconds", "1 second"]


@pytest.mark.parametrize(
    ("words", "posix", "windows"),
    [
        (["a", "/b/c-1.png"], "a /b/c-1.png", "a /b/c-1.png"),
        (["a b", "$x"], "'a b' '$x'", '"a b" "$x"'),
        ([r"C:\a (2).zip"], r"'C:\a (2).zip'", r'"C:\a (2).zip"'),
        (["it's", ""], "'it'\"'\"'s' ''", '"it\'s" ""'),
    ],
)
def test_each_word_of_a_command_is_one_argument(words: list[str], posix: str, windows: str) -> None:
    assert shell_command(*words, platform="linux") == posix
    assert shell_command(*words, platform="win32") == windows
    assert words_of(posix, "linux") == words
    assert words_of(windows, "win32") == words

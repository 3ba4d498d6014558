"""Numbers and times as servers write them, each decoded or None; and names without signatures."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import a_case, a_run, an_artifact
from tvtui.testvibe.models import Summary


def moment(text: object) -> datetime | None:
    return a_run(created_utc=text).created_utc


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (4210, 4210),
        (0, 0),
        (12.75, 12.75),
        ("4210", 4210),
        (" 4.5 ", 4.5),
        (1e300, 1e300),
        (-1, None),
        (-0.5, None),
        (10**400, None),
        ("1" * 5000, None),
        (True, None),
        (math.nan, None),
        (math.inf, None),
        ("NaN", None),
        ("Infinity", None),
        ("soon", None),
        ("\ud800", None),
        ([], None),
        ({"ms": 5}, None),
    ],
)
def test_durations(sent: object, read: float | None) -> None:
    assert a_case(duration_ms=sent).duration_ms == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (482_133, 482_133),
        (0, 0),
        ("0", 0),
        (2**60 + 1, 2**60 + 1),
        (2**63 - 1, 2**63 - 1),
        ("86", 86),
        (86.0, 86),
        (86.5, None),
        (0.9, None),
        ("0.9", None),
        ("9007199254740993", 9007199254740993),
        (-1, None),
        (False, None),
        (2**63, None),
        (1e300, None),
        (10**400, None),
        (math.nan, None),
        ("", None),
        ([], None),
    ],
)
def test_sizes_and_counts(sent: object, read: int | None) -> None:
    assert an_artifact(size=sent).size == read
    assert Summary.read({"total": sent}).total == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026-06-10T16:02:11Z", "2026-06-10T16:02:11"),
        (" 2026-06-10t16:02:11z ", "2026-06-10T16:02:11"),
        ("2026-06-10T18:02:11+02:00", "2026-06-10T16:02:11"),
        ("2026-06-10T16:02:11", "2026-06-10T16:02:11"),
        ("2026-06-10T16:02:11.1234567Z", "2026-06-10T16:02:11.123456"),
        ("2026-06-10T16:02:11.5-00:30", "2026-06-10T16:32:11.5"),
    ],
)
def test_times_are_utc(sent: str, read: str) -> None:
    found = moment(sent)
    assert found == datetime.fromisoformat(read).replace(tzinfo=UTC)
    assert found is not None
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "yesterday",
        "2026-13-01T00:00:00Z",
        "2026-06-10T25:00:00Z",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59.9999999",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
        *("\ud800", 1_781_107_331, True, [], None),
    ],
)
def test_invalid_times_are_none(sent: object) -> None:
    assert moment(sent) is None


def test_times_of_other_zones_are_converted() -> None:
    there = datetime(2026, 6, 10, 18, 2, 11, tzinfo=timezone(timedelta(hours=2)))
    found = moment(there)
    assert found is not None
    assert found.tzinfo is UTC
    assert found == there
    assert moment(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2)))) is None


@settings(derandomize=True, database=None, deadline=None)
@given(st.text() | st.datetimes(timezones=st.none() | st.timezones()).map(str))
def test_no_time_raises(text: str) -> None:
    found = moment(text)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize("before", ["?", "#", "&", "%3F", "\\u0026"])
def test_a_name_shows_no_signature_however_its_query_begins(before: str) -> None:
    assert "SECRET" not in a_case(name=f"opens https://a.example/x{before}sig=SECRET").name

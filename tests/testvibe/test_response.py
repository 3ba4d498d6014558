"""The rules of HTTP, one by one."""

from __future__ import annotations

import gzip
import os
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvtui.testvibe.response import Gunzip, Reply, parse_date, parse_retry_after

NOW = datetime(2026, 6, 10, 16, 3, tzinfo=UTC)


def unpacked(*chunks: bytes) -> bytes:
    gunzip = Gunzip()
    body = b"".join(piece for chunk in chunks for piece in gunzip.decompress(chunk))
    assert gunzip.is_complete
    return body


class TestDates:
    """`Date`, `Age` and `Retry-After`."""

    @pytest.mark.parametrize(
        "text",
        [
            "Wed, 10 Jun 2026 16:03:00 GMT",
            "Wed, 10 Jun 2026 18:03:00 +0200",
            "Wednesday, 10-Jun-26 16:03:00 GMT",
            "Wed Jun 10 16:03:00 2026",
            "Wed, 10 Jun 2026 16:03:00 -0000",
        ],
    )
    def test_are_parsed_in_every_form(self, text: str) -> None:
        assert parse_date(text) == NOW
        assert Reply(200, {"date": text, "age": "3"}, b"").server_time == NOW + timedelta(seconds=3)

    @pytest.mark.parametrize(
        "text",
        [
            None,
            "",
            "yesterday",
            "Wed, 99 Jun 2026 16:03:00 GMT",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Fri, 31 Dec 9999 23:59:59 GMT",
            "Fri, 31 Dec 9999 23:59:59 -2359",
            "Wed, 10 Jun 2026 16:03:00 +999999",
            "Wed, 10 Jun 99999999999 16:03:00 GMT",
            ", ,",
        ],
    )
    def test_that_are_invalid_are_none(self, text: str | None) -> None:
        assert parse_date(text) is None
        assert Reply(200, {"age": "3"} | ({} if text is None else {"date": text}), b"").server_time is None

    @given(st.datetimes(datetime(2000, 1, 1), datetime(2999, 1, 1)))
    def test_the_usual_form_is_read_to_the_second(self, moment: datetime) -> None:
        written = moment.replace(microsecond=0, tzinfo=UTC)
        assert parse_date(format_datetime(written, usegmt=True)) == written

    @given(st.text(max_size=40) | st.text("WedJun 0123456789:,+-GMT", max_size=40))
    def test_nothing_raises(self, text: str) -> None:
        assert parse_date(text) is None or parse_retry_after(text, NOW) is not None

    @pytest.mark.parametrize("age", ["", "-5", "1.5", "soon", "9" * 9, "٣"])
    def test_an_invalid_age_is_ignored(self, age: str) -> None:
        reply = Reply(200, {"date": "Wed, 10 Jun 2026 16:03:00 GMT", "age": age}, b"")
        assert reply.server_time == NOW

    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            (None, None),
            ("", None),
            ("-3", None),
            ("1.5", None),
            ("0", 0.0),
            ("120", 120.0),
            ("9" * 5000, 1e10),
            ("Wed, 10 Jun 2026 16:02:00 GMT", 0.0),
            ("Wed, 10 Jun 2026 16:03:42 GMT", 42.0),
            ("Wed, 10 Jun 2026 17:03:00 GMT", 3600.0),
        ],
    )
    def test_waits_are_parsed(self, text: str | None, seconds: float | None) -> None:
        assert parse_retry_after(text, NOW) == seconds


@pytest.mark.parametrize(
    ("content_type", "body", "is_html"),
    [
        ("text/html", b"", True),
        (" Text/HTML; charset=x", b"", True),
        ("application/xhtml+xml", b"", True),
        ("application/json", b" \n<!DOCTYPE html>", True),
        ("", b"<html lang=en>", True),
        ("application/json", b'{"a": "<html>"}', False),
        ("", b"", False),
    ],
)
def test_a_web_page_is_recognized_by_type_or_content(content_type: str, body: bytes, is_html: bool) -> None:
    assert Reply(200, {"content-type": content_type}, body).is_html is is_html


class TestGunzip:
    """Compressed bodies."""

    @given(st.binary(max_size=2000), st.integers(1, 50))
    def test_restores_the_data_however_it_is_split(self, body: bytes, step: int) -> None:
        packed = gzip.compress(body)
        assert unpacked(*(packed[start : start + step] for start in range(0, len(packed), step))) == body

    def test_yields_small_pieces_of_large_bodies(self) -> None:
        body = os.urandom(1000) * 3000
        pieces = list(Gunzip().decompress(gzip.compress(body)))
        assert b"".join(pieces) == body
        assert max(map(len, pieces)) == 1 << 18

    @pytest.mark.parametrize("length", [(1 << 18) - 1, 1 << 18, (1 << 18) + 1])
    def test_loses_nothing_if_a_piece_is_just_full(self, length: int) -> None:
        assert unpacked(gzip.compress(b"x" * length)) == b"x" * length

    def test_decompresses_concatenated_members(self) -> None:
        one, two = gzip.compress(b"one "), gzip.compress(b"two")
        assert unpacked(one + two) == unpacked(one, two) == b"one two"

    def test_nothing_at_all_is_complete(self) -> None:
        assert unpacked() == unpacked(b"") == b""

    def test_detects_missing_data(self) -> None:
        gunzip = Gunzip()
        assert b"".join(gunzip.decompress(gzip.compress(b"x" * 1000)[:-4])) == b"x" * 1000
        assert not gunzip.is_complete

    @pytest.mark.parametrize(
        "body", [b'{"runId": 214}', zlib.compress(b"zlib"), gzip.compress(b"x", mtime=0) + b"garbage"]
    )
    def test_rejects_other_data(self, body: bytes) -> None:
        with pytest.raises(zlib.error):
            unpacked(body)

    def test_rejects_damaged_data(self) -> None:
        packed = bytearray(gzip.compress(os.urandom(100)))
        packed[-8] ^= 1
        with pytest.raises(zlib.error):
            unpacked(bytes(packed))

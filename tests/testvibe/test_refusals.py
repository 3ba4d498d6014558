"""What a server says in the place of a digest, and which words are found for it."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from tests.support.builders import digest_body, error_body
from tests.support.http import HOST, KEY, PROJECT, SETTINGS, ChunkedBody, failure, raising, replying
from tvtui.testvibe.errors import Busy, ClientError, Faulty, NotFound, Refused, Unreachable

WEB_PAGE = b"<!doctype html><html><head><title>Sign in \x1b[2J</title></head></html>"


class TestRefusal:
    """What a server says in the place of a digest."""

    @pytest.mark.parametrize(
        ("status", "kind", "told"),
        [
            (401, Refused, "refused the key tvb_AbCd1234… (401). It says: Nope."),
            (403, Refused, "refused the key tvb_AbCd1234… (403). It says: Nope."),
            (404, NotFound, f"There is no run 214 in project {PROJECT}. It says: Nope."),
            (410, NotFound, "There is no run 214"),
            (400, Faulty, "answered 400 Bad Request. It says: Nope."),
            (409, Faulty, "answered 409 Conflict"),
            (304, Faulty, "answered 304 Not Modified"),
            (302, Faulty, "answered 302 Found"),
            (407, Unreachable, "The proxy asks for a name and a password (407)"),
            (429, Busy, "is busy (429). It says: Nope."),
            (500, Faulty, "answered 500 Internal Server Error. It says: Nope."),
            (503, Faulty, "answered 503 Service Unavailable"),
            (599, Faulty, "answered 599. It says: Nope."),
        ],
    )
    async def test_is_told_in_words(self, status: int, kind: type[ClientError], told: str) -> None:
        error = await failure(replying(status, error_body("some_code", "Nope.")))
        assert type(error) is kind
        assert told in error.what
        assert str(error) == f"{error.what} {error.advice}".strip()

    async def test_says_what_to_do(self) -> None:
        assert "TESTVIBE_API_KEY" in (await failure(replying(401))).advice
        assert "TESTVIBE_PROJECT" in (await failure(replying(404, error_body("not_found", "")))).advice
        assert "TESTVIBE_SERVER" in (await failure(replying(404))).advice

    async def test_and_where(self) -> None:
        settings = replace(
            SETTINGS, key_source="/home/me/config.toml", server_source="--server", project_source="PROJECT"
        )
        for status, body, advice in (
            (401, b"", "Set a valid one in /home/me/config.toml."),
            (404, b"", "Check --server."),
            (404, error_body("not_found", ""), "Check the number and PROJECT."),
            (200, b"", "Check --server."),
            (200, digest_body(run_id=215), "Check --server."),
        ):
            assert (await failure(replying(status, body), settings=settings)).advice == advice
        location = "https://elsewhere.example/"
        error = await failure(replying(302, location=location), settings=settings)
        assert error.advice == "Check --server; a proxy or a login page may stand in between."
        error = await failure(raising(httpx.ConnectError("no")), settings=settings)
        assert "TESTVIBE" not in error.advice

    @pytest.mark.parametrize("status", [200, 401, 403, 404, 500, 502, 503])
    async def test_a_web_page_is_called_one_and_never_quoted(self, status: int) -> None:
        error = await failure(replying(status, WEB_PAGE, content_type="text/html; charset=utf-8"))
        assert "a web page (HTML) instead of JSON: a proxy or a login page may stand in between." in error.what
        assert "Sign in" not in str(error)

    @pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"error": 7}', b"null", b'"x"', b"[" * 100_000, b"\xff\xfe"])
    async def test_that_says_nothing_of_use_is_told_by_its_status(self, body: bytes) -> None:
        error = await failure(replying(502, body))
        assert error.what == f"{HOST} answered 502 Bad Gateway."

    @pytest.mark.parametrize("message", [None, 7, ["x"], ""])
    async def test_with_a_code_alone_neither(self, message: object) -> None:
        error = await failure(replying(500, error_body("broken", message)))
        assert error.what == f"{HOST} answered 500 Internal Server Error."

    async def test_foreign_words_are_cleaned_and_short(self) -> None:
        error = await failure(replying(500, error_body("broken", "\x1b[2J\x1b]52;c;eA==\x07two\nlines " + "x" * 5000)))
        assert "It says: two lines xxx" in error.what
        assert error.what.isprintable()
        assert len(error.what) < 300

    async def test_a_server_that_repeats_the_key_does_not_make_us_show_it(self) -> None:
        for echo in (KEY, f"Bearer {KEY}!", KEY[:30], f"\x1b[1m{KEY[:9]}\x1b[0m{KEY[9:]}"):
            error = await failure(replying(401, error_body("unauthorized", f"Bad key: {echo}")))
            assert KEY[:13] not in str(error)
            assert "Bad key: " in error.what
        assert "Bad key: tvb_AbCd1234…" in (await failure(replying(500, error_body("x", f"Bad key: {KEY}")))).what

    async def test_an_endless_or_broken_error_is_read_as_far_as_needed(self) -> None:
        torrent = ChunkedBody(*[b"x" * 65_536] * 100)
        assert isinstance(await failure(replying(500, torrent)), Faulty)
        assert torrent.taken == 2
        assert torrent.is_closed
        assert isinstance(await failure(replying(500, b"no gzip", content_encoding="gzip")), Faulty)
        assert isinstance(await failure(replying(401, b"brotli", content_encoding="br")), Refused)


class TestBusy:
    """A server that wants to be left alone."""

    @pytest.mark.parametrize("status", [429, 503])
    async def test_says_for_how_long(self, status: int) -> None:
        error = await failure(replying(status, retry_after="7"))
        assert isinstance(error, Busy)
        assert error.retry_after == 7.0
        assert error.what == f"{HOST} is busy ({status}) and asks to be left alone for 7 s."

    async def test_until_a_date_by_its_own_clock(self) -> None:
        noon, later = "Wed, 10 Jun 2026 12:00:00 GMT", "Wed, 10 Jun 2026 12:01:30 GMT"
        assert (await failure(replying(429, date=noon, retry_after=later))).retry_after == 90.0

    async def test_for_five_minutes_at_most(self) -> None:
        error = await failure(replying(429, WEB_PAGE, retry_after="86400", content_type="text/html"))
        assert error.retry_after == 300.0
        assert error.what == (
            f"{HOST} is busy (429) and asks to be left alone for 1d 00h: it is asked again after 5m 00s."
        )

    async def test_or_it_does_not_say(self) -> None:
        assert (await failure(replying(429))).retry_after is None
        assert (await failure(replying(429, retry_after="soon"))).retry_after is None

"""Error answers and their explanations."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from tests.support.builders import digest_body, error_body
from tests.support.http import HOST, KEY, PROJECT, SETTINGS, ChunkedBody, failure, raising, replying
from tvtui.settings.settings import DEMO
from tvtui.testvibe.errors import Busy, ClientError, Faulty, NotFound, Refused, Unreachable

WEB_PAGE = b"<!doctype html><html><head><title>Sign in \x1b[2J</title></head></html>"


class TestRefusal:
    """Answers other than a digest."""

    @pytest.mark.parametrize(
        ("status", "kind", "words"),
        [
            (401, Refused, "rejected the API key tvb_AbCd1234… (401). The server says: Nope."),
            (403, Refused, "rejected the API key tvb_AbCd1234… (403). The server says: Nope."),
            (404, NotFound, f"Run 214 was not found in project {PROJECT}. The server says: Nope."),
            (410, NotFound, "Run 214 was not found"),
            (400, Faulty, "returned 400 Bad Request. The server says: Nope."),
            (409, Faulty, "returned 409 Conflict"),
            (304, Faulty, "returned 304 Not Modified"),
            (302, Faulty, "returned 302 Found"),
            (407, Unreachable, "The proxy requires a user name and password (407)"),
            (429, Busy, f"Rate-limited by {HOST} (429). The server says: Nope."),
            (500, Faulty, "returned 500 Internal Server Error. The server says: Nope."),
            (503, Faulty, "returned 503 Service Unavailable"),
            (599, Faulty, "returned 599. The server says: Nope."),
        ],
    )
    async def test_is_explained(self, status: int, kind: type[ClientError], words: str) -> None:
        error = await failure(replying(status, error_body("some_code", "Nope.")))
        assert type(error) is kind
        assert words in error.what
        assert str(error) == f"{error.what} {error.advice}".strip()

    async def test_a_bare_404_or_410_is_not_found_at_this_url(self) -> None:
        for status, phrase in ((404, "404 Not Found"), (410, "410 Gone")):
            error = await failure(replying(status))
            assert type(error) is NotFound
            assert error.what == f"{HOST} returned {phrase}."

    async def test_gives_advice(self) -> None:
        assert "TESTVIBE_API_KEY" in (await failure(replying(401))).advice
        assert "TESTVIBE_PROJECT" in (await failure(replying(404, error_body("not_found", "")))).advice
        assert "TESTVIBE_SERVER" in (await failure(replying(404))).advice

    async def test_no_key_is_asked_for_in_the_demo(self) -> None:
        body = error_body("unauthorized", "A key is required (Authorization: Bearer tvb_…).")
        error = await failure(replying(401, body), settings=replace(SETTINGS, server_source=DEMO))
        assert "The server says: A key is required (Authorization: Bearer …)." in error.what
        assert error.advice == error.meanwhile == "This is part of the demo."

    async def test_advice_names_the_source_of_the_setting(self) -> None:
        settings = replace(
            SETTINGS, key_source="/home/me/config.toml", server_source="--server", project_source="PROJECT"
        )
        for status, body, advice in (
            (401, b"", "Set a valid key in /home/me/config.toml."),
            (404, b"", "Check --server."),
            (404, error_body("not_found", ""), "Check the run ID and PROJECT."),
            (200, b"", "Check --server."),
            (200, digest_body(run_id=215), "Check --server."),
        ):
            assert (await failure(replying(status, body), settings=settings)).advice == advice
        location = "https://elsewhere.example/"
        error = await failure(replying(302, location=location), settings=settings)
        assert error.advice == "Check --server; a proxy or login page may be in the way."
        error = await failure(raising(httpx.ConnectError("no")), settings=settings)
        assert "TESTVIBE" not in error.advice

    @pytest.mark.parametrize("status", [200, 401, 403, 404, 500, 502, 503])
    async def test_a_web_page_is_named_but_never_quoted(self, status: int) -> None:
        error = await failure(replying(status, WEB_PAGE, content_type="text/html; charset=utf-8"))
        assert "a web page (HTML) instead of JSON: a proxy or login page may be in the way." in error.what
        assert "Sign in" not in str(error)

    @pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"error": 7}', b"null", b'"x"', b"[" * 100_000, b"\xff\xfe"])
    async def test_without_a_usable_message_the_status_is_named(self, body: bytes) -> None:
        error = await failure(replying(502, body))
        assert error.what == f"{HOST} returned 502 Bad Gateway."

    @pytest.mark.parametrize("message", [None, 7, ["x"], ""])
    async def test_a_code_without_a_message_is_not_quoted(self, message: object) -> None:
        error = await failure(replying(500, error_body("broken", message)))
        assert error.what == f"{HOST} returned 500 Internal Server Error."

    async def test_quoted_messages_are_cleaned_and_short(self) -> None:
        error = await failure(replying(500, error_body("broken", "\x1b[2J\x1b]52;c;eA==\x07two\nlines " + "x" * 5000)))
        assert "The server says: two lines xxx" in error.what
        assert error.what.isprintable()
        assert len(error.what) < 300

    async def test_a_key_in_a_message_is_masked(self) -> None:
        for echo in (KEY, f"Bearer {KEY}!", KEY[:30], f"\x1b[1m{KEY[:9]}\x1b[0m{KEY[9:]}"):
            error = await failure(replying(401, error_body("unauthorized", f"Bad key: {echo}")))
            assert KEY[:13] not in str(error)
            assert "Bad key: " in error.what
        assert "Bad key: tvb_AbCd1234…" in (await failure(replying(500, error_body("x", f"Bad key: {KEY}")))).what

    async def test_an_endless_or_invalid_error_is_read_as_far_as_needed(self) -> None:
        torrent = ChunkedBody(*[b"x" * 1024] * 1000)
        assert isinstance(await failure(replying(500, torrent)), Faulty)
        assert torrent.taken == 65, "64 KiB, and the chunk that exceeds them"
        assert torrent.is_closed
        assert isinstance(await failure(replying(500, b"no gzip", content_encoding="gzip")), Faulty)
        assert isinstance(await failure(replying(401, b"brotli", content_encoding="br")), Refused)


class TestBusy:
    """A server that asks for a wait."""

    @pytest.mark.parametrize(
        ("status", "what"),
        [
            (429, f"Rate-limited by {HOST} (429, retry after 7 s)."),
            (503, f"{HOST} is unavailable (503, retry after 7 s)."),
        ],
    )
    async def test_says_how_long_to_wait(self, status: int, what: str) -> None:
        error = await failure(replying(status, retry_after="7"))
        assert isinstance(error, Busy)
        assert error.retry_after == 7.0
        assert error.what == what

    async def test_a_date_counts_by_the_servers_clock(self) -> None:
        noon, later = "Wed, 10 Jun 2026 12:00:00 GMT", "Wed, 10 Jun 2026 12:01:30 GMT"
        assert (await failure(replying(429, date=noon, retry_after=later))).retry_after == 90.0

    async def test_the_wait_is_five_minutes_at_most(self) -> None:
        error = await failure(replying(429, WEB_PAGE, retry_after="86400", content_type="text/html"))
        assert error.retry_after == 300.0
        assert error.what == f"Rate-limited by {HOST} (429, retry after 1d 00h)."

    async def test_without_a_valid_time_there_is_none(self) -> None:
        assert (await failure(replying(429))).retry_after is None
        for unusable in ("soon", "0", "Wed, 10 Jun 2020 12:00:00 GMT"):
            assert (await failure(replying(429, retry_after=unusable))).retry_after is None

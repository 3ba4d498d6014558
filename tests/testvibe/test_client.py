"""The requests of a client, its answers, and its errors in words."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

import tvtui
from tests.support.builders import a_run, digest_body
from tests.support.http import HOST, KEY, PATH, PROJECT, SETTINGS, ChunkedBody, ask, failure, raising, replying
from tvtui.settings.settings import Settings
from tvtui.testvibe.client import Client
from tvtui.testvibe.errors import Redirected, Unreachable, Unreadable
from tvtui.testvibe.models import Reader, Run


class TestRequest:
    """What is sent to the server."""

    async def _sent(self, settings: Settings = SETTINGS) -> httpx.Request:
        sent: list[httpx.Request] = []

        def keep(request: httpx.Request) -> httpx.Response:
            sent.append(request)
            return httpx.Response(200, stream=ChunkedBody(digest_body()))

        await ask(keep, settings=settings)
        return sent[0]

    async def test_requests_one_run_with_the_key(self) -> None:
        request = await self._sent()
        assert request.method == "GET"
        assert str(request.url) == f"https://{HOST}{PATH}"
        assert request.headers["authorization"] == f"Bearer {KEY}"
        assert request.headers["host"] == HOST

    async def test_names_the_program_and_what_it_accepts(self) -> None:
        headers = (await self._sent()).headers
        assert headers["user-agent"] == f"tvtui/{tvtui.__version__}"
        assert headers["accept"] == "application/json"
        assert headers["accept-encoding"] == "gzip"

    async def test_segments_of_the_path_are_escaped(self) -> None:
        request = await self._sent(replace(SETTINGS, project="a/b?c#d é"))
        assert request.url.raw_path == b"/api/v1/ops/projects/a%2Fb%3Fc%23d%20%C3%A9/runs/214"

    async def test_a_path_in_the_servers_url_is_a_prefix(self) -> None:
        request = await self._sent(replace(SETTINGS, server="https://acme.example/testvibe"))
        assert request.url.path == f"/testvibe{PATH}"


class TestAnswer:
    """A good answer."""

    async def test_holds_the_run_and_the_servers_time(self) -> None:
        answer = await ask(replying(date="Wed, 10 Jun 2026 16:03:00 GMT"))
        assert answer.run == a_run()
        assert answer.server_time == answer.written == datetime(2026, 6, 10, 16, 3, tzinfo=UTC)

    async def test_from_a_cache_was_written_earlier(self) -> None:
        answer = await ask(replying(date="Wed, 10 Jun 2026 16:03:00 GMT", age="90"))
        assert answer.server_time == datetime(2026, 6, 10, 16, 4, 30, tzinfo=UTC)
        assert answer.written == datetime(2026, 6, 10, 16, 3, tzinfo=UTC)

    async def test_needs_no_date(self) -> None:
        answer = await ask(replying())
        assert answer.server_time is None
        assert answer.written is None

    async def test_unchanged_is_the_same_run_to_the_same_reader(self) -> None:
        reader = Reader()
        async with Client(SETTINGS, transport=httpx.MockTransport(replying())) as client:
            assert (await client.get_run(214, reader)).run is (await client.get_run(214, reader)).run

    @pytest.mark.parametrize("length", [20, 100_000])
    async def test_only_a_long_one_is_decoded_in_a_thread(self, length: int) -> None:
        class NotingReader(Reader):
            def read(self, body: bytes) -> Run:
                readers.append(threading.current_thread() is threading.main_thread())
                return super().read(body)

        readers: list[bool] = []
        body = digest_body(log="x" * length)
        async with Client(SETTINGS, transport=httpx.MockTransport(replying(body=body))) as client:
            answer = await client.get_run(214, NotingReader())
        assert answer.run.log == "x" * length
        assert readers == [length < 1000]

    async def test_any_2xx_status_is_good(self) -> None:
        assert (await ask(replying(203))).run == a_run()


class TestUnreadable:
    """An answer that is not a digest of this run."""

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"", "empty"),
            (digest_body()[:-20], "is incomplete"),
            (b"{'runId': 214}", "not JSON"),
            (b"[]", "not an object"),
            (b"[" * 100_000, ""),
            (b'{"runId": 214, "status": 7}', "status"),
            (digest_body(run_id=215), f"{HOST} returned run 215 instead of run 214."),
            (b'{"runId": 1%s, "status": "passed"}' % (b"0" * 4000), ""),
        ],
    )
    async def test_is_explained(self, body: bytes, words: str) -> None:
        error = await failure(replying(body=body))
        assert isinstance(error, Unreadable)
        assert words in error.what
        assert len(error.what) < 300

    async def test_does_not_affect_the_next_one(self) -> None:
        bodies = [digest_body(), digest_body(run_id=215), b"{", digest_body()]
        transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=ChunkedBody(bodies.pop(0))))
        async with Client(SETTINGS, transport=transport) as client:
            good = await client.get_run(214)
            for _ in range(2):
                with pytest.raises(Unreadable):
                    await client.get_run(214)
            assert (await client.get_run(214)).run == good.run


class TestNetwork:
    """Errors of the HTTP library, explained by their causes."""

    @pytest.mark.parametrize("kind", [httpx.ReadError, httpx.PoolTimeout, httpx.LocalProtocolError])
    async def test_an_unexplained_error_is_unreachable(self, kind: type[httpx.TransportError]) -> None:
        error = await failure(raising(kind("secret words of the library")))
        assert isinstance(error, Unreachable)
        assert error.what == f"The connection to {HOST} failed."

    async def test_a_connection_closed_without_an_answer(self) -> None:
        error = await failure(raising(httpx.RemoteProtocolError("Server disconnected")))
        assert isinstance(error, Unreachable)
        assert "closed the connection without a response" in error.what

    async def test_an_incomplete_body(self) -> None:
        torrent = ChunkedBody(b"{", error=httpx.RemoteProtocolError("incomplete"))
        error = await failure(replying(body=torrent))
        assert isinstance(error, Unreadable)
        assert "is incomplete" in error.what

    @pytest.mark.parametrize("error", [ssl.SSLError(1, "[SSL] bad record mac"), OSError(5, "Input/output error")])
    async def test_errors_that_the_library_does_not_wrap(self, error: OSError) -> None:
        assert isinstance(await failure(replying(body=ChunkedBody(b"{", error=error))), Unreachable)

    async def test_a_server_with_an_invalid_url(self) -> None:
        error = await failure(replying(), settings=replace(SETTINGS, server="https://[::1"))
        assert isinstance(error, Unreachable)
        assert "TESTVIBE_SERVER" in error.advice

    async def test_a_bug_is_raised_unchanged(self) -> None:
        with pytest.raises(ZeroDivisionError):
            await ask(raising(ZeroDivisionError()))


class TestTimeLimit:
    """One limit for silence, and one for the whole request."""

    @pytest.mark.parametrize(
        ("pauses", "words"),
        [
            ((8, 8, 8), ""),
            ((8, 11), "sent nothing for 10 s in the middle of its response"),
            ((8, 8, 8, 8), "did not finish its response within 30 s"),
        ],
    )
    async def test_a_slow_answer_is_good_unless_it_is_silent_or_takes_too_long(
        self, pauses: tuple[float, ...], words: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        loop, passed = asyncio.get_running_loop(), 0.0
        begun = loop.time()
        monkeypatch.setattr(loop, "time", lambda: begun + passed)

        class Slow(ChunkedBody):
            async def __aiter__(self) -> AsyncIterator[bytes]:
                nonlocal passed
                body = digest_body()
                for place, pause in enumerate(pauses):
                    passed += pause
                    for _ in range(5):
                        await asyncio.sleep(0)
                    yield body[place * 10 :][: 10 if place + 1 < len(pauses) else None]

        if words:
            assert (await failure(replying(body=Slow()))).what == f"{HOST} {words}."
        else:
            assert (await ask(replying(body=Slow()))).run == a_run()

    async def test_without_an_answer(self) -> None:
        async def hang(_request: httpx.Request) -> httpx.Response:
            await asyncio.get_running_loop().create_future()
            raise AssertionError

        error = await failure(hang, limit=0.01)
        assert isinstance(error, Unreachable)
        assert error.what == f"{HOST} did not respond within 0.01 s."

    async def test_in_the_middle_of_an_answer(self) -> None:
        class Trickle(ChunkedBody):
            async def __aiter__(self) -> AsyncIterator[bytes]:
                while True:
                    await asyncio.sleep(0.001)
                    yield b" "

        error = await failure(replying(body=Trickle()), limit=0.02)
        assert error.what == f"{HOST} did not finish its response within 0.02 s."

    async def test_cancelling_is_immediate(self) -> None:
        async def hang(_request: httpx.Request) -> httpx.Response:
            await asyncio.get_running_loop().create_future()
            raise AssertionError

        request = asyncio.ensure_future(ask(hang))
        await asyncio.sleep(0)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request


class TestRedirects:
    """Only where the key may be sent."""

    async def test_are_followed_on_the_same_server(self) -> None:
        def handler(request: httpx.Request) -> httpx.Response:
            if request.url.path != "/moved":
                return httpx.Response(307, headers={"location": "/moved#there"})
            assert request.headers["authorization"] == f"Bearer {KEY}"
            return httpx.Response(200, stream=ChunkedBody(digest_body()))

        assert (await ask(handler)).run == a_run()

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize(
        ("location", "named"),
        [
            ("https://login.example/?next=x", "https://login.example"),
            ("//login.example/", "https://login.example"),
            (f"http://{HOST}/", f"http://{HOST}"),
            (f"https://{HOST}:8443/", f"https://{HOST}:8443"),
            (f"https://{HOST}@evil.example/", "https://evil.example"),
            ("https://{}.example/".format("\u0434"), "https://xn--d1a.example"),
        ],
    )
    async def test_to_another_server_are_refused_without_a_request_there(
        self, status: int, location: str, named: str
    ) -> None:
        asked: list[str] = []

        def handler(request: httpx.Request) -> httpx.Response:
            asked.append(request.url.host)
            return httpx.Response(status, headers={b"location": location.encode()})

        error = await failure(handler)
        assert isinstance(error, Redirected)
        assert f"https://{HOST} redirects to {named}: " in error.what
        assert asked == [HOST]

    async def test_are_followed_at_most_five_times(self) -> None:
        asked = []

        def around(request: httpx.Request) -> httpx.Response:
            asked.append(request.url.path)
            return httpx.Response(302, headers={"location": f"/{len(asked)}"})

        error = await failure(around)
        assert isinstance(error, Redirected)
        assert "in a loop" in error.what
        assert len(asked) == 6

    @pytest.mark.parametrize(
        "location", ["https://[", "https://a:b:c/", "http://\x01/", "https://x:99999999/", "https://xn--/"]
    )
    async def test_to_an_invalid_url_are_an_error(self, location: str) -> None:
        error = await failure(replying(302, b"", location=location))
        assert isinstance(error, Redirected)
        assert error.what.isprintable()


class TestSecrets:
    """The key is sent to the server and nowhere else; `failure` searches errors for it."""

    async def test_the_client_does_not_show_the_key(self) -> None:
        client = Client(SETTINGS, transport=httpx.MockTransport(replying()))
        await client.get_run(214)
        assert repr(client) == f"Client(server='https://{HOST}', project='{PROJECT}')"
        assert KEY not in f"{client!s} {vars(client)!r}"

    async def test_no_log_contains_the_key(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.NOTSET):
            logging.getLogger("tests").debug("something is logged")
            await ask(replying())
            await failure(raising(httpx.ConnectError("no")))
        assert caplog.records
        assert KEY not in "".join(str(vars(record)) for record in caplog.records)


async def test_a_client_can_be_closed_twice() -> None:
    client = Client(SETTINGS)
    await client.aclose()
    await client.aclose()

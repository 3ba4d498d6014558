"""What only sockets can prove: connections, their ends, time limits, and limits on large bodies."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import zlib
from dataclasses import replace

import pytest

from tests.support.builders import a_run, digest_body
from tests.support.http import KEY, SETTINGS, Connection, SocketServer, assert_no_secrets, closed_port, listening
from tvtui.settings.settings import Settings
from tvtui.testvibe.client import Answer, Client
from tvtui.testvibe.errors import ClientError, Unreachable, Unreadable

FAILING = 4
"""A run whose requests end with a reset."""


class SlowRequests:
    """A server that answers requests for some runs only on command, and resets those for `FAILING`."""

    def __init__(self, *run_ids: int) -> None:
        self.server: SocketServer
        self._started = {run_id: asyncio.Event() for run_id in run_ids}
        self._released = {run_id: asyncio.Event() for run_id in run_ids}

    async def respond(self, connection: Connection) -> None:
        run_id = int(self.server.requests[-1].partition(b"/runs/")[2].split()[0])
        if run_id == FAILING:
            connection.reset()
            return
        if run_id in self._started:
            self._started[run_id].set()
            await self._released[run_id].wait()
        await connection.answer(digest_body(run_id=run_id))

    async def start(self, client: Client) -> list[asyncio.Task[Answer]]:
        """Request all the runs, and wait until the server has received the requests."""
        requests = [asyncio.create_task(client.get_run(run_id)) for run_id in self._started]
        for started in self._started.values():
            await started.wait()
        return requests

    async def finish(self, run_id: int, request: asyncio.Task[Answer]) -> None:
        self._released[run_id].set()
        assert (await request).run.run_id == run_id


async def answer(connection: Connection) -> None:
    await connection.answer()


async def failure(settings: Settings, limit: float = 10.0) -> ClientError:
    async with Client(settings, limit=limit) as client:
        with pytest.raises(ClientError) as raised:
            await client.get_run(214)
    assert_no_secrets(raised.value)
    return raised.value


class TestConnection:
    """One connection for all requests."""

    async def test_is_kept_between_requests(self) -> None:
        async with listening(answer) as server, Client(server.settings) as client:
            for _ in range(3):
                assert (await client.get_run(214)).run == a_run()
            assert server.connections == 1
            assert server.requests[0].startswith(b"GET /api/v1/ops/projects/")
            assert f"authorization: bearer {KEY}".lower().encode() in server.requests[0].lower()

    async def test_is_kept_after_an_error_that_was_read_completely(self) -> None:
        async def fail(connection: Connection) -> None:
            await connection.answer(b"<html>", "502 Bad Gateway")

        async with listening(fail) as server, Client(server.settings) as client:
            for _ in range(2):
                with pytest.raises(ClientError):
                    await client.get_run(214)
            assert server.connections == 1

    async def test_is_replaced_after_the_server_has_closed_it(self) -> None:
        async def answer_and_close(connection: Connection) -> None:
            await connection.answer(connection="close")

        async with listening(answer_and_close) as server, Client(server.settings) as client:
            for _ in range(2):
                await client.get_run(214)
            assert server.connections == 2

    async def test_is_replaced_after_a_minute_without_a_request(self) -> None:
        now = 0.0
        async with listening(answer) as server, Client(server.settings, now=lambda: now) as client:
            for seconds, connections in ((0.0, 1), (59.0, 1), (118.0, 1), (179.0, 2)):
                now = seconds
                await client.get_run(214)
                assert server.connections == connections

    async def test_after_a_failure_there_is_a_new_one(self) -> None:
        async def reset_the_first(connection: Connection) -> None:
            if connection.number == 1:
                connection.reset()
            else:
                await connection.answer()

        async with listening(reset_the_first) as server, Client(server.settings) as client:
            with pytest.raises(Unreachable):
                await client.get_run(214)
            assert (await client.get_run(214)).run == a_run()

    async def test_after_a_failure_an_idle_one_is_not_trusted_either(self) -> None:
        requests = SlowRequests(1)
        async with listening(requests.respond) as requests.server, Client(requests.server.settings) as client:
            (slow,) = await requests.start(client)
            with pytest.raises(Unreachable):
                await client.get_run(FAILING)
            await requests.finish(1, slow)
            await client.get_run(214)
            assert requests.server.connections == 3

    async def test_a_failure_ends_no_other_request(self) -> None:
        requests = SlowRequests(1, 2)
        async with listening(requests.respond) as requests.server, Client(requests.server.settings) as client:
            one, two = await requests.start(client)
            with pytest.raises(Unreachable):
                await client.get_run(FAILING)
            await client.get_run(214)
            await requests.finish(1, one)
            await requests.finish(2, two)
            await client.get_run(214)
            assert requests.server.connections == 4

    async def test_only_a_few_of_many_requests_are_under_way_at_once(self) -> None:
        most = under_way = 0

        async def slowly(connection: Connection) -> None:
            nonlocal most, under_way
            under_way += 1
            most = max(most, under_way)
            run_id = int(server.requests[-1].partition(b"/runs/")[2].split()[0])
            await asyncio.sleep(0.01)
            under_way -= 1
            await connection.answer(digest_body(run_id=run_id))

        async with listening(slowly) as server, Client(server.settings) as client:
            answers = await asyncio.gather(*(client.get_run(run_id) for run_id in range(1, 101)))
        assert [each.run.run_id for each in answers] == list(range(1, 101))
        assert most == server.connections == 6

    async def test_plain_http_loads_no_certificates(self, environ: pytest.MonkeyPatch) -> None:
        environ.setattr(ssl, "create_default_context", None)
        async with listening(answer) as server, Client(server.settings) as client:
            assert (await client.get_run(214)).run == a_run()


class TestNoAnswer:
    """Requests without an answer."""

    async def test_refused(self) -> None:
        error = await failure(replace(SETTINGS, server=f"http://127.0.0.1:{closed_port()}"))
        assert isinstance(error, Unreachable)
        assert "The connection was refused by 127.0.0.1:" in error.what

    async def test_reset_before_the_answer(self) -> None:
        async def reset(connection: Connection) -> None:
            connection.reset()

        async with listening(reset) as server:
            assert (await failure(server.settings)).what == f"The connection was reset by 127.0.0.1:{server.port}."

    async def test_reset_in_the_middle(self) -> None:
        async def reset(connection: Connection) -> None:
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
            await asyncio.sleep(0.01)
            connection.reset()

        async with listening(reset) as server:
            assert "while sending its response" in (await failure(server.settings)).what

    async def test_closed_in_the_middle(self) -> None:
        async def hang_up(connection: Connection) -> None:
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
            raise ConnectionError

        async with listening(hang_up) as server:
            error = await failure(server.settings)
            assert isinstance(error, Unreadable)
            assert "is incomplete" in error.what

    @pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"HTTP/1.1 2"])
    async def test_a_server_without_http(self, greeting: bytes) -> None:
        async def greet(connection: Connection) -> None:
            await connection.send(greeting)
            raise ConnectionError

        async with listening(greet) as server:
            error = await failure(server.settings)
            assert isinstance(error, Unreachable)
            assert "closed the connection without a response, or is not an HTTP server" in error.what

    async def test_a_hanging_server(self) -> None:
        async with listening(Connection.wait_for_close) as server:
            assert "did not respond within 0.05 s" in (await failure(server.settings, limit=0.05)).what

    async def test_silence_in_the_middle_is_one(self) -> None:
        async def stop(connection: Connection) -> None:
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
            await connection.wait_for_close()

        async with listening(stop) as server, Client(server.settings, silence=0.05) as client:
            with pytest.raises(Unreachable, match=r"sent nothing for 0\.05 s in the middle of its response"):
                await client.get_run(214)

    async def test_a_slow_trickle_does_not_extend_the_limit(self) -> None:
        async def trickle(connection: Connection) -> None:
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while True:
                await connection.send(b" ")
                await asyncio.sleep(0.005)

        async with listening(trickle) as server:
            assert "did not finish its response within 0.1 s" in (await failure(server.settings, limit=0.1)).what


class TestLargeBodies:
    """At most 16 MiB, decompressed."""

    async def _endless(self, head: bytes, first: bytes, block: bytes) -> Unreadable:
        async def pour(connection: Connection) -> None:
            await connection.send(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + first)
            while True:
                await connection.send(block)

        async with listening(pour) as server:
            error = await failure(server.settings)
        assert isinstance(error, Unreadable)
        assert "returned more than 16.0 MiB" in error.what
        return error

    async def test_an_endless_body_is_cut_off(self) -> None:
        await self._endless(b"", b"", b" " * 65_536)

    async def test_an_endless_compressed_body_is_cut_off(self) -> None:
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        first = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
        block = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
        await self._endless(b"Content-Encoding: gzip\r\n", first, block)

    async def test_a_body_announced_as_too_large_is_not_read(self) -> None:
        async def announce(connection: Connection) -> None:
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n")
            await connection.wait_for_close()

        async with listening(announce) as server:
            assert "more than 16.0 MiB" in (await failure(server.settings)).what

    async def test_the_loop_stays_responsive_during_decompression(self) -> None:
        bomb = gzip.compress(b" " * (64 << 20), 1)
        turns = 0

        async def throw(connection: Connection) -> None:
            await connection.answer(bomb, content_encoding="gzip")
            await connection.wait_for_close()

        async def go_on() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async with listening(throw) as server:
            going_on = asyncio.ensure_future(go_on())
            assert isinstance(await failure(server.settings), Unreadable)
            going_on.cancel()
        assert turns > 60

    async def test_a_body_at_the_limit_is_read(self) -> None:
        whole = digest_body().ljust(16 << 20)

        async def send(connection: Connection) -> None:
            await connection.answer(gzip.compress(whole, 1), content_encoding="gzip")

        async with listening(send) as server, Client(server.settings) as client:
            assert (await client.get_run(214)).run == a_run()

    @pytest.mark.parametrize(("packing", "words"), [("gzip", "has no end"), ("br", "unexpected content encoding: br")])
    async def test_an_encoding_that_is_incomplete_or_unknown(self, packing: str, words: str) -> None:
        async def send(connection: Connection) -> None:
            await connection.answer(gzip.compress(digest_body())[:-3], content_encoding=packing)

        async with listening(send) as server:
            error = await failure(server.settings)
            assert isinstance(error, Unreadable)
            assert words in error.what

    async def test_invalid_gzip_data(self) -> None:
        async def send(connection: Connection) -> None:
            await connection.answer(content_encoding="gzip")

        async with listening(send) as server:
            assert "is not valid gzip data" in (await failure(server.settings)).what


async def test_a_request_that_is_cancelled_leaves_no_connection() -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def hang(connection: Connection) -> None:
        asked.set()
        await connection.wait_for_close()
        gone.set()

    async with listening(hang) as server, Client(server.settings) as client:
        request = asyncio.ensure_future(client.get_run(214))
        await asyncio.wait_for(asked.wait(), 10)
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        await asyncio.wait_for(gone.wait(), 10)

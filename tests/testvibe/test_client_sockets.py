"""What only sockets can prove: connections, their ends, time, and how much of a torrent is let in."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from dataclasses import replace

import pytest

from tests.support.builders import a_run, digest_body
from tests.support.http import KEY, SETTINGS, Connection, assert_no_secrets, closed_port, listening
from tvtui.settings.settings import Settings
from tvtui.testvibe.client import Client
from tvtui.testvibe.errors import ClientError, Unreachable, Unreadable


async def answer(connection: Connection) -> None:
    await connection.answer()


async def failure(settings: Settings, limit: float = 10.0) -> ClientError:
    async with Client(settings, limit=limit) as client:
        with pytest.raises(ClientError) as raised:
            await client.get_run(214)
    assert_no_secrets(raised.value)
    return raised.value


class TestConnection:
    """One is enough."""

    async def test_is_kept_between_requests(self) -> None:
        async with listening(answer) as server, Client(server.settings) as client:
            for _ in range(3):
                assert (await client.get_run(214)).run == a_run()
            assert server.connections == 1
            assert server.requests[0].startswith(b"GET /api/v1/ops/projects/")
            assert f"authorization: bearer {KEY}".lower().encode() in server.requests[0].lower()

    async def test_is_kept_after_an_error_that_was_read_to_its_end(self) -> None:
        async def fail(connection: Connection) -> None:
            await connection.answer(b"<html>", "502 Bad Gateway")

        async with listening(fail) as server, Client(server.settings) as client:
            for _ in range(2):
                with pytest.raises(ClientError):
                    await client.get_run(214)
            assert server.connections == 1

    async def test_that_the_server_has_closed_is_replaced(self) -> None:
        async def answer_and_close(connection: Connection) -> None:
            await connection.answer(connection="close")

        async with listening(answer_and_close) as server, Client(server.settings) as client:
            for _ in range(2):
                await client.get_run(214)
            assert server.connections == 2

    async def test_that_lay_idle_for_long_is_replaced(self, environ: pytest.MonkeyPatch) -> None:
        environ.setattr("tvtui.testvibe.connection._IDLE_SECONDS", -1.0)
        async with listening(answer) as server, Client(server.settings) as client:
            for _ in range(2):
                await client.get_run(214)
            assert server.connections == 2

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

    async def test_plain_http_loads_no_certificates(self, environ: pytest.MonkeyPatch) -> None:
        environ.setattr("tvtui.testvibe.connection._authorities", None)
        async with listening(answer) as server, Client(server.settings) as client:
            assert (await client.get_run(214)).run == a_run()


class TestNoAnswer:
    """And why."""

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
            assert "in the middle of its answer" in (await failure(server.settings)).what

    async def test_closed_in_the_middle(self) -> None:
        async def hang_up(connection: Connection) -> None:
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
            raise ConnectionError

        async with listening(hang_up) as server:
            error = await failure(server.settings)
            assert isinstance(error, Unreadable)
            assert "broke off" in error.what

    @pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"HTTP/1.1 2"])
    async def test_no_http(self, greeting: bytes) -> None:
        async def greet(connection: Connection) -> None:
            await connection.send(greeting)
            raise ConnectionError

        async with listening(greet) as server:
            error = await failure(server.settings)
            assert isinstance(error, Unreachable)
            assert "closed the connection without an answer, or speaks no HTTP" in error.what

    async def test_a_hanging_server(self) -> None:
        async with listening(Connection.left) as server:
            assert "did not answer within 0.05 s" in (await failure(server.settings, limit=0.05)).what

    async def test_a_trickle_beats_no_limit(self) -> None:
        async def trickle(connection: Connection) -> None:
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while True:
                await connection.send(b" ")
                await asyncio.sleep(0.005)

        async with listening(trickle) as server:
            assert "did not finish its answer within 0.1 s" in (await failure(server.settings, limit=0.1)).what


class TestLargeBodies:
    """16 MiB, unpacked, and not a piece more."""

    async def _endless(self, head: bytes, first: bytes, block: bytes) -> Unreadable:
        async def pour(connection: Connection) -> None:
            await connection.send(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + first)
            while True:
                await connection.send(block)

        async with listening(pour) as server:
            error = await failure(server.settings)
        assert isinstance(error, Unreadable)
        assert "answered with more than 16.0 MiB" in error.what
        return error

    async def test_one_without_end_is_left(self) -> None:
        await self._endless(b"", b"", b" " * 65_536)

    async def test_a_packed_one_without_end_too(self) -> None:
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        first = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
        block = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
        await self._endless(b"Content-Encoding: gzip\r\n", first, block)

    async def test_one_that_says_so_is_not_even_read(self) -> None:
        async def announce(connection: Connection) -> None:
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n")
            await connection.left()

        async with listening(announce) as server:
            assert "more than 16.0 MiB" in (await failure(server.settings)).what

    async def test_the_loop_goes_on_while_a_bomb_goes_off(self) -> None:
        bomb = gzip.compress(b" " * (64 << 20), 1)
        turns = 0

        async def throw(connection: Connection) -> None:
            await connection.answer(bomb, content_encoding="gzip")
            await connection.left()

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

    async def test_as_much_as_that_is_read(self) -> None:
        whole = digest_body().ljust(16 << 20)

        async def send(connection: Connection) -> None:
            await connection.answer(gzip.compress(whole, 1), content_encoding="gzip")

        async with listening(send) as server, Client(server.settings) as client:
            assert (await client.get_run(214)).run == a_run()

    @pytest.mark.parametrize(("packing", "told"), [("gzip", "has no end"), ("br", "not asked for: br")])
    async def test_a_packing_that_is_cut_or_unknown(self, packing: str, told: str) -> None:
        async def send(connection: Connection) -> None:
            await connection.answer(gzip.compress(digest_body())[:-3], content_encoding=packing)

        async with listening(send) as server:
            error = await failure(server.settings)
            assert isinstance(error, Unreadable)
            assert told in error.what

    async def test_a_packing_that_is_none(self) -> None:
        async def send(connection: Connection) -> None:
            await connection.answer(content_encoding="gzip")

        async with listening(send) as server:
            assert "is broken" in (await failure(server.settings)).what


async def test_a_request_that_is_cancelled_leaves_no_connection() -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def hang(connection: Connection) -> None:
        asked.set()
        await connection.left()
        gone.set()

    async with listening(hang) as server, Client(server.settings) as client:
        request = asyncio.ensure_future(client.get_run(214))
        await asyncio.wait_for(asked.wait(), 10)
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        await asyncio.wait_for(gone.wait(), 10)

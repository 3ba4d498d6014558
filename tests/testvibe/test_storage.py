"""The storage on real sockets: requests, files, and errors in words."""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.support.builders import digest_body
from tests.support.http import (
    CERTIFICATE,
    KEY,
    LINK_SECRET,
    Connection,
    Respond,
    SocketServer,
    assert_no_secrets,
    closed_port,
    listening,
)
from tvtui.testvibe.errors import Busy, ClientError, Expired, Faulty, Redirected, Unreachable, Unreadable
from tvtui.testvibe.links import SignedLink
from tvtui.testvibe.server import ServerConnection
from tvtui.testvibe.storage import Delivery, Storage, redirect_target
from tvtui.testvibe.zones import Zone


def link_to(server: SocketServer, scheme: str = "http") -> SignedLink:
    return SignedLink(f"{scheme}://127.0.0.1:{server.port}/trace.zip?{LINK_SECRET}")


def answers(body: bytes = b"bytes", status: str = "200 OK", **headers: str) -> Respond:
    async def play(connection: Connection) -> None:
        await connection.answer(body, status, **headers)

    return play


@asynccontextmanager
async def storing(**options: Any) -> AsyncIterator[Storage]:
    storage = Storage(**{"first_byte": 5, "idle": 5, **options})
    try:
        yield storage
    finally:
        await storage.aclose()


async def body_of(delivery: Delivery) -> bytes:
    return b"".join([piece async for piece in delivery.pieces])


async def fetched(link: SignedLink, **options: Any) -> bytes:
    async with storing(**options) as storage, storage.deliver(link) as delivery:
        return await body_of(delivery)


async def resumed(server: SocketServer) -> tuple[int, bytes]:
    """The offset and the bytes received after two bytes of the first version."""
    async with storing() as storage, storage.deliver(link_to(server), start=2, etag='"v1"') as delivery:
        return delivery.start, await body_of(delivery)


async def failure(link: SignedLink, start: int = 0, **options: Any) -> ClientError:
    """The error of a download, without any part of the link."""
    async with storing(**options) as storage:
        with pytest.raises(ClientError) as raised:
            async with storage.deliver(link, start=start) as delivery:
                await body_of(delivery)
    assert_no_secrets(raised.value)
    error: BaseException | None = raised.value
    while error is not None:
        assert LINK_SECRET not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
    return raised.value


class TestTheRequest:
    """As little as possible."""

    async def test_contains_no_key_or_cookie(self) -> None:
        async with listening(answers()) as server:
            assert await fetched(link_to(server)) == b"bytes"
            (request,) = server.requests
        lines = request.decode().lower().split("\r\n")
        assert lines[0] == f"get /trace.zip?{LINK_SECRET} http/1.1".lower()
        assert sorted(line.partition(":")[0] for line in lines[1:] if line) == [
            "accept",
            "accept-encoding",
            "host",
            "user-agent",
        ]
        assert "accept-encoding: identity" in lines

    async def test_requests_the_missing_rest_of_the_same_file(self) -> None:
        part = answers(b"tes", "206 Partial Content", Content_Range="bytes 2-4/5", ETag='"v1"')
        async with listening(part) as server, storing() as storage:
            async with storage.deliver(link_to(server), start=2, etag='"v1"') as delivery:
                assert (delivery.start, delivery.total, delivery.etag) == (2, 5, '"v1"')
                assert await body_of(delivery) == b"tes"
            request = server.requests[0].lower()
        assert b"\r\nrange: bytes=2-\r\n" in request
        assert b'\r\nif-range: "v1"\r\n' in request

    @pytest.mark.parametrize(
        ("status", "headers"),
        [
            ("416 Range Not Satisfiable", {"Content_Range": "bytes */5"}),
            ("206 Partial Content", {"Content_Range": "bytes 1-4/5", "ETag": '"v1"'}),
            ("206 Partial Content", {"Content_Range": "bytes 2-4/5", "ETag": '"v2"'}),
            ("206 Partial Content", {"Content_Range": "bytes 2-4/5", "ETag": 'W/"v1"'}),
            ("206 Partial Content", {"Content_Range": "bytes 2-4/5"}),
            ("206 Partial Content", {"Content_Range": "bytes 2-4/5", "ETag": '"v1"', "Content_Encoding": "gzip"}),
            ("206 Partial Content", {}),
        ],
    )
    async def test_an_unexpected_range_is_not_used(self, status: str, headers: dict[str, str]) -> None:
        async def play(connection: Connection) -> None:
            if b"range:" in server.requests[-1].lower():
                await connection.answer(b"xxx", status, **headers)
            else:
                await connection.answer(b"bytes", ETag='"v2"')

        async with listening(play) as server:
            assert await resumed(server) == (0, b"bytes")

    async def test_a_storage_without_ranges_sends_the_whole_file(self) -> None:
        async with listening(answers()) as server:
            assert await resumed(server) == (0, b"bytes")

    async def test_uses_https_with_the_certificates_of_the_environment(self, environ: pytest.MonkeyPatch) -> None:
        async with listening(answers(), tls=True) as server:
            error = await failure(link_to(server, "https"))
            assert "is not trusted (TLS)" in error.what
            environ.setenv("SSL_CERT_FILE", str(CERTIFICATE))
            assert await fetched(link_to(server, "https")) == b"bytes"

    async def test_uses_the_proxy(self, environ: pytest.MonkeyPatch) -> None:
        async with listening(answers(b"", "407 Proxy Authentication Required")) as proxy:
            environ.setenv("HTTPS_PROXY", f"http://user:pass@127.0.0.1:{proxy.port}")
            error = await failure(SignedLink(f"https://storage.example/x?{LINK_SECRET}"))
            assert proxy.requests[0].startswith(b"CONNECT storage.example:443 ")
        assert "did not connect to storage.example" in error.what
        assert "pass" not in str(error)

    async def test_connections_are_kept_for_each_host(self) -> None:
        async with listening(answers()) as server, listening(answers()) as other, storing() as storage:
            for link in [link_to(server), link_to(other)] * 2:
                async with storage.deliver(link) as delivery:
                    await body_of(delivery)
            assert (server.connections, other.connections) == (1, 1)


class TestLinksThatAreNotFollowed:
    """Their errors do not contain the link either."""

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            (f"http://storage.example/x?{LINK_SECRET}", "points to http://storage.example: only https is supported"),
            (f"ftp://storage.example/x?{LINK_SECRET}", "not a valid https URL"),
            (f"file:///etc/passwd?{LINK_SECRET}", "not a valid https URL"),
            (f"//storage.example/x?{LINK_SECRET}", "not a valid https URL"),
            (f"https://?{LINK_SECRET}", "not a valid https URL"),
            (f"https://[::{LINK_SECRET}/", "not a valid https URL"),
            (f"https://127.0.0.1:99999/{LINK_SECRET}", "not a valid https URL"),
            (f"https://xn--/{LINK_SECRET}", "not a valid https URL"),
        ],
    )
    async def test_a_link_that_is_not_https(self, url: str, words: str) -> None:
        error = await failure(SignedLink(url))
        assert isinstance(error, Unreadable)
        assert words in error.what

    @pytest.mark.parametrize(
        "where", ["http://elsewhere.example/{}", "//elsewhere.example/{}", "ftp://x/{}", "http://[{}"]
    )
    async def test_a_redirect_elsewhere(self, where: str) -> None:
        async with listening(answers(b"", "302 Found", Location=where.format(LINK_SECRET))) as server:
            error = await failure(link_to(server))
        assert isinstance(error, Redirected)
        assert f"The storage 127.0.0.1:{server.port} redirects to " in error.what

    def test_a_redirect_to_this_machine_from_another(self) -> None:
        with pytest.raises(Redirected, match="never to this machine"):
            redirect_target(httpx.URL("https://storage.example/x"), "https://localhost/x")

    async def test_a_redirect_loop(self) -> None:
        async with listening(answers(b"", "307 Temporary Redirect", Location=f"/x?{LINK_SECRET}")) as server:
            error = await failure(link_to(server))
        assert "in a loop" in error.what
        assert len(server.requests) == 4

    async def test_a_followed_redirect_passes_nothing_on(self) -> None:
        async def redirect(connection: Connection) -> None:
            await connection.answer(b"", "302 Found", Location=f"http://localhost:{other.port}/y")

        async with listening(answers()) as other, listening(redirect) as server:
            assert await fetched(link_to(server)) == b"bytes"
        assert LINK_SECRET.encode() not in other.requests[0]
        assert b"referer" not in other.requests[0].lower()


REFUSALS = [
    ("403 Forbidden", {}, Expired, "rejected the link (403)"),
    ("400 Bad Request", {}, Expired, "rejected the link (400)"),
    ("404 Not Found", {}, Expired, "does not have this file (404)"),
    ("500 Internal Server Error", {}, Faulty, "returned 500 Internal Server Error"),
    ("206 Partial Content", {}, Faulty, "returned 206"),
    ("204 No Content", {}, Faulty, "returned 204"),
    ("429 Too Many Requests", {}, Busy, "is busy (429)"),
    ("503 Service Unavailable", {"Retry_After": "7"}, Busy, "is busy (503)"),
    ("407 Proxy Authentication Required", {}, Unreachable, "The proxy requires a user name"),
    ("200 OK", {"Content_Encoding": "br"}, Unreadable, "an unknown content encoding: br"),
]


@pytest.mark.parametrize(("status", "headers", "kind", "words"), REFUSALS)
async def test_an_answer_that_is_not_a_file(
    status: str, headers: dict[str, str], kind: type[ClientError], words: str
) -> None:
    async with listening(answers(LINK_SECRET.encode(), status, **headers)) as server:
        error = await failure(link_to(server))
    assert type(error) is kind
    assert words in error.what


class TestWhatComes:
    """Bodies, and interrupted ones."""

    async def test_an_unexpected_gzip_body_is_decompressed(self) -> None:
        packed = gzip.compress(b"bytes" * 100_000)
        play = answers(packed, Content_Encoding="gzip", ETag='"v1"')
        async with listening(play) as server, storing() as storage, storage.deliver(link_to(server)) as delivery:
            assert (delivery.total, delivery.etag, delivery.packed) == (None, "", len(packed))
            assert await body_of(delivery) == b"bytes" * 100_000

    @pytest.mark.parametrize(
        ("packed", "words"), [(gzip.compress(b"x" * 99, mtime=0)[:-9], "no end"), (b"PK", "is not valid gzip")]
    )
    async def test_invalid_gzip_data(self, packed: bytes, words: str) -> None:
        async with listening(answers(packed, Content_Encoding="gzip")) as server:
            assert words in (await failure(link_to(server))).what

    async def test_an_incomplete_body(self) -> None:
        async def play(connection: Connection) -> None:
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nbytes")
            raise ConnectionError

        async with listening(play) as server:
            assert "before the end of the file" in (await failure(link_to(server))).what

    @pytest.mark.parametrize(
        ("before", "words"),
        [
            (b"", "did not respond within 0.05 s"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", "sent nothing for 0.05 s"),
        ],
    )
    async def test_silence(self, before: bytes, words: str) -> None:
        async def play(connection: Connection) -> None:
            if before:
                await connection.send(before)
            await connection.wait_for_close()

        async with listening(play) as server:
            error = await failure(link_to(server), first_byte=0.05 if not before else 5, idle=0.05)
        assert isinstance(error, Unreachable)
        assert words in error.what

    async def test_a_slow_body_is_not_silence(self) -> None:
        async def play(connection: Connection) -> None:
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
            for _ in range(10):
                await asyncio.sleep(0.02)
                await connection.send(b"x")

        async with listening(play) as server:
            assert await fetched(link_to(server), idle=0.15) == b"x" * 10

    async def test_a_refused_connection(self) -> None:
        error = await failure(SignedLink(f"http://127.0.0.1:{closed_port()}/x?{LINK_SECRET}"))
        assert "The connection was refused by 127.0.0.1:" in error.what
        assert "TESTVIBE_SERVER" not in str(error)

    async def test_no_log_contains_the_link(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        async with listening(answers()) as server:
            await fetched(link_to(server))
        assert caplog.records
        assert LINK_SECRET not in caplog.text
        assert KEY not in caplog.text
        assert LINK_SECRET not in repr(link_to(server))


class TestZones:
    """A server must not make its clients request what it cannot reach itself."""

    @pytest.mark.parametrize("zone", [Zone.PUBLIC, Zone.PRIVATE, Zone.LINK_LOCAL])
    @pytest.mark.parametrize("scheme", ["http", "https"])
    async def test_a_server_elsewhere_cannot_name_this_machine(self, zone: Zone, scheme: str) -> None:
        async with listening(answers()) as server:
            error = await failure(link_to(server, scheme), api_zone=lambda: zone)
            assert server.connections == 0
        assert isinstance(error, Unreadable)
        assert error.what.endswith(" is this machine, which the server that named it is not.")

    async def test_not_even_by_a_name(self, environ: pytest.MonkeyPatch) -> None:
        async def resolve(*_args: object, **_kwargs: object) -> list[object]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))]

        environ.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
        async with listening(answers()) as server:
            link = SignedLink(f"https://blob.example:{server.port}/trace.zip?{LINK_SECRET}")
            error = await failure(link, api_zone=lambda: Zone.PUBLIC)
            assert server.requests == []
        assert f"The storage blob.example:{server.port} is this machine" in error.what

    async def test_a_redirect_cannot_lead_there_either(self) -> None:
        async with listening(answers()) as server:

            def redirect(request: httpx.Request) -> httpx.Response:
                return httpx.Response(302, headers={"Location": "https://169.254.169.254/latest"})

            storage = Storage(transport=httpx.MockTransport(redirect), api_zone=lambda: Zone.PRIVATE)
            with pytest.raises(Unreadable, match=r"169\.254\.169\.254 is a link-local address"):
                async with storage.deliver(SignedLink("https://blob.example/x")):
                    pass
            assert server.requests == []

    async def test_the_server_of_a_connection_decides(self) -> None:
        async with listening(answers(digest_body())) as server:
            connection = ServerConnection(server.settings)
            with pytest.raises(Unreadable, match="is this machine"):
                async with connection.storage.deliver(link_to(server)):
                    pass
            await connection.fetch(214)
            async with connection.storage.deliver(link_to(server)) as delivery:
                assert await body_of(delivery) == digest_body()
            await connection.aclose()

"""Connections to a server: names, proxies and certificates, on real sockets."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import truststore

from tests.support.builders import a_run
from tests.support.http import (
    CERTIFICATE,
    CERTIFIED,
    HOST,
    KEY,
    SETTINGS,
    Connection,
    assert_no_secrets,
    closed_port,
    listening,
    tunnelling,
)
from tvtui.settings.settings import Settings
from tvtui.testvibe.client import Client
from tvtui.testvibe.errors import ClientError, Unreachable

PASSWORD = "hunter2"


@pytest.fixture(autouse=True)
def environ(environ: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No proxy, no certificates, and no name server."""

    async def unknown(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    environ.setattr(asyncio.BaseEventLoop, "getaddrinfo", unknown)
    return environ


async def answer(connection: Connection) -> None:
    await connection.answer()


async def failure(settings: Settings, silence: float = 10.0) -> Unreachable:
    async with Client(settings, silence=silence) as client:
        with pytest.raises(ClientError) as raised:
            await client.get_run(214)
    assert_no_secrets(raised.value)
    assert PASSWORD not in f"{raised.value} {raised.value.__cause__!r} {raised.value.__context__!r}"
    assert isinstance(raised.value, Unreachable)
    return raised.value


class TestNames:
    """Without a proxy, the host must be found."""

    async def test_a_host_that_is_not_found(self) -> None:
        error = await failure(SETTINGS)
        assert error.what == f"Cannot find the host {HOST}."
        assert error.advice == "Check TESTVIBE_SERVER, or your network or VPN."


class TestProxies:
    """HTTPS_PROXY, HTTP_PROXY and NO_PROXY."""

    async def test_plain_requests_use_the_proxy(self, environ: pytest.MonkeyPatch) -> None:
        async with listening(answer) as proxy:
            environ.setenv("HTTP_PROXY", f"http://user:{PASSWORD}@127.0.0.1:{proxy.port}")
            async with Client(replace(SETTINGS, server=f"http://{HOST}")) as client:
                assert (await client.get_run(214)).run == a_run()
                assert PASSWORD not in repr(vars(client))
            assert proxy.requests[0].startswith(f"GET http://{HOST}/api".encode())
            assert b"proxy-authorization: basic" in proxy.requests[0].lower()

    async def test_secure_requests_use_a_tunnel_and_the_proxy_sees_no_key(self, environ: pytest.MonkeyPatch) -> None:
        async def refuse(connection: Connection) -> None:
            await connection.answer(b"", "403 Not \x1b[2Jthere")

        async with listening(refuse) as proxy:
            environ.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            error = await failure(SETTINGS)
            assert error.what.startswith(f"The proxy 127.0.0.1:{proxy.port} did not connect to {HOST}: 403")
            assert error.what.isprintable()
            assert proxy.requests[0].startswith(f"CONNECT {HOST}:443".encode())
            assert KEY.encode() not in proxy.requests[0]

    async def test_a_tunnel_reaches_the_server_and_the_proxy_cannot_read_it(self, environ: pytest.MonkeyPatch) -> None:
        environ.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        async with listening(answer, tls=True) as server, tunnelling() as proxy:
            environ.setenv("HTTPS_PROXY", proxy.url.replace("//", f"//user:{PASSWORD}@"))
            # no name server knows this name: only the proxy leads there
            async with Client(replace(SETTINGS, server=f"https://{CERTIFIED}:{server.port}")) as client:
                for _ in range(2):
                    assert (await client.get_run(214)).run == a_run()
            (connect,) = proxy.asked
            assert connect.startswith(f"CONNECT {CERTIFIED}:{server.port} HTTP/1.1\r\n".encode())
            assert b"proxy-authorization: basic" in connect.lower()
            assert len(server.requests) == 2
            assert all(KEY.encode() in request for request in server.requests)
            assert not any(b"proxy-authorization" in request.lower() for request in server.requests)
            assert len(proxy.seen) > 1000
            for secret in (KEY.encode(), KEY[4:].encode(), b"/api/v1/ops", b"Locked-out"):
                assert secret not in connect + proxy.seen

    async def test_in_a_tunnel_the_certificate_of_the_server_is_verified(self, environ: pytest.MonkeyPatch) -> None:
        async with listening(answer, tls=True) as server, tunnelling() as proxy:
            environ.setenv("HTTPS_PROXY", proxy.url)
            for name, trusted, words in ((CERTIFIED, False, "self"), (HOST, True, "mismatch")):
                if trusted:
                    environ.setenv("SSL_CERT_FILE", str(CERTIFICATE))
                error = await failure(replace(SETTINGS, server=f"https://{name}:{server.port}"))
                through = f"through the proxy 127.0.0.1:{proxy.port}"
                assert f"The certificate of {name}:{server.port} {through} is not trusted (TLS): " in error.what
                assert words in error.what
            assert server.requests == []

    async def test_a_proxy_that_is_down_is_named(self, environ: pytest.MonkeyPatch) -> None:
        port = closed_port()
        environ.setenv("ALL_PROXY", f"127.0.0.1:{port}")
        assert (await failure(SETTINGS)).what == f"The connection was refused by the proxy 127.0.0.1:{port}."

    async def test_a_proxy_that_closes_the_connection_is_named(self, environ: pytest.MonkeyPatch) -> None:
        async def hang_up(_connection: Connection) -> None:
            raise ConnectionError

        async with listening(hang_up) as proxy:
            environ.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            error = await failure(SETTINGS)
            assert f"127.0.0.1:{proxy.port} closed the connection" in error.what
            assert "HTTPS_PROXY" in error.advice

    async def test_exceptions_are_direct(self, environ: pytest.MonkeyPatch) -> None:
        environ.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
        environ.setenv("NO_PROXY", HOST)
        assert (await failure(SETTINGS)).what == f"Cannot find the host {HOST}."

    async def test_this_machine_is_always_reached_directly(self, environ: pytest.MonkeyPatch) -> None:
        environ.setenv("ALL_PROXY", f"http://127.0.0.1:{closed_port()}")
        async with listening(answer) as server, Client(server.settings) as client:
            assert (await client.get_run(214)).run == a_run()

    @pytest.mark.parametrize(
        "url",
        [f"ftp://user:{PASSWORD}@x", f"http://x:{PASSWORD}", "http://", f"http://user:{PASSWORD}@", "http://\x7f"],
    )
    async def test_an_invalid_proxy_is_reported_without_its_password(
        self, url: str, environ: pytest.MonkeyPatch
    ) -> None:
        environ.setenv("HTTPS_PROXY", url)
        error = await failure(SETTINGS)
        named = " x" if url.endswith("@x") else ""
        assert error.what == f"The proxy{named} set in the environment cannot be used."
        assert "HTTPS_PROXY" in error.advice

    async def test_socks_requires_an_extra(self, environ: pytest.MonkeyPatch) -> None:
        environ.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1080")
        environ.setitem(sys.modules, "socksio", None)
        assert "The proxy 127.0.0.1 set in the environment uses SOCKS" in (await failure(SETTINGS)).what

    async def test_a_proxy_that_wants_a_password_is_named(self, environ: pytest.MonkeyPatch) -> None:
        async def refuse(connection: Connection) -> None:
            await connection.answer(b"", "407 Proxy Authentication Required")

        async with listening(refuse) as proxy:
            environ.setenv("HTTP_PROXY", f"http://user:{PASSWORD}@127.0.0.1:{proxy.port}")
            error = await failure(replace(SETTINGS, server=f"http://{HOST}"))
            assert error.what == f"The proxy 127.0.0.1:{proxy.port} requires a user name and password (407)."

    async def test_a_proxy_that_stays_silent_is_named(self, environ: pytest.MonkeyPatch) -> None:
        async with listening(Connection.wait_for_close) as proxy:
            environ.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            error = await failure(SETTINGS, silence=0.05)
            assert error.what == f"{HOST} did not respond through the proxy 127.0.0.1:{proxy.port} within 0.05 s."


class TestCertificates:
    """SSL_CERT_FILE and SSL_CERT_DIR."""

    async def test_an_unknown_authority_is_refused(self) -> None:
        async with listening(answer, tls=True) as server:
            error = await failure(server.secure_settings)
            assert error.what.startswith(f"The certificate of 127.0.0.1:{server.port} is not trusted (TLS): self")
            assert "SSL_CERT_FILE" in error.advice
            assert server.requests == []

    async def test_the_systems_authorities_are_trusted(self, environ: pytest.MonkeyPatch) -> None:
        class System(truststore.SSLContext):
            def __init__(self, protocol: int) -> None:
                super().__init__(protocol)
                self.load_verify_locations(CERTIFICATE)

        environ.setattr(truststore, "SSLContext", System)
        async with listening(answer, tls=True) as server, Client(server.secure_settings) as client:
            assert (await client.get_run(214)).run == a_run()

    async def test_the_users_own_authority_is_trusted(self, environ: pytest.MonkeyPatch) -> None:
        environ.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        async with listening(answer, tls=True) as server, Client(server.secure_settings) as client:
            for _ in range(2):
                assert (await client.get_run(214)).run == a_run()
            assert server.connections == 1

    async def test_but_not_for_another_name(self, environ: pytest.MonkeyPatch) -> None:
        environ.undo()
        environ.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        async with listening(answer, tls=True) as server:
            error = await failure(replace(SETTINGS, server=f"https://localhost:{server.port}"))
            assert "mismatch" in error.what

    async def test_a_port_without_tls_is_explained(self) -> None:
        has_left = asyncio.Event()

        async def complain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)
            has_left.set()

        async with await asyncio.start_server(complain, "127.0.0.1", 0) as server:
            host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            error = await failure(replace(SETTINGS, server=f"https://{host}"))
            assert error.what.startswith(f"No secure connection (TLS) to {host}: ")
            assert "may not use https" in error.advice
            await asyncio.wait_for(has_left.wait(), 10)

    @pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
    async def test_unreadable_authorities_are_reported(
        self, name: str, environ: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        def unreadable(**_kwargs: object) -> None:
            raise FileNotFoundError(2, "No such file or directory")

        environ.setenv(name, str(tmp_path / "nothing"))
        environ.setattr(ssl, "create_default_context", unreadable)
        error = await failure(SETTINGS)
        assert error.what == f"The certificates in {name} cannot be read: No such file or directory."
        assert error.advice == f"Check {name}."

    async def test_a_file_without_certificates_is_reported(self, environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
        empty = tmp_path / "empty.pem"
        empty.touch()
        environ.setenv("SSL_CERT_FILE", str(empty))
        assert "The certificates in SSL_CERT_FILE cannot be read" in (await failure(SETTINGS)).what

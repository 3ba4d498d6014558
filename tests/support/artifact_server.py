"""A TestVibe whose artifacts are in a storage, on sockets."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from tests.support.builders import digest_body
from tests.support.http import KEY, PROJECT, Connection, SocketServer, StorageServer, listening
from tests.support.watch import in_thread

FILES = {
    "trace/locked-out.zip": b"trace" * 10_000,
    "screenshots/1.png": b"one",
    "screenshots/2.png": b"two!",
}


class Service:
    """A TestVibe whose artifacts lie in a storage: two ports, as in life."""

    def __init__(self, stored: StorageServer) -> None:
        self.stored = stored
        self.answers: list[tuple[str, bytes]] = []
        self.digests = [digest_body(finished_utc="2026-06-01T00:00:00Z")]
        self.respond: Callable[[Connection], Awaitable[None]] = self.answer
        self.server: SocketServer

    @property
    def environment(self) -> dict[str, str]:
        return {
            "TESTVIBE_SERVER": f"http://127.0.0.1:{self.server.port}",
            "TESTVIBE_API_KEY": KEY,
            "TESTVIBE_PROJECT": PROJECT,
        }

    async def serve(self, connection: Connection) -> None:
        await self.respond(connection)

    async def answer(self, connection: Connection) -> None:
        request = self.server.requests[-1].decode()
        if request.startswith(f"GET /api/v1/ops/projects/{PROJECT}/runs/214 "):
            await connection.answer(self.digests.pop(0) if len(self.digests) > 1 else self.digests[0])
            return
        assert request.startswith(f"GET /api/v1/ops/projects/{PROJECT}/runs/214/artifacts ")
        assert f"Authorization: Bearer {KEY}" in request
        if self.answers:
            status, body = self.answers.pop(0)
            await connection.answer(body, status)
            return
        links = await self.stored.fetch_links()
        rows = [
            {
                "kind": "screenshot" if link.artifact.path.endswith("png") else "Trace",
                "path": link.artifact.path,
                "size": link.artifact.size,
                "url": link.url and link.url.get_secret_value(),
            }
            for link in links
        ]
        await connection.answer(json.dumps(rows).encode())

    def forget_nothing(self) -> None:
        """What holds of every test: the key went to the server alone."""
        assert not any(b"authorization" in request.lower() for request in self.stored.server.requests)
        assert not any(KEY.encode() in request for request in self.stored.server.requests)


@contextmanager
def serving(files: Mapping[str, bytes] = FILES) -> Iterator[Service]:
    service = Service(StorageServer(dict(files)))
    with (
        in_thread(listening(service.stored.serve)) as storage,
        in_thread(listening(service.serve)) as server,
    ):
        service.stored.server, service.server = storage, server
        with pytest.MonkeyPatch.context() as patch:
            for name, value in service.environment.items():
                patch.setenv(name, value)
            yield service
        service.forget_nothing()

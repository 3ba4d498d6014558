"""One source of answers for all that ask at once: a renewed key serves them all."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.support.http import KEY, Connection, SocketServer, listening
from tvtui.settings.api_key import ApiKey
from tvtui.settings.settings import Settings
from tvtui.testvibe.errors import Refused
from tvtui.testvibe.server import ServerConnection

NEW = "tvb_" + "New01234" + "z" * 35


class Renewal:
    """A server that takes the new key only, and settings that know it after the first refusal."""

    def __init__(self) -> None:
        self.server: SocketServer
        self.is_known = True

    async def play(self, connection: Connection) -> None:
        request = self.server.requests[-1]
        if NEW.encode() not in request:
            await connection.answer(b"", "401 Unauthorized")
        elif b"/artifacts " in request:
            await connection.answer(b'[{"kind":"trace","path":"a.zip","size":1,"url":"https://x.example/a"}]')
        else:
            await connection.answer()

    def settings(self) -> Settings:
        return replace(self.server.settings, api_key=ApiKey(NEW if self.is_known else KEY))


async def test_links_are_asked_for_with_a_renewed_key_beside_the_digest() -> None:
    renewal = Renewal()
    async with listening(renewal.play) as renewal.server:
        source = ServerConnection(renewal.server.settings, renew=renewal.settings, prefetch=214)
        answer, links, others = await asyncio.gather(
            source.fetch(214), source.fetch_links(214), source.fetch_links(215)
        )
        assert answer.run.run_id == 214
        assert [link.path for link in (*links, *others)] == ["a.zip", "a.zip"]
        assert sum(b"/runs/215/artifacts " in request for request in renewal.server.requests) >= 1
        await source.aclose()


async def test_without_another_key_the_refusal_stands() -> None:
    renewal = Renewal()
    renewal.is_known = False
    async with listening(renewal.play) as renewal.server:
        source = ServerConnection(renewal.server.settings, renew=renewal.settings)
        with pytest.raises(Refused):
            await source.fetch_links(214)
        assert len(renewal.server.requests) == 1
        await source.aclose()

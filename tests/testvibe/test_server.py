"""One connection for all requests: a renewed key serves them all, and no run is kept after its watch."""

from __future__ import annotations

import asyncio
import gc
import weakref
from dataclasses import replace

import pytest

from tests.support.http import KEY, Connection, SocketServer, listening
from tvtui.settings.api_key import ApiKey
from tvtui.settings.settings import Settings
from tvtui.testvibe.errors import Refused, Unreadable
from tvtui.testvibe.server import ServerConnection

NEW = "tvb_" + "New01234" + "z" * 35


class Renewal:
    """A server that accepts only the new key, and settings that contain it."""

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


async def test_overlapping_requests_share_a_renewed_key() -> None:
    renewal = Renewal()
    async with listening(renewal.play) as renewal.server:
        source = ServerConnection(renewal.server.settings, renew=renewal.settings, prefetch=214)
        answer, links, others = await asyncio.gather(
            source.fetcher(214)(), source.fetch_links(214), source.fetch_links(215)
        )
        assert answer.run.run_id == 214
        assert [link.artifact.path for link in (*links, *others)] == ["a.zip", "a.zip"]
        assert sum(b"/runs/215/artifacts " in request for request in renewal.server.requests) >= 1
        await source.aclose()


async def test_a_refusal_stands_if_the_settings_hold_no_other_key() -> None:
    renewal = Renewal()
    renewal.is_known = False
    async with listening(renewal.play) as renewal.server:
        source = ServerConnection(renewal.server.settings, renew=renewal.settings)
        with pytest.raises(Refused):
            await source.fetch_links(214)
        assert len(renewal.server.requests) == 1
        await source.aclose()


@pytest.mark.parametrize("prefetch", [None, 214])
async def test_a_fetcher_shares_unchanged_runs_and_nothing_outlives_it(prefetch: int | None) -> None:
    async with listening(Connection.answer) as server:
        source = ServerConnection(server.settings, prefetch=prefetch)
        fetch = source.fetcher(214)
        first = (await fetch()).run
        assert (await fetch()).run is first
        assert len(server.requests) == 2
        run = weakref.ref(first)
        del fetch, first
        gc.collect()
        assert run() is None
        await source.aclose()


async def test_a_prefetched_answer_belongs_to_its_run_and_is_used_once() -> None:
    async with listening(Connection.answer) as server:
        source = ServerConnection(server.settings, prefetch=214)
        other = await asyncio.gather(source.fetcher(215)(), return_exceptions=True)
        assert isinstance(other[0], Unreadable), "the server answers with run 214 whatever the run"
        for requests in (2, 3):
            await source.fetcher(214)()
            assert len(server.requests) == requests
        await source.aclose()

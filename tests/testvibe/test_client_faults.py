"""The client and the demo's server: every fault becomes its own error, and the next answer is read."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, repeat

import pytest

from tests.support import faults
from tvtui.demo.exchange import Exchange
from tvtui.demo.faults import Fault
from tvtui.demo.server import DemoServer
from tvtui.settings.api_key import ApiKey
from tvtui.settings.settings import Settings
from tvtui.testvibe.client import Client
from tvtui.testvibe.errors import Busy, ClientError, Faulty, NotFound, Redirected, Refused, Unreachable, Unreadable


@contextmanager
def serving(*plan: Fault | None) -> Iterator[DemoServer]:
    """A server whose first answers are these faults, None for a good answer; then only good ones."""
    rest = chain(plan, repeat(None))
    with DemoServer(faults=lambda _number, _seconds: next(rest)) as server:
        yield server


def client_of(server: DemoServer, *, limit: float = 10.0, now: Callable[[], float] = time.time) -> Client:
    return Client(Settings(server.url, ApiKey(server.api_key), server.project), limit=limit, now=now)


async def error_of(client: Client, run_id: int = 214) -> ClientError:
    with pytest.raises(ClientError) as caught:
        await client.get_run(run_id)
    return caught.value


async def test_one_connection_carries_all_requests_and_answers_are_compressed() -> None:
    with serving() as server:
        async with client_of(server) as client:
            before = server.now().replace(microsecond=0)
            for _ in range(3):
                answer = await client.get_run(server.run_id)

    assert answer.run.run_id == server.run_id
    assert answer.server_time is not None
    assert before <= answer.server_time <= server.now()
    assert {request.connection for request in server.requests} == {1}
    assert all(request.is_authorized for request in server.requests)
    assert all(request.headers["accept-encoding"] == "gzip" for request in server.requests)


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (faults.reset(), Unreachable, "reset"),
        (faults.reset_midway(), Unreachable, "while sending its response"),
        (faults.cut_off(), Unreadable, "is incomplete"),
        (faults.gzip_bomb(), Unreadable, "more than 16"),
        (faults.oversized(), Unreadable, "more than 16"),
        (faults.html(), Unreadable, "a web page (HTML)"),
        (faults.empty(), Unreadable, "empty"),
        (faults.truncated(), Unreadable, "is incomplete"),
        (faults.malformed(), Unreadable, "not JSON"),
        (faults.nested(), Unreadable, "nested too deeply"),
        (faults.wrong_types(), Unreadable, "not a run's digest"),
        (faults.another_run(), Unreadable, "run 215 instead of run 214"),
        (faults.unauthorized(), Refused, "(401)"),
        (faults.html(403), Refused, "(403)"),
        (faults.not_found(), NotFound, "Run 214 was not found"),
        (faults.busy(7), Busy, "(429, retry after 7 s)"),
        (faults.busy(7, status=503), Busy, "(503, retry after 7 s)"),
        (faults.refusal(500, "internal_error", "Something went wrong."), Faulty, "Something went wrong."),
        (faults.html(502), Faulty, "502"),
        (faults.html(503), Faulty, "503"),
        (faults.empty(504), Faulty, "504"),
        (faults.redirect("https://elsewhere.example/login"), Redirected, "elsewhere.example"),
    ],
    ids=lambda value: value.what if isinstance(value, Fault) else "",
)
async def test_every_fault_becomes_its_own_error_and_the_next_answer_is_good(
    fault: Fault, kind: type[ClientError], words: str
) -> None:
    with serving(fault) as server:
        async with client_of(server) as client:
            error = await error_of(client)
            assert (await client.get_run(214)).run.run_id == 214

    assert type(error) is kind
    assert words in error.what
    assert error.what.endswith(".")
    assert server.api_key not in str(error)


async def test_a_server_that_was_down_is_found_again() -> None:
    with serving() as server:
        async with client_of(server) as client:
            await client.get_run(214)
            with server.down():
                error = await error_of(client)
            answer = await client.get_run(214)

    assert type(error) is Unreachable
    assert "refused" in error.what
    assert "TESTVIBE_SERVER" in error.advice
    assert answer.run.run_id == 214


@pytest.mark.parametrize(
    ("fault", "words"), [(faults.hang(), "did not respond within 0.2 s"), (faults.trickle(0.01), "within 0.2 s")]
)
async def test_no_answer_takes_longer_than_the_limit(fault: Fault, words: str) -> None:
    with serving(fault) as server:
        async with client_of(server, limit=0.2) as client:
            error = await error_of(client)
            assert (await client.get_run(214)).run.run_id == 214

    assert type(error) is Unreachable
    assert words in error.what
    assert [request.connection for request in server.requests] == [1, 2]


@pytest.mark.parametrize(("requested", "seconds"), [(7, 7), (99_999, 300)])
async def test_a_busy_server_says_how_long_to_wait(requested: int, seconds: float) -> None:
    with serving(faults.busy(requested)) as server:
        async with client_of(server) as client:
            error = await error_of(client)

    assert error.retry_after == seconds


async def test_redirects_are_followed_only_within_the_server() -> None:
    plan: list[Fault | None] = []
    with serving() as elsewhere, DemoServer(faults=lambda _number, _seconds: plan.pop(0) if plan else None) as server:
        place = f"/api/v1/ops/projects/{server.project}/runs/214?again"
        plan += [faults.redirect(place), None, faults.redirect(f"{elsewhere.url}{place}")]
        async with client_of(server) as client:
            answer = await client.get_run(214)
            error = await error_of(client)

    assert answer.run.run_id == 214
    assert all(request.is_authorized for request in server.requests)
    assert type(error) is Redirected
    assert server.url.removeprefix("http://") in error.what
    assert elsewhere.url.removeprefix("http://") in error.what
    assert elsewhere.requests == []


@pytest.mark.parametrize("make", [faults.gzip_bomb, faults.oversized])
async def test_a_decompression_bomb_does_not_fill_the_memory(make: Callable[[int], Fault]) -> None:
    with serving(None, make(256 << 20)) as server:
        async with client_of(server) as client:
            await client.get_run(214)
            tracemalloc.start()
            try:
                await error_of(client)
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()

    assert peak < 64 << 20


async def test_a_connection_is_not_reused_after_the_machine_has_slept() -> None:
    now = 0.0
    with serving() as server:
        async with client_of(server, now=lambda: now) as client:
            await client.get_run(214)
            now = 4e9
            await client.get_run(214)

    assert [request.connection for request in server.requests] == [1, 2]


def refused_in_half_a_sentence() -> Fault:
    def play(exchange: Exchange) -> None:
        exchange.send(exchange.head(401, {"Content-Length": "1000"}) + b'{"error": "unauthorized", "mess')
        exchange.hang_up()

    return Fault("incomplete error", play)


async def test_an_incomplete_error_is_explained_by_its_status() -> None:
    with serving(refused_in_half_a_sentence()) as server:
        async with client_of(server) as client:
            error = await error_of(client)
            assert (await client.get_run(214)).run.run_id == 214

    assert type(error) is Refused
    assert "(401)" in error.what

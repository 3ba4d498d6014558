"""`--follow` without a terminal: what ends one watch is reported at once, and others follow where that makes sense."""

from __future__ import annotations

import asyncio
import io
import sys
from dataclasses import replace
from functools import partial

import pytest

from tests.support.builders import PASSED
from tests.support.clock import FakeClock
from tests.support.server import FakeClients
from tests.support.watch import FakeStartedRuns, a_request, watch_answers
from tvtui.cli.frontend import open_connection
from tvtui.cli.lines import write_lines
from tvtui.cli.on_finish import OnFinish
from tvtui.testvibe.errors import NotFound, Refused
from tvtui.watch.request import Mode


@pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
@pytest.mark.parametrize("run_ids", [[214], [214, 215]])
def test_a_refused_key_ends_it_at_once(mode: Mode, run_ids: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    refused = Refused("The key was refused.", "Set another.")
    assert watch_answers(refused, mode=mode, run_ids=run_ids, started_runs=FakeStartedRuns()) == 3
    assert "tvtui: The key was refused. Set another.\n" in capsys.readouterr().err


async def test_an_unknown_run_is_reported_and_the_next_one_followed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock, started, out = FakeClock(), FakeStartedRuns(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    clients = FakeClients(NotFound("Run 214 was not found."))
    connect = partial(open_connection, new_client=clients)
    request = replace(a_request(), started_runs=started)
    writing = asyncio.ensure_future(write_lines(request, [], OnFinish(None, {}), connect, clock))
    await clock.advance(9)
    assert capsys.readouterr().err == ""
    await clock.advance(10)
    assert capsys.readouterr().err == "tvtui: Run 214 was not found.\n"
    assert not writing.done()
    clients.answers[:] = [PASSED]
    started.start(215)
    await clock.advance(60)
    assert "PASSED" in out.getvalue()
    assert not writing.done()
    writing.cancel()
    await writing

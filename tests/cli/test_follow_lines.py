"""`--follow` without a terminal: what ends one watch is told at once, and following goes on where that makes sense."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.builders import PASSED
from tests.support.clock import FakeClock
from tests.support.server import WATCH_SETTINGS, FakeClient, no_network
from tests.support.watch import watch_command
from tvtui.cli import frontend, lines
from tvtui.cli.on_finish import OnFinish
from tvtui.cli.request import Mode, WatchRequest
from tvtui.journal import started_runs
from tvtui.journal.started_runs import Announcements, announce
from tvtui.testvibe.errors import NotFound, Refused


@pytest.fixture(autouse=True)
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(started_runs, "folder", lambda: tmp_path / "dispatched")
    with no_network():
        yield


def following() -> Announcements:
    return Announcements(WATCH_SETTINGS.server, WATCH_SETTINGS.project)


@pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
@pytest.mark.parametrize("run_ids", [[214], [214, 215]])
def test_a_refused_key_ends_it_at_once(mode: Mode, run_ids: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    FakeClient.answers.append(Refused("The key was refused.", "Set another."))
    assert frontend.run(WATCH_SETTINGS, run_ids, mode, again=watch_command, announcements=following()) == 3
    assert "tvtui: The key was refused. Set another.\n" in capsys.readouterr().err


async def test_an_unknown_run_is_told_and_the_next_one_followed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = FakeClock()
    monkeypatch.setattr("tvtui.watch.clock.SystemClock", lambda: clock)
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    FakeClient.answers.append(NotFound("Run 214 was not found."))
    job = WatchRequest(WATCH_SETTINGS, [214], watch_command, None, announcements=following())
    writing = asyncio.ensure_future(lines._write_lines(job, {}, OnFinish(None, {}), as_json=False))
    await clock.advance(9)
    assert capsys.readouterr().err == ""
    await clock.advance(10)
    assert capsys.readouterr().err == "tvtui: Run 214 was not found.\n"
    assert not writing.done()
    FakeClient.answers[:] = [PASSED]
    announce(WATCH_SETTINGS.server, WATCH_SETTINGS.project, 215)
    await clock.advance(60)
    assert "PASSED" in out.getvalue()
    assert not writing.done()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing

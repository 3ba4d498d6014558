"""The key: searched for in everything that a watch shows, writes, and sends elsewhere."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import faults
from tests.support.app import watching_live
from tests.support.clock import FakeClock, LeapingClock
from tests.support.http import Connection, listening
from tests.support.server import in_turn, serving, settings_for
from tests.support.server import serving_live as serving_lines
from tests.support.watch import watch_command, watch_server
from tvtui import cli
from tvtui.cli.request import Mode, WatchRequest
from tvtui.demo.faults import Fault
from tvtui.demo.scenarios import SCENARIOS, Scenario
from tvtui.demo.server import DemoServer
from tvtui.demo.timeline import Json
from tvtui.testvibe.client import Client
from tvtui.testvibe.errors import ClientError
from tvtui.testvibe.server import ServerConnection

Capture = pytest.CaptureFixture[str]

TELLING = 12
"""Characters of a key that may be shown: `tvb_` and eight, by which its owner knows which one it is."""


def says_the_key(server: DemoServer) -> list[Fault]:
    """All that can fail, careless servers first, which say the key in their errors and addresses."""
    key = server.api_key
    return [
        faults.refusal(500, "internal_error", f"Bearer {key} is not known, {key}!"),
        faults.refusal(401, key, f"Authorization: Bearer {key}"),
        faults.refusal(404, "not_found", f"nothing for {key}"),
        faults.redirect(f"https://{key}.elsewhere.example/{key}?key={key}"),
        faults.redirect(f"https://user:{key}@elsewhere.example/"),
        faults.answers("a bad body", 200, f"<html>{key}</html>".encode()),
        faults.answers("a bad packing", 200, b"{}", {"Content-Encoding": key}),
        faults.edited("wrong types", lambda digest: {**digest, "tests": key}),
        faults.edited("another run", lambda digest: {**digest, "runId": key}),
        *(fault for name, fault in faults.FAULTS.items() if name != "older"),
    ]


def tells_the_key(server: DemoServer) -> Fault:
    """A right answer of a run that logs what it is asked with, in every place and as logs may write it."""
    key = server.api_key

    def edit(digest: Json) -> Json:
        texts = [f"Bearer {key}", f"curl -H 'Authorization: Bearer \x1b[1mtvb_\x1b[m{key[4:]}'", f"cut {key[:40]}"]
        tests = [{"name": text, "status": "failed", "error": "\n".join(texts)} for text in texts]
        return {
            **digest,
            **dict.fromkeys(("featureName", "config", "siteUrl"), texts[0]),
            "status": "failed",
            "finishedUtc": digest["createdUtc"],
            "tests": [*tests, {"name": "odd", "status": texts[0]}],
            "artifacts": [{"kind": text, "path": text} for text in texts],
            "log": "\n".join(texts),
        }

    return faults.edited("tells the key", edit)


def assert_silent(key: str, text: str) -> None:
    # no piece of it either
    assert key[TELLING : TELLING + 8] not in text
    assert key[-8:] not in text


async def test_the_screen_never_shows_it() -> None:
    clock = FakeClock()
    with serving(clock=clock) as server:
        told = [*says_the_key(server)[:9], faults.unauthorized(), faults.html(403), faults.hang()]
        server._faults = in_turn(None, *told)
        settings = settings_for(server)
        async with watching_live(settings, clock=clock, limit=0.2, size=(200, 12)) as onlooker:
            for _ in range(len(told) + 1):
                await onlooker.next_answer()
                assert_silent(server.api_key, onlooker.text.replace("\n", "") + onlooker.text)
            for keys in (("?",), ("?", "l"), ("y",), ("ctrl+p",), ("escape", "z")):
                await onlooker.press(*keys)
                assert_silent(server.api_key, onlooker.text)
            assert_silent(server.api_key, onlooker.app.clipboard)
            assert_silent(server.api_key, repr(onlooker.app) + repr(onlooker.event) + repr(vars(onlooker.screen)))
        assert {request.fault for request in server.requests} == {None, *(fault.what for fault in told)}


async def test_nor_when_the_run_tells_it() -> None:
    clock = FakeClock()
    with serving(clock=clock) as server:
        server._faults = in_turn(*[tells_the_key(server)] * 9)
        async with watching_live(settings_for(server), clock=clock, size=(200, 40)) as onlooker:
            await onlooker.sees(f"Bearer {server.api_key[:TELLING]}…")
            for keys in (("n",), ("n",), ("l",), ("y",), ("Y",), ("ctrl+p", *"curl"), ("escape", "tab", "tab", "y")):
                await onlooker.press(*keys)
                assert_silent(server.api_key, onlooker.text + onlooker.app.clipboard)
            assert f"cut {server.api_key[:TELLING]}…" in onlooker.text
            assert_silent(server.api_key, repr(onlooker.event))


@pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
def test_nor_do_lines_then(mode: Mode, capsys: Capture) -> None:
    clock = LeapingClock()
    with serving_lines(clock=clock) as server:
        server._faults = in_turn(*[tells_the_key(server)] * 9)
        assert watch_server(settings_for(server), clock, mode) == 1
    out, err = capsys.readouterr()
    assert out.count(f"Bearer {server.api_key[:TELLING]}") > 5
    assert err == ""
    assert_silent(server.api_key, out)


@pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
def test_nor_do_lines_in_mid_watch(mode: Mode, capsys: Capture) -> None:
    clock = LeapingClock()
    ends_after = Scenario("long", "", lambda seconds: SCENARIOS["passed"].digest_at(5 if seconds < 1200 else 60))
    with serving_lines(clock=clock, scenario=ends_after) as server:
        told = says_the_key(server)
        server._faults = in_turn(None, *(step for fault in told for step in (fault, None)))
        assert watch_server(settings_for(server), clock, mode, limit=0.2) == 0
    out, err = capsys.readouterr()
    assert out.count("problem") == len(told)
    assert_silent(server.api_key, out + err)


@pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
def test_nor_those_that_never_had_an_answer(mode: Mode, capsys: Capture) -> None:
    with DemoServer() as server:
        told = says_the_key(server)
        for fault in told:
            server._faults = in_turn(*[fault] * 9)
            watch_server(replace(settings_for(server), timeout=1.5), LeapingClock(), mode, limit=0.05)
    out, err = capsys.readouterr()
    assert err.count("tvtui: ") == len(err.splitlines()) == len(told)
    assert_silent(server.api_key, out + err)


async def test_nothing_that_is_printed_for_a_developer_holds_it() -> None:
    with DemoServer() as server:
        settings = settings_for(server)
        job = WatchRequest(settings, [214], watch_command, renew=lambda: settings)
        source = ServerConnection(settings, renew=lambda: settings)
        async with Client(settings) as client:
            await client.get_run(214)
            await source.fetch(214)
            for thing in (settings, settings.api_key, client, job, source):
                for text in (repr(thing), str(thing), f"{thing}", repr(_parts(thing))):
                    assert_silent(server.api_key, text)
        await source.aclose()


def _parts(thing: object) -> list[object]:
    """The attributes of an object as a debugger lists them; the key's own value is behind a method."""
    if hasattr(thing, "reveal"):
        return []
    names = getattr(thing, "__slots__", None) or vars(thing)
    return [getattr(thing, name) for name in names]


async def test_no_log_holds_it_and_no_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with DemoServer() as server:
        for fault in (None, *says_the_key(server)):
            server._faults = in_turn(fault)
            async with Client(settings_for(server), limit=0.05) as client:
                try:
                    await client.get_run(214)
                except ClientError as error:
                    assert_silent(server.api_key, repr(error) + repr(vars(error)) + repr(error.__context__))
    # the library logs the headers of answers, where a server may say what it likes
    ours = [record for record in caplog.records if "receive_response_headers.complete" not in record.getMessage()]
    assert ours
    assert_silent(server.api_key, "\n".join(record.getMessage() for record in ours))


async def test_no_other_host_gets_it() -> None:
    heard = bytearray()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.read(65_536))
        writer.close()

    elsewhere = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = elsewhere.sockets[0].getsockname()[1]
    places = iter((f"http://127.0.0.1:{port}/", f"//127.0.0.1:{port}/x", f"http://localhost:{port}/", "https:///x"))

    async def redirect(connection: Connection) -> None:
        await connection.answer(b"", "307 Temporary Redirect", location=next(places))

    async with elsewhere, listening(redirect) as server, Client(server.settings) as client:
        for _ in range(4):
            with pytest.raises(ClientError):
                await client.get_run(214)
        assert len(server.requests) == 4
    assert not heard


def environment_of(server: DemoServer, folder: Path) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    places = {name: str(folder) for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")}
    return {**kept, **server.environment, **places, "PYTHONPATH": str(Path(cli.__file__).parents[2])}


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no such file on this system")
def test_no_other_user_of_the_machine_sees_it(tmp_path: Path) -> None:
    with (
        DemoServer("queued") as server,
        subprocess.Popen(
            [sys.executable, "-m", "tvtui", "watch", "214", "--lines"],
            stdout=subprocess.PIPE,
            env=environment_of(server, tmp_path),
        ) as running,
    ):
        assert running.stdout is not None
        assert b"queued" in running.stdout.readline()
        process = Path("/proc") / str(running.pid)
        seen = (process / "cmdline").read_bytes() + (process / "comm").read_bytes()
        children = (process / "task" / str(running.pid) / "children").read_text()
        running.terminate()
    assert b"watch" in seen
    assert_silent(server.api_key, seen.decode())
    assert children == ""


def test_the_account_of_a_bug_does_not_hold_it(tmp_path: Path) -> None:
    bug = (
        "import tvtui.testvibe.models, tvtui.cli, sys\n"
        "def read(self, body): raise RuntimeError(f'{__import__(\"os\").environ}')\n"
        "tvtui.testvibe.models.Reader.read = read\n"
        "tvtui.cli.main()\n"
    )
    with DemoServer() as server:
        done = subprocess.run(
            [sys.executable, "-c", bug, "watch", "214", "--lines"],
            capture_output=True,
            text=True,
            env=environment_of(server, tmp_path),
            timeout=30,
            check=False,
        )
    assert done.returncode == 70
    assert done.stderr.startswith("tvtui: tvtui crashed because of a bug (RuntimeError).")
    (account,) = tmp_path.rglob("crash-*.txt")
    assert "in read" in account.read_text(encoding="utf-8")
    for file in tmp_path.rglob("*"):
        assert_silent(server.api_key, file.read_text(encoding="utf-8") if file.is_file() else "")
    assert_silent(server.api_key, done.stdout + done.stderr)

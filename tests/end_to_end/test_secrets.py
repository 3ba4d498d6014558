"""The API key: it appears in nothing that a watch shows, writes or sends elsewhere."""

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
from tests.support.builders import CREATED
from tests.support.clock import FakeClock
from tests.support.http import SETTINGS, Connection, listening
from tests.support.server import FakeServer, serving, settings_for
from tests.support.watch import watch_command, watch_server
from tvtui import cli
from tvtui.cli.request import Environment
from tvtui.demo.scenarios import SCENARIOS, Scenario
from tvtui.demo.server import DemoServer
from tvtui.demo.timeline import Json
from tvtui.testvibe.client import Client
from tvtui.testvibe.errors import ClientError
from tvtui.testvibe.server import ServerConnection
from tvtui.tui.services import RunServices
from tvtui.watch.request import Mode, WatchRequest

Capture = pytest.CaptureFixture[str]

KEY = "tvb_" + "R4nd0mK3" + "qZ7xW2vN9pLbT5cH8mJdF3gS6kYrA1uEo0X"
SHOWN_LENGTH = 12
"""Characters of a key that may be shown: `tvb_` and eight more, by which its owner recognizes it."""


LEAKY_FAULTS = [
    faults.refusal(500, "internal_error", f"Bearer {KEY} is not known, {KEY}!"),
    faults.refusal(401, KEY, f"Authorization: Bearer {KEY}"),
    faults.refusal(404, "not_found", f"nothing for {KEY}"),
    faults.redirect(f"https://{KEY}.elsewhere.example/{KEY}?key={KEY}"),
    faults.redirect(f"https://user:{KEY}@elsewhere.example/"),
    faults.answers("a bad body", 200, f"<html>{KEY}</html>".encode()),
    faults.answers("a bad encoding", 200, b"{}", {"Content-Encoding": KEY}),
    faults.edited("wrong types", lambda digest: {**digest, "status": {KEY: KEY}, "tests": KEY}),
    faults.edited("another run", lambda digest: {**digest, "runId": KEY}),
]
"""Careless servers, which repeat the key in their errors and addresses."""

ALL_FAULTS = [*LEAKY_FAULTS, *(fault for name, fault in faults.FAULTS.items() if name != "older")]


def _log_the_key(digest: Json) -> Json:
    texts = [f"Bearer {KEY}", f"curl -H 'Authorization: Bearer \x1b[1mtvb_\x1b[m{KEY[4:]}'", f"cut {KEY[:40]}"]
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


LOGGED = faults.edited("logs the key", _log_the_key)
"""A good answer of a run that logs the key it is requested with, in every place and as logs may write it."""


def assert_secret(text: str, key: str = KEY) -> None:
    # not a piece of it either
    assert key[SHOWN_LENGTH : SHOWN_LENGTH + 8] not in text
    assert key[-8:] not in text


async def test_the_screen_never_shows_it() -> None:
    clock = FakeClock()
    plan = [*LEAKY_FAULTS, faults.unauthorized(), faults.html(403), faults.timing_out(faults.hang(), clock)]
    with serving(None, *plan, clock=clock, api_key=KEY) as server:
        async with watching_live(settings_for(server), clock=clock, size=(200, 12)) as viewer:
            for _ in range(len(plan) + 1):
                await viewer.next_answer()
                assert_secret(viewer.text.replace("\n", "") + viewer.text)
            for keys in (("?",), ("?", "l"), ("y",), ("ctrl+p",), ("escape", "z")):
                await viewer.press(*keys)
                assert_secret(viewer.text)
            assert_secret(viewer.app.clipboard)
            assert_secret(repr(viewer.app) + repr(viewer.event) + repr(vars(viewer.screen)))
        assert {request.fault for request in server.requests} == {None, *(fault.what for fault in plan)}


async def test_nor_when_the_run_logs_it() -> None:
    clock = FakeClock()
    with serving(clock=clock, always=LOGGED, api_key=KEY) as server:
        async with watching_live(settings_for(server), clock=clock, size=(200, 40)) as viewer:
            await viewer.sees(f"Bearer {KEY[:SHOWN_LENGTH]}…")
            for keys in (("n",), ("n",), ("l",), ("y",), ("Y",), ("ctrl+p", *"curl"), ("escape", "tab", "tab", "y")):
                await viewer.press(*keys)
                assert_secret(viewer.text + viewer.app.clipboard)
            assert f"cut {KEY[:SHOWN_LENGTH]}…" in viewer.text
            assert_secret(repr(viewer.event))


@pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
def test_nor_do_lines_of_such_a_run(mode: Mode, capsys: Capture) -> None:
    clock = FakeClock(CREATED, leaps=True)
    with serving(clock=clock, always=LOGGED, scenario="default", api_key=KEY) as server:
        assert watch_server(settings_for(server), clock, mode) == 1
    out, err = capsys.readouterr()
    assert out.count(f"Bearer {KEY[:SHOWN_LENGTH]}") > 5
    assert err == ""
    assert_secret(out)


@pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
def test_nor_do_lines_when_requests_fail_later(mode: Mode, capsys: Capture) -> None:
    clock = FakeClock(CREATED, leaps=True)
    ends_late = Scenario("long", "", lambda seconds: SCENARIOS["passed"].digest_at(5 if seconds < 1200 else 60))
    plan = [step for fault in ALL_FAULTS for step in (faults.timing_out(fault, clock), None)]
    with serving(None, *plan, clock=clock, scenario=ends_late, api_key=KEY) as server:
        assert watch_server(settings_for(server), clock, mode) == 0
    out, err = capsys.readouterr()
    assert out.count("problem") == len(ALL_FAULTS)
    assert_secret(out + err)


@pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
def test_nor_do_lines_when_no_request_succeeds(mode: Mode, capsys: Capture) -> None:
    for fault in ALL_FAULTS:
        clock = FakeClock(CREATED, leaps=True)
        with serving(clock=clock, always=faults.timing_out(fault, clock), api_key=KEY) as server:
            watch_server(replace(settings_for(server), timeout=1.5), clock, mode)
    out, err = capsys.readouterr()
    assert err.count("tvtui: ") == len(err.splitlines()) == len(ALL_FAULTS)
    assert_secret(out + err)


async def test_no_repr_and_no_attribute_holds_it() -> None:
    with DemoServer() as server:
        settings = settings_for(server)
        request = WatchRequest(settings=settings, run_ids=[214], command=watch_command, renew=lambda: settings)
        source = ServerConnection(settings, renew=lambda: settings)
        async with Client(settings) as client:
            await client.get_run(214)
            await source.fetch(214)
            for thing in (settings, settings.api_key, client, request, source):
                for text in (repr(thing), str(thing), f"{thing}", repr(_attributes(thing))):
                    assert_secret(text, server.api_key)
        await source.aclose()


async def test_what_holds_the_environment_does_not_print_it() -> None:
    environ = {"TESTVIBE_API_KEY": KEY}
    request = WatchRequest(settings=SETTINGS, run_ids=[214], command=watch_command)
    services = RunServices.for_run(FakeServer(FakeClock()), 214, request, FakeClock(), asyncio.Semaphore())
    for thing in (Environment(environ), replace(services, environ=environ)):
        assert KEY not in repr(thing)


def _attributes(thing: object) -> list[object]:
    """The attributes of an object as a debugger lists them; the value of the key itself is behind a method."""
    if hasattr(thing, "reveal"):
        return []
    names = getattr(thing, "__slots__", None) or vars(thing)
    return [getattr(thing, name) for name in names]


async def test_no_log_and_no_error_holds_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    clock = FakeClock()
    clock.loop = asyncio.get_running_loop()
    plan = [faults.timing_out(fault, clock) for fault in ALL_FAULTS]
    with serving(None, *plan, clock=clock, api_key=KEY) as server:
        for _ in (None, *plan):
            async with Client(settings_for(server), limit=600) as client:
                try:
                    await client.get_run(214)
                except ClientError as error:
                    assert_secret(repr(error) + repr(vars(error)) + repr(error.__context__))
    # the library logs the headers of answers, where a server may say what it likes
    ours = [record for record in caplog.records if "receive_response_headers.complete" not in record.getMessage()]
    assert ours
    assert_secret("\n".join(record.getMessage() for record in ours))


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


def environment_for(server: DemoServer, folder: Path) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    places = {name: str(folder) for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")}
    return {**kept, **server.environment, **places, "PYTHONPATH": str(Path(cli.__file__).parents[2])}


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="this system has no such file")
def test_no_other_user_of_the_machine_sees_it(tmp_path: Path) -> None:
    with (
        DemoServer("queued") as server,
        subprocess.Popen(
            [sys.executable, "-m", "tvtui", "watch", "214", "--lines"],
            stdout=subprocess.PIPE,
            env=environment_for(server, tmp_path),
        ) as running,
    ):
        assert running.stdout is not None
        assert b"queued" in running.stdout.readline()
        process = Path("/proc") / str(running.pid)
        seen = (process / "cmdline").read_bytes() + (process / "comm").read_bytes()
        children = (process / "task" / str(running.pid) / "children").read_text()
        running.terminate()
    assert b"watch" in seen
    assert_secret(seen.decode(), server.api_key)
    assert children == ""


def test_the_crash_report_does_not_hold_it(tmp_path: Path) -> None:
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
            env=environment_for(server, tmp_path),
            timeout=30,
            check=False,
        )
    assert done.returncode == 70
    assert done.stderr.startswith("tvtui: tvtui crashed because of a bug (RuntimeError).")
    (report,) = tmp_path.rglob("crash-*.txt")
    assert "in read" in report.read_text(encoding="utf-8")
    for file in tmp_path.rglob("*"):
        assert_secret(file.read_text(encoding="utf-8") if file.is_file() else "", server.api_key)
    assert_secret(done.stdout + done.stderr, server.api_key)

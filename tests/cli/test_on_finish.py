"""The user's command for the end of a run: its environment, its failures, how often it is run."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import click
import pytest

from tests.support.app import seen, watching
from tests.support.builders import FAILED, PASSED, a_run
from tests.support.watch import a_watched_run, watch_answers
from tvtui.cli.commands.watch import watch
from tvtui.cli.on_finish import NESTED, OnFinish
from tvtui.testvibe.errors import Refused, Unreachable
from tvtui.testvibe.models import Run
from tvtui.watch.events import Problem
from tvtui.watch.request import Mode

if sys.platform == "win32":
    pytest.skip("the commands here are for a POSIX shell", allow_module_level=True)

KEY = "tvb_" + "AbCd1234" + "x" * 35
ENVIRON = {"PATH": os.environ["PATH"], "TESTVIBE_API_KEY": KEY, "TESTVIBE_SERVER": "https://testvibe.acme.example"}
DUMP_ENVIRONMENT = (
    f"{sys.executable} -c 'import json, os, sys; print(json.dumps(dict(os.environ)), file=open(sys.argv[1], \"w\"))' "
)


async def after(command: str, *runs: Run, os_name: str = "posix") -> OnFinish:
    on_finish = OnFinish(command, ENVIRON, os_name=os_name)
    for run in runs:
        on_finish.check(run)
    await on_finish.wait()
    return on_finish


async def environment_of(place: Path, run: Run, os_name: str = "posix") -> dict[str, str]:
    assert (await after(f"{DUMP_ENVIRONMENT}{place}", run, os_name=os_name)).last_words == []
    return written(place)


def written(place: Path) -> dict[str, str]:
    environ: dict[str, str] = json.loads(place.read_text("utf-8"))
    return environ


async def test_the_help_has_all_its_variables(tmp_path: Path) -> None:
    environ = await environment_of(tmp_path / "environ", a_run())
    text = watch.get_help(click.Context(watch))

    # one that is only for tvtui itself
    names = {name for name in environ if name.startswith("TVTUI_")} - {NESTED}
    assert [name for name in names if not re.search(rf"\b{name}\b", text)] == []


async def test_it_gets_result_and_counts_but_not_the_key(tmp_path: Path) -> None:
    environ = await environment_of(tmp_path / "environ", a_run())

    assert {name: value for name, value in environ.items() if name.startswith("TVTUI_")} == {
        "TVTUI_NESTED": "1",
        "TVTUI_RUN": "214",
        "TVTUI_RESULT": "failed",
        "TVTUI_STATUS": "failed",
        "TVTUI_TOTAL": "3",
        "TVTUI_PASSED": "2",
        "TVTUI_FAILED": "1",
        "TVTUI_FLAKY": "0",
        "TVTUI_SKIPPED": "0",
        "TVTUI_OTHER": "0",
        "TVTUI_FEATURE": "Login Functionality",
        "TVTUI_CONFIG": "Default",
        "TVTUI_SITE": "https://shop.acme.example",
        "TVTUI_DURATION_SECONDS": "35",
    }
    assert environ["TESTVIBE_SERVER"] == ENVIRON["TESTVIBE_SERVER"]
    assert KEY not in environ.values()


async def test_unknown_values_are_empty_and_foreign_text_is_clean_and_short(tmp_path: Path) -> None:
    run = a_run(status="cancelled", started_utc=None, config=None, feature_name="a\x1b]0;b\x07\n\0c" + "d" * 9999)
    environ = await environment_of(tmp_path / "environ", run)

    assert (environ["TVTUI_RESULT"], environ["TVTUI_STATUS"]) == ("other", "cancelled")
    assert (environ["TVTUI_CONFIG"], environ["TVTUI_DURATION_SECONDS"]) == ("", "")
    assert environ["TVTUI_FEATURE"].isprintable()
    assert len(environ["TVTUI_FEATURE"]) <= 1000


async def test_a_name_is_not_a_command_for_the_windows_shell(tmp_path: Path) -> None:
    run = a_run(feature_name='Login" & del /q * | %PATH% ^ (x) > y')

    assert (await environment_of(tmp_path / "environ", run, os_name="nt"))["TVTUI_FEATURE"].split() == [
        *("Login", "del", "/q", "*", "PATH", "x", "y")
    ]


async def test_it_is_run_once_for_each_run_and_only_at_its_end(tmp_path: Path) -> None:
    place = tmp_path / "runs"
    going = a_run(status="running")
    other = a_run(run_id=215, status="passed")

    await after(f'echo "$TVTUI_RUN" >> {place}', going, going, a_run(), a_run(), going, a_run(), other)

    assert sorted(place.read_text().split()) == ["214", "215"]


async def test_it_is_run_when_a_watched_run_ends(tmp_path: Path) -> None:
    place = tmp_path / "runs"
    on_finish = OnFinish(f'echo "$TVTUI_RUN" >> {place}', ENVIRON)
    watched = a_watched_run()
    on_finish.attach(watched)
    problem = Problem(Unreachable("Down."), 0.0, 1, 2.0)
    for event in (problem, seen(a_run(status="running")), seen(a_run()), problem, seen(a_run())):
        watched.apply(event)
    await on_finish.wait()
    assert place.read_text() == "214\n"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("exit 0", ""),
        ("exit 3", "The --on-finish command for run 214 exited with status 3."),
        ("echo out; echo first >&2; printf '\\033[31mlast\\a \\n\\n' >&2; exit 1", "exited with status 1: last"),
        (f"echo 'no {KEY}'; exit 1", "exited with status 1: no tvb_AbCd1234…"),
        ("echo 'password=hunter2 //me:hunter2@proxy'; exit 1", "exited with status 1: password=… //…@proxy"),
        ("kill -9 $$", "The --on-finish command for run 214 was killed by signal 9."),
        ("no-such-command-here", "exited with status 127: "),
        (": " + "x" * 3_000_000, "The --on-finish command for run 214 could not be started: "),
    ],
)
async def test_a_failure_is_one_sentence(command: str, sentence: str) -> None:
    reported: list[str] = []
    on_finish = OnFinish(command, ENVIRON, report=reported.append)
    on_finish.check(a_run())
    await on_finish.wait()

    assert on_finish.last_words == reported
    assert all(sentence in failure for failure in reported)
    assert bool(reported) is bool(sentence)
    assert all(failure.isprintable() and len(failure) < 300 for failure in reported)


async def test_a_failure_names_its_run() -> None:
    on_finish = await after("exit $TVTUI_FAILED", a_run(), a_run(run_id=215))

    assert sorted(on_finish.last_words) == [
        "The --on-finish command for run 214 exited with status 1.",
        "The --on-finish command for run 215 exited with status 1.",
    ]


async def test_characters_outside_the_locale_are_replaced(tmp_path: Path) -> None:
    place = tmp_path / "environ"
    on_finish = OnFinish(f"{DUMP_ENVIRONMENT}{place}", ENVIRON, encoding="ascii")
    on_finish.check(a_run(feature_name="Größe ✗ \ud800", config="日本"))
    await on_finish.wait()

    assert on_finish.last_words == []
    assert written(place)["TVTUI_FEATURE"].startswith("Gr??e x ")
    assert written(place)["TVTUI_CONFIG"] == "??"


async def test_a_command_with_invalid_characters_is_reported() -> None:
    on_finish = OnFinish("true \0", ENVIRON)
    on_finish.check(a_run())

    assert on_finish.last_words == ["The --on-finish command for run 214 could not be started: invalid characters."]


async def test_the_app_does_not_wait_for_it_and_it_outlives_the_watch(tmp_path: Path) -> None:
    gate, done = tmp_path / "gate", tmp_path / "done"
    os.mkfifo(gate)
    on_finish = OnFinish(f"cat {gate}; echo $TVTUI_RUN > {done}", ENVIRON)
    on_finish.check(a_run())

    assert on_finish.last_words == ["The --on-finish command is still running in the background."]
    gate.write_text("now")
    await on_finish.wait()
    assert on_finish.last_words == []
    assert done.read_text() == "214\n"


async def test_in_the_app_a_failure_is_a_toast_and_its_output_is_not_shown() -> None:
    on_finish = OnFinish("echo not on the screen; echo so it is >&2; exit 7", ENVIRON)
    async with watching(a_run(status="running"), a_run(), on_finish=on_finish) as viewer:
        assert "--on-finish" not in viewer.text
        await viewer.wait(2)
        await on_finish.wait()
        await viewer.sees("for run 214 exited with status")
        assert "not on the screen" not in viewer.text


@pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
class TestWithoutATerminal:
    """The watch waits for it, and discards its output."""

    def test_a_run_that_had_ended_counts(self, mode: Mode, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        place = tmp_path / "result"
        assert watch_answers(PASSED, mode=mode, on_finish=f"echo no noise; echo $TVTUI_RESULT > {place}") == 0
        out, err = capsys.readouterr()
        assert place.read_text() == "passed\n"
        assert "no noise" not in out
        assert err == ""

    def test_its_failure_is_reported_and_does_not_change_the_exit_code(
        self, mode: Mode, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert watch_answers(FAILED, mode=mode, on_finish="echo no such channel; exit 3") == 1
        out, err = capsys.readouterr()
        assert "no such channel" not in out
        assert err == "tvtui: The --on-finish command for run 214 exited with status 3: no such channel\n"

    def test_a_watch_that_ends_before_its_run_runs_nothing(self, mode: Mode, tmp_path: Path) -> None:
        place = tmp_path / "result"
        assert watch_answers(Refused("Refused."), mode=mode, on_finish=f"touch {place}") == 3
        assert not place.exists()

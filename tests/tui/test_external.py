"""A text of the screen in the user's own editor: which one, from which file, and the terminal before and after."""

from __future__ import annotations

import json
import signal
import stat
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.app import watching
from tests.support.builders import a_case, a_run
from tvtui.tui.external import NoEditor, editor_command, private_file

if sys.platform != "win32":
    from tests.support.terminal import Terminal


def command(environ: dict[str, str], *missing: str, platform: str = "linux") -> list[str]:
    return editor_command(environ, which=lambda name: None if name in missing else f"/bin/{name}", platform=platform)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"VISUAL": "code --wait", "EDITOR": "vi", "PAGER": "less"}, ["code", "--wait"]),
        ({"VISUAL": " ", "EDITOR": "'my editor' -R", "PAGER": "less"}, ["my editor", "-R"]),
        ({"EDITOR": "", "PAGER": "less -R"}, ["less", "-R"]),
        ({}, ["less"]),
    ],
)
def test_the_first_of_visual_editor_and_pager_is_split_as_a_shell_does(
    environ: dict[str, str], words: list[str]
) -> None:
    assert command(environ) == words


def test_without_any_there_is_what_the_platform_has() -> None:
    assert command({}, "less") == ["more"]
    assert command({}, platform="win32") == ["notepad"]
    assert command({"EDITOR": r'"C:\Program Files\e.exe" -n'}, platform="win32") == [r"C:\Program Files\e.exe", "-n"]


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"VISUAL": "nano"}, "VISUAL names a program that is not there: “nano”."),
        ({"EDITOR": "vi 'x"}, "EDITOR cannot be read as a command"),
        ({"PAGER": "''"}, "PAGER names a program that is not there"),
        ({}, "There is no editor or pager. Set VISUAL or EDITOR"),
    ],
)
def test_what_is_not_there_is_told_in_a_sentence(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(NoEditor) as raised:
        command(environ, "nano", "", "less", "more")
    assert str(raised.value).startswith(sentence)


def test_the_file_is_private_and_gone_afterwards_with_all_beside_it() -> None:
    with private_file("run-214.log", "text ✗ \ud800\n") as path:
        assert path.read_text(encoding="utf-8") == "text ✗ ?\n"
        assert stat.S_IMODE(path.stat().st_mode) & 0o377 == 0
        (path.parent / ".run-214.log.swp").touch()
    assert not path.parent.exists()


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_a_terminal_that_cannot_be_lent_and_a_missing_program_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with watching(a_run(tests=[a_case(status="failed")])) as viewer:
        monkeypatch.setenv("VISUAL", "there-is-no-such-program")
        await viewer.press("e")
        await viewer.sees("VISUAL names a program that is not there")
        monkeypatch.setenv("VISUAL", sys.executable)
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        await viewer.press("e")
        await viewer.sees("This terminal cannot be lent")
    assert names_in(tmp_path) == []


EDITOR = """\
import json, os, sys
told = {"arguments": sys.argv[1:-1], "name": os.path.basename(sys.argv[-1]), "text": open(sys.argv[-1]).read()}
told["has_key"] = "TESTVIBE_API_KEY" in os.environ
told["mode"] = os.stat(sys.argv[-1]).st_mode & 0o777
try:
    print("THE EDITOR IS OPEN", flush=True)
    told["line"] = input()
except KeyboardInterrupt:
    told["interrupted"] = True
json.dump(told, open(sys.argv[1] + "~", "w"))
os.replace(sys.argv[1] + "~", sys.argv[1])
sys.exit(int(told.get("line") or 0))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_the_editor_has_the_terminal_until_it_ends(tmp_path: Path) -> None:
    script, report = tmp_path / "an editor.py", tmp_path / "report"
    script.write_text(EDITOR)
    folder = tmp_path / "private"
    folder.mkdir()
    env = {
        "VISUAL": f"{sys.executable} '{script}' {report}",
        "TMPDIR": str(folder),
        "TESTVIBE_API_KEY": "tvb_" + "x" * 43,
    }
    with Terminal([sys.executable, "-m", "tvtui", "demo", "--speed", "50"], env=env) as terminal:
        terminal.wait_for("ended just now")
        terminal.press("e")
        terminal.wait_for("THE EDITOR IS OPEN")
        assert 1049 not in terminal.modes_left_on
        written = len(terminal.raw)
        terminal.read(1.2)
        assert b"\x1b" not in terminal.raw[written:]
        terminal.press("7", "\n")
        terminal.wait_for("ended with status 7")
        told = json.loads(report.read_text())
        assert told["name"] == "run-214-error.txt"
        assert not told["has_key"]
        assert (told["mode"], told["arguments"]) == (0o400, [str(report)])
        assert "expect(locator).toBeVisible() failed" in told["text"]
        assert "\x1b" not in told["text"]

        report.unlink()
        written = len(terminal.raw)
        terminal.press("l", "e")
        while b"THE EDITOR IS OPEN" not in terminal.raw[written:]:
            assert terminal.read(20)
        terminal.press("\x03")
        while not report.exists() or 1049 not in terminal.modes_left_on:
            assert terminal.read(20)
        told = json.loads(report.read_text())
        assert (told["name"], told["interrupted"]) == ("run-214.log", True)
        terminal.press("q")

        assert terminal.finish() == 1
        assert terminal.is_cooked
        assert not terminal.modes_left_on
    assert names_in(folder) == []


STUBBORN = """\
import os, signal, sys, time
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
print(os.getpid(), file=open(sys.argv[1], "w"), flush=True)
print("THE EDITOR IS OPEN", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_no_editor_outlives_what_has_lent_it_the_terminal(name: str, tmp_path: Path) -> None:
    script, report, folder = tmp_path / "editor.py", tmp_path / "pid", tmp_path / "private"
    script.write_text(STUBBORN)
    folder.mkdir()
    env = {"VISUAL": f"{sys.executable} {script} {report}", "TMPDIR": str(folder)}
    with Terminal([sys.executable, "-m", "tvtui", "demo", "--speed", "50"], env=env) as terminal:
        terminal.wait_for("ended just now")
        terminal.press("e")
        terminal.wait_for("THE EDITOR IS OPEN")
        editor = psutil.Process(int(report.read_text()))
        terminal.signal(signal.Signals[name])
        assert terminal.finish() == 128 + signal.Signals[name]
        try:
            assert not editor.is_running()
        finally:
            with suppress(psutil.NoSuchProcess):
                editor.kill()
        assert terminal.is_cooked
        assert not terminal.modes_left_on
    assert names_in(folder) == []

"""Opening a text in the user's own editor: the command, the file, and the terminal before and after."""

from __future__ import annotations

import json
import shutil
import signal
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.app import watching
from tests.support.builders import a_case, a_run
from tvtui.tui.external import NoEditor, editor_command, private_file, without_editor_settings
from tvtui.tui.keymap import check

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
def test_the_first_of_visual_editor_and_pager_is_split_as_by_a_shell(environ: dict[str, str], words: list[str]) -> None:
    assert command(environ) == words


def test_the_default_depends_on_the_platform() -> None:
    assert command({}, "less") == ["more"]
    assert command({}, platform="win32") == ["notepad"]
    assert command({"EDITOR": r'"C:\Program Files\e.exe" -n'}, platform="win32") == [r"C:\Program Files\e.exe", "-n"]


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"VISUAL": "nano"}, "VISUAL is set to “nano”, which was not found."),
        ({"EDITOR": "vi 'x"}, "EDITOR is not a valid command"),
        ({"PAGER": "''"}, "PAGER is set to “”, which was not found"),
        ({}, "No editor or pager was found. Set VISUAL or EDITOR"),
    ],
)
def test_a_missing_program_is_reported_in_a_sentence(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(NoEditor) as raised:
        command(environ, "nano", "", "less", "more")
    assert str(raised.value).startswith(sentence)


def test_the_file_is_private_and_removed_with_everything_beside_it() -> None:
    with private_file("run-214.log", "text ✗ \ud800\n") as path:
        assert path.read_text(encoding="utf-8") == "text ✗ ?\n"
        assert stat.S_IMODE(path.stat().st_mode) & 0o377 == 0
        (path.parent / ".run-214.log.swp").touch()
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("vim: set ts=3:", "vim : set ts=3:"),
        ("# Vim: ts=3", "# Vim : ts=3"),
        ("x\n\tvi:ts=3\n", "x\n\tvi :ts=3\n"),
        ("vim>=702:ts=3", "vim>=702:ts=3"),
        ("/* vim<700: ts=3 */ ex:ts=3", "/* vim<700 : ts=3 */ ex :ts=3"),
        ("# -*- mode: sh; eval: (x) -*-", "# -* - mode: sh; eval: (x) -* -"),
        ("## Local variables:\n## eval: (x)", "## Local variables :\n## eval: (x)"),
        ("# kak: x=y  // kate: z", "# kak : x=y  // kate : z"),
        ("flex: 1, index: 2, neovim is fine, ex. 1", "flex: 1, index: 2, neovim is fine, ex. 1"),
    ],
)
def test_a_text_cannot_configure_the_editor(text: str, harmless: str) -> None:
    assert without_editor_settings(text) == harmless


@pytest.mark.skipif(shutil.which("vim") is None, reason="vim is not installed")
@pytest.mark.parametrize(
    "line", ["vim: set ts=3:", "vim:ts=3", "vi:ts=3", " ex:ts=3", "vim<999:ts=3", "vim>100:ts=3", "Vim: set ts=3 :"]
)
def test_vim_itself_takes_nothing_from_it(line: str, tmp_path: Path) -> None:
    found = []
    for text in (f"a log\n{line}\n", without_editor_settings(f"a log\n{line}\n")):
        path, answer = tmp_path / "log.txt", tmp_path / "answer"
        path.write_text(text)
        words = ["vim", "-N", "-u", "NONE", "-i", "NONE", "-es", "--cmd", "set modeline", str(path)]
        subprocess.run([*words, "-c", f"redir! > {answer} | set ts? | redir END", "-c", "qa!"], check=True, timeout=20)
        found.append("tabstop=3" in answer.read_text())
    assert found == [True, False]


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_a_missing_program_and_an_unsuitable_terminal_are_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keymap = check({"detail.copy": "f8"}).keymap
    async with watching(a_run(tests=[a_case(status="failed")]), keymap=keymap) as viewer:
        monkeypatch.setenv("VISUAL", "there-is-no-such-program")
        await viewer.press("e")
        await viewer.sees("VISUAL is set to “there-is-no-such-program”, which was")
        monkeypatch.setenv("VISUAL", sys.executable)
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        await viewer.press("e")
        await viewer.until(lambda: "cannot use this terminal. Press f8 to copy the text instead." in viewer.toasts)
    assert names_in(tmp_path) == []


EDITOR = """\
import json, os, sys
report = {"arguments": sys.argv[1:-1], "name": os.path.basename(sys.argv[-1]), "text": open(sys.argv[-1]).read()}
report["has_key"] = "TESTVIBE_API_KEY" in os.environ
report["mode"] = os.stat(sys.argv[-1]).st_mode & 0o777
try:
    print("THE EDITOR IS OPEN", flush=True)
    report["line"] = input()
except KeyboardInterrupt:
    report["interrupted"] = True
json.dump(report, open(sys.argv[1] + "~", "w"))
os.replace(sys.argv[1] + "~", sys.argv[1])
sys.exit(int(report.get("line") or 0))
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
        terminal.wait_for("exited with status 7")
        opened = json.loads(report.read_text())
        assert opened["name"] == "run-214-error.txt"
        assert not opened["has_key"]
        assert (opened["mode"], opened["arguments"]) == (0o400, [str(report)])
        assert "expect(locator).toBeVisible() failed" in opened["text"]
        assert "\x1b" not in opened["text"]

        report.unlink()
        written = len(terminal.raw)
        terminal.press("l", "e")
        while b"THE EDITOR IS OPEN" not in terminal.raw[written:]:
            assert terminal.read(20)
        terminal.press("\x03")
        while not report.exists() or 1049 not in terminal.modes_left_on:
            assert terminal.read(20)
        opened = json.loads(report.read_text())
        assert (opened["name"], opened["interrupted"]) == ("run-214.log", True)
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
def test_the_editor_does_not_outlive_the_app(name: str, tmp_path: Path) -> None:
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

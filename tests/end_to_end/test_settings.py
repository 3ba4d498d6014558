"""Settings as processes find them: servers to trust, users without a home folder, empty variables."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.terminal import Terminal
from tvtui.demo.server import DemoServer

TVTUI = [sys.executable, "-m", "tvtui"]
REPOSITORY = str(Path(__file__).parents[2])


def test_a_server_that_a_repository_names_is_asked_about_before_the_screen_is_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with DemoServer("passed", speed=50) as server:
        (tmp_path / ".tvtui.toml").write_text(f'server = "{server.url}"')
        places = {name: str(tmp_path) for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")}
        # an empty variable is an unset one, for Textual too
        empty = dict.fromkeys(("TESTVIBE_SERVER", "TEXTUAL_DRIVER", "NO_COLOR", "COLUMNS", "XDG_RUNTIME_DIR"), "")
        env = {**server.environment, **places, **empty, "PYTHONPATH": REPOSITORY}
        with Terminal([*TVTUI, "watch", "214"], env=env) as terminal:
            terminal.wait_for("Send it your API key")
            assert server.requests == []
            terminal.press("\r")
            terminal.wait_for("No key was sent")
            assert terminal.finish() == 2
        assert server.requests == []
        with Terminal([*TVTUI, "watch", "214"], env=env) as terminal:
            terminal.wait_for("Send it your API key")
            terminal.press("y", "\r")
            terminal.wait_for("PASSED")
            assert b"\x1b[38;2;" in bytes(terminal.raw), "colors"
            terminal.press("q")
            assert terminal.finish() == 0
        lines = subprocess.run(
            [*TVTUI, "watch", "214", "--lines"], env={**env, "PATH": ""}, capture_output=True, check=False
        )
        assert (lines.returncode, lines.stderr) == (0, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such users")
@pytest.mark.parametrize("words", [("watch", "214", "--lines"), ("watch", "214", "--json"), ("artifacts", "214")])
def test_a_user_without_a_home_folder(words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import pwd\ndef unknown(user):\n    raise KeyError(user)\npwd.getpwuid = unknown\n"
    )
    monkeypatch.chdir(tmp_path)
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    with DemoServer(speed=1000) as server:
        done = subprocess.run(
            [*TVTUI, *words],
            env={**server.environment, "HOME": "", "PYTHONPATH": f"{tmp_path}{os.pathsep}{REPOSITORY}"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == (0 if words[0] == "artifacts" else 1)
    assert done.stdout
    assert "Traceback" not in done.stderr

"""The composite action for GitHub: what its scripts run, and that inputs are data."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

ACTION = (Path(__file__).parents[1] / ".github" / "actions" / "watch" / "action.yml").read_text(encoding="utf-8")
INSTALL, WATCH = (
    textwrap.dedent(block[0]) for block in re.finditer(r"(?<=run: \|\n)(?: {8}.*\n|\n)+", ACTION, re.MULTILINE)
)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="bash there may be that of another system")


def run(script: str, env: Mapping[str, str], folder: Path) -> int:
    """Run a step as GitHub's runner does; its exit code."""
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, env={"PATH": os.environ["PATH"], **env}, cwd=folder, check=False).returncode


def watched(folder: Path, **inputs: str) -> tuple[int, list[str]]:
    """The exit code of the step that watches, and the words that tvtui got; it exits with 5."""
    program = folder / "testvibe-tui" / "bin" / "tvtui"
    program.parent.mkdir(parents=True)
    words = folder / "words"
    program.write_text(
        f"#!{sys.executable}\nimport json, pathlib, sys\n"
        f"pathlib.Path({str(words)!r}).write_text(json.dumps(sys.argv[1:]))\nsys.exit(5)\n"
    )
    program.chmod(0o755)
    env = {f"INPUT_{name.upper()}": value for name, value in {"junit": "j.xml", "args": "", **inputs}.items()}
    code = run(WATCH, {"RUNNER_TEMP": str(folder), **env}, folder)
    return code, json.loads(words.read_text()) if words.exists() else []


START = ["watch", "--junit", "j.xml", "--github", "annotations,outputs"]


def test_the_exit_code_is_that_of_the_watch(tmp_path: Path) -> None:
    assert watched(tmp_path, run="214") == (5, [*START, "--", "214"])


def test_several_runs_and_options(tmp_path: Path) -> None:
    code, words = watched(
        tmp_path, run=" 214\n#215  https://h/runs/216\n", args="--timeout 300\n  --on-finish 'say \"$TVTUI_RESULT\"' "
    )
    assert (code, words) == (
        5,
        [*START, "--timeout", "300", "--on-finish", 'say "$TVTUI_RESULT"', "--", "214", "#215", "https://h/runs/216"],
    )


@pytest.mark.parametrize("text", ["$(touch owned)", "`touch owned`", ";touch${IFS}owned", '"&&touch owned', "*"])
def test_inputs_are_words_and_never_run(text: str, tmp_path: Path) -> None:
    code, words = watched(tmp_path, run=text, junit=text)
    assert code == 5
    assert words == ["watch", "--junit", text, "--github", "annotations,outputs", "--", *text.split()]
    assert not (tmp_path / "owned").exists()


def test_a_run_cannot_be_an_option(tmp_path: Path) -> None:
    assert watched(tmp_path, run="--on-finish=owned")[1][-2:] == ["--", "--on-finish=owned"]


def test_options_with_an_open_quotation_mark_end_the_step(tmp_path: Path) -> None:
    code, words = watched(tmp_path, run="214", args="--site 'x")
    assert code not in {0, 5}
    assert words == []


def test_no_expression_is_part_of_a_script_and_the_key_is_not_an_argument() -> None:
    assert "${{" not in INSTALL + WATCH
    assert "KEY" not in INSTALL + WATCH
    assert re.search(r"TESTVIBE_API_KEY: \$\{\{ inputs\.api-key ", ACTION)
    # modules in the workspace, such as pip.py, are not imported
    assert all(" -I -m " in line for line in INSTALL.splitlines() if " -m " in line)

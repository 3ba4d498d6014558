"""What the project says about itself is true."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.readme_tables import written
from tvtui import __version__
from tvtui.demo.scenarios import SCENARIOS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_ci_runs_the_readmes_test_command() -> None:
    (command,) = re.findall(r"^python3 -m venv .* pytest.*$", README, re.MULTILINE)

    assert command.replace(".venv", '"$venv"') in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_tables_in_the_readme_are_up_to_date() -> None:
    assert written(README) == README, "run python -m tests.readme_tables"
    assert "| `n` | next failure" in README
    assert "| server | `--server` | `TESTVIBE_SERVER` | `server` | `server` |" in README
    assert "`failure.next`, " in README


def test_the_pictures_that_the_readme_shows_are_there() -> None:
    shown = re.findall(r"\((screenshots/[^)]+)\)", README)

    assert shown
    assert [name for name in shown if not (ROOT / name).exists()] == []


def test_the_changelog_knows_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]

    for dependency in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        assert re.search(rf'"{re.escape(dependency)}", +# \w', text), dependency


def test_every_scenario_has_a_line() -> None:
    assert all(scenario.description and "\n" not in scenario.description for scenario in SCENARIOS.values())

"""What the project says about itself is true."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from textual.binding import Binding

from tvtui import __version__
from tvtui.demo.scenarios import SCENARIOS
from tvtui.screens.run_keys import BINDINGS
from tvtui.widgets.case_table import CaseTable
from tvtui.widgets.text_view import TextView

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def of_the_screen() -> list[Binding]:
    return [binding for binding in BINDINGS if isinstance(binding, Binding)]


def test_ci_runs_the_readmes_test_command() -> None:
    (command,) = re.findall(r"^python3 -m venv .* pytest.*$", README, re.MULTILINE)

    assert command.replace(".venv", '"$venv"') in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_key_has_an_id_of_its_own_and_says_what_it_does() -> None:
    bindings = of_the_screen() + [
        binding for binding in (*CaseTable.BINDINGS, *TextView.BINDINGS) if isinstance(binding, Binding)
    ]
    ids = [binding.id for binding in bindings]

    assert all(ids)
    assert len(set(ids)) == len(ids)
    assert all(binding.description for binding in bindings)
    assert all(binding.tooltip for binding in of_the_screen())


@pytest.mark.parametrize("binding", of_the_screen(), ids=lambda binding: str(binding.id))
def test_every_key_of_the_screen_is_in_the_readme(binding: Binding) -> None:
    key = binding.key_display or binding.key
    shown = {"shift+tab": "tab"}.get(key, key)

    assert f"`{shown}`" in README


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

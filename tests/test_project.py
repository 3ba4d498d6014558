"""What the project says about itself is true."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
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


def test_tests_patch_no_names_of_tvtui_and_use_no_private_ones() -> None:
    private = {name for name in _defined_names() if name.startswith("_") and not name.endswith("__")}

    assert [place for path in (ROOT / "tests").rglob("*.py") for place in _violations(path, private)] == []


def _defined_names() -> Iterator[str]:
    for path in (ROOT / "tvtui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield node.name
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                yield node.attr
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def _violations(path: Path, private: set[str]) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and _is_ours(node.module)]
    ours = {alias.asname or alias.name for node in imports for alias in node.names}
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom() if node in imports:
                is_wrong = any(alias.name in private for alias in node.names)
            case ast.Attribute():
                is_wrong = node.attr in private and _root(node.value) not in {"self", "cls", "os"}
            case ast.Call(func=ast.Attribute(attr="setattr" | "delattr"), args=[ast.Constant(value=str(name)), *_]):
                is_wrong = _is_ours(name)
            case ast.Call(func=ast.Attribute(attr="setattr" | "delattr"), args=[target, *_]):
                is_wrong = _root(target) in ours
            case _:
                continue
        if is_wrong:
            yield f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"


def _is_ours(module: str | None) -> bool:
    return module is not None and module.partition(".")[0] == "tvtui"


def _root(node: ast.expr) -> str:
    """The name that a chain of attributes, calls and indexes begins with."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""

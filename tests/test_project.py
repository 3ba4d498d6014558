"""What the project says about itself is true."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

from tests.readme_tables import written
from tvtui import __version__
from tvtui.demo.scenarios import SCENARIOS
from tvtui.testvibe.models import FAILURES, SKIPS

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


def test_the_readme_lists_the_words_for_failed_and_skipped_tests() -> None:
    (row,) = re.findall(r"^The `outcome` of a test .*$", README, re.MULTILINE)

    assert [word for word in (*FAILURES, *SKIPS) if f"`{word}`" not in row] == []


def test_the_pictures_that_the_readme_shows_are_there() -> None:
    shown = re.findall(r"\((screenshots/[^)]+)\)", README)

    assert shown
    assert [name for name in shown if not (ROOT / name).exists()] == []


def test_the_changelog_knows_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_source_archive_has_what_these_tests_read() -> None:
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]

    assert {"/tests", "/.ci", "/.github", "/README.md", "/CHANGELOG.md"} <= set(
        tool["hatch"]["build"]["targets"]["sdist"]["include"]
    )


def test_no_test_imports_from_a_test_module() -> None:
    tests = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")}

    assert [path for path, text in tests.items() if re.search(r"^from tests\.[\w.]+\.test_", text, re.MULTILINE)] == []


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]

    for dependency in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        assert re.search(rf'"{re.escape(dependency)}", +# \w', text), dependency


def test_every_scenario_has_a_line() -> None:
    assert all(scenario.description and "\n" not in scenario.description for scenario in SCENARIOS.values())


WRITERS = {
    "text/output.py": "stdout and stderr",
    "text/overwrite.py": "a row in memory",
    "trace/details.py": "a value as one text",
    "cli/progress_line.py": "a line of numbers, and only to a terminal",
    "cli/stderr.py": "the end of a question, to a terminal",
    "cli/crash.py": "a file",
    "cli/demo_memory.py": "recordings",
    "cli/report_files.py": "files; to stdout only through text/output.py",
}
"""What writes anything, and to what, except in packages that write to files, to the screen or to the server."""

ELSEWHERE = ("artifacts/", "demo/", "journal/", "settings/", "terminal/", "testvibe/", "tui/")


def test_text_leaves_without_a_screen_only_where_commands_to_ci_systems_are_broken_up() -> None:
    found = set()
    for path in (ROOT / "tvtui").rglob("*.py"):
        module = path.relative_to(ROOT / "tvtui").as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="print")) | ast.Attribute(attr="echo" | "secho" | "echo_via_pager"):
                    found.add(module)
                case ast.Attribute(attr="write" | "writelines") if not module.startswith(ELSEWHERE):
                    found.add(module)
                case ast.Attribute(value=ast.Name(id="json"), attr="dump" | "dumps") if not module.startswith(
                    ELSEWHERE
                ):
                    found.add(module)

    assert found == set(WRITERS)


def test_no_test_patches_tvtui_or_reads_what_is_private_in_it() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tvtui").rglob("*.py"))
    # the methods of named tuples are public; their names could otherwise be those of fields
    private = set(re.findall(r"(?:self\.|def |class )(_\w*[a-z])\b", source)) - {"_replace", "_asdict"}
    found = []
    for path in (ROOT / "tests").rglob("*.py"):
        ours: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.ImportFrom(module=str(module), names=names) if module.startswith("tvtui"):
                    ours.update(alias.asname or alias.name for alias in names)
                    found += [f"{path}: {alias.name}" for alias in names if alias.name in private]
                case ast.Attribute(value=ast.Name(id="self" | "cls" | "os")):
                    pass
                case ast.Attribute(attr=attr) if attr in private:
                    found.append(f"{path}:{node.lineno}: {attr}")
                case ast.Call(func=ast.Attribute(attr="setattr"), args=[ast.Constant(value=str(target)), *_]):
                    found += [f"{path}:{node.lineno}: {target}"] if target.startswith("tvtui.") else []
                case ast.Call(func=ast.Attribute(attr="setattr"), args=[ast.Name(id=target), *_]):
                    found += [f"{path}:{node.lineno}: {target}"] if target in ours else []

    assert found == []

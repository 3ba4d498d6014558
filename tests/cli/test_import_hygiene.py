"""What is imported when: the start is part of the product, and only the screen imports Textual."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from pkgutil import walk_packages

import pytest

import tvtui
from tests.support.http import KEY

_SHOW = (
    "import sys\n{code}\nprint('\\nimported', *(name for name in {names!r} if name in sys.modules), file=sys.stderr)"
)


def imported(code: str, *names: str) -> list[str]:
    """Which of `names` a fresh interpreter has imported after `code`."""
    script = _SHOW.format(code=code, names=names)
    folder = Path(tvtui.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=folder)
    return done.stderr.splitlines()[-1].split()[1:]


PICTURES = ("PIL", "textual_image")
ENVIRONMENT = {
    "TESTVIBE_SERVER": "https://testvibe.acme.example",
    "TESTVIBE_API_KEY": KEY,
    "TESTVIBE_PROJECT": "01234567-89ab-cdef-0123-456789abcdef",
}
HEAVY = ("textual", "rich", "httpx", "pydantic", "asyncio", "ssl", "platformdirs", *PICTURES)


@pytest.mark.parametrize(
    "words",
    [
        ["--version"],
        ["--help"],
        ["watch", "--help"],
        ["artifacts", "--help"],
        ["trace", "--help"],
        ["demo", "--help"],
        ["report", "--help"],
        ["runs", "--help"],
        ["diff", "--help"],
        ["open", "--help"],
        ["replay", "--help"],
    ],
)
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    assert imported(f"from tvtui.cli import main; assert main({words!r}) == 0", *HEAVY) == []


def test_the_version_alone_imports_nothing_for_reports() -> None:
    code = "from tvtui.cli import main; assert main(['--version']) == 0"
    assert imported(code, "importlib.metadata", "tvtui.cli.versions", "tvtui.terminal") == []


def test_the_commands_can_be_listed_with_nothing_but_click() -> None:
    """As the man pages are when a wheel is built, see .ci/build_hook.py."""
    project = tomllib.loads((Path(tvtui.__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split("[<>=]", each)[0].replace("-", "_") for each in project["dependencies"]}
    assert imported("import tvtui.cli.group", *sorted({*names, "PIL", "rich"} - {"click"})) == []


def test_a_usage_error_imports_nothing_heavy() -> None:
    assert imported("from tvtui.cli import main; assert main(['watch']) == 2", *HEAVY) == []


def test_settings_require_only_the_standard_library_and_platformdirs() -> None:
    code = "from tvtui.cli import main; assert main(['watch', 'two']) == 2"
    assert imported(code, "textual", "rich", "httpx", "pydantic") == []


def test_the_first_frame_waits_for_nothing_heavy() -> None:
    code = (
        "from tvtui.cli import main; from tvtui.cli.request import Environment; import pathlib\n"
        f"variables = {ENVIRONMENT!r}\n"
        "folder = pathlib.Path('missing').absolute()\n"
        "environment = Environment(variables, folder, folder, folder, watch=lambda _: 0)\n"
        "assert main(['watch', '214'], environment) == 0\n"
        "import tvtui.cli.frontend, tvtui.cli.opening, tvtui.terminal.opening, tvtui.watch.request"
    )
    assert imported(code, *(name for name in HEAVY if name != "platformdirs"), "socket", "subprocess") == []


def modules(*packages: str) -> str:
    """An import statement for every module in these packages of tvtui."""
    folder = Path(tvtui.__file__).parent
    found = [info.name for each in packages for info in walk_packages([str(folder / each)], f"tvtui.{each}.")]
    return "import " + ", ".join(found)


def test_only_the_app_imports_textual() -> None:
    packages = [
        "text",
        "settings",
        "testvibe",
        "watch",
        "view",
        "artifacts",
        "journal",
        "terminal",
        "reporters",
        "trace",
    ]
    assert imported(modules(*packages, "screen_reader", "cli"), "textual", "rich") == []


def test_only_the_client_imports_the_network() -> None:
    assert imported(modules("text", "settings", "view"), "httpx", "httpcore", "textual") == []
    code = "import tvtui.testvibe.models, tvtui.testvibe.errors, tvtui.watch.events, tvtui.cli.exit_codes"
    assert imported(code, "httpx", "httpcore") == []


def test_the_demo_requires_only_the_standard_library() -> None:
    assert imported("import tvtui.demo.server, tvtui.demo.scenarios", "textual", "httpx", "pydantic", "click") == []


def test_a_watch_without_a_terminal_imports_no_textual() -> None:
    code = "from tvtui.cli import main; assert main(['demo', 'refused', '--lines']) == 3"
    assert imported(code, "textual") == []


def test_picture_libraries_are_imported_when_the_first_picture_is_shown() -> None:
    assert imported("import tvtui.tui.app, tvtui.tui.screens.picture\n" + modules("artifacts"), *PICTURES) == []


def test_half_blocks_require_only_pillow() -> None:
    code = (
        "from PIL import Image\nfrom tvtui.artifacts.pictures import *\n"
        "from tvtui.terminal.detect import HALF_BLOCKS\nfrom tvtui.tui.widgets.picture_encoding import draw\n"
        "draw(Picture(Image.new('RGB', (9, 9)), 9, 9, 1), Cells(4, 4), HALF_BLOCKS)"
    )
    assert imported(code, "textual_image") == []


def test_the_start_imports_nothing_for_artifacts() -> None:
    names = (
        "tvtui.artifacts.downloads.queue",
        "tvtui.artifacts.opening",
        "tvtui.artifacts.launch",
    )
    assert imported("import tvtui.tui.app, tvtui.testvibe.client, tvtui.cli.screen, tvtui.cli.on_finish", *names) == []


def test_the_start_imports_no_screen_but_that_of_a_run() -> None:
    names = [f"tvtui.tui.{name}" for name in ("palette", "key_help")]
    names += [f"tvtui.tui.screens.{name}" for name in ("board", "dialogs", "help", "picture")]
    assert imported("import tvtui.tui.app", *names) == []


def test_a_watch_imports_nothing_for_recordings() -> None:
    names = ["tvtui.journal.replay", "tvtui.journal.timeline", "tvtui.cli.recordings", "tvtui.watch.playback"]
    names += ["tvtui.tui.widgets.replay_keys", "tvtui.tui.widgets.playback_words", "tvtui.artifacts.downloads.saved"]
    names += ["tvtui.view.playback"]
    assert imported("import tvtui.cli.group, tvtui.cli.screen, tvtui.tui.app, tvtui.testvibe.client", *names) == []


def test_the_start_imports_neither_pydantic_nor_the_command_line_of_httpx() -> None:
    """Each takes a tenth of the whole start."""
    names = ("pydantic", "httpx._main", "rich.progress")
    assert imported("import tvtui.tui.app, tvtui.testvibe.client", *names) == []


def test_nothing_for_documents_is_imported_unless_they_are_asked_for() -> None:
    names = [f"tvtui.reporters.{name}" for name in ("junit", "ctrf", "json_file", "markdown_summary", "github")]
    names += ["tvtui.cli.reports", "tvtui.cli.report_files", "tvtui.cli.report", "xml.etree.ElementTree"]
    code = "from tvtui.cli import main; assert main(['demo', 'refused', '--lines']) == 3"
    assert imported(code, *names) == []
    assert imported("import tvtui.cli.group, tvtui.cli.frontend, tvtui.cli.screen, tvtui.tui.app", *names) == []


def test_nothing_of_traces_is_imported_before_one_is_opened() -> None:
    assert imported("import tvtui.cli.group", "zipfile", "tvtui.trace") == []
    assert imported("import tvtui.tui.app, tvtui.testvibe.client", "tvtui.trace") == []


def test_the_journal_is_opened_when_there_is_something_to_remember() -> None:
    names = [f"tvtui.journal.{name}" for name in ("store", "indexes", "recorder", "recording", "writer")]
    request = (
        "from tvtui.cli.request import Environment, read_request; import pathlib\n"
        f"environment = Environment({ENVIRONMENT!r}, *[pathlib.Path('missing').absolute()] * 3)\n"
        "assert read_request(environment, {}, ['214']).memory is not None\n"
    )
    assert imported(request, *names, "asyncio", "zlib", "hashlib") == []
    assert imported("import tvtui.tui.app, tvtui.testvibe.client", *names) == []


def test_the_steps_of_a_trace_are_read_without_the_rest() -> None:
    """The first screen waits for this; what else there is in a trace is read, and imported, in a thread."""
    folder = Path(__file__).parents[1] / "trace" / "samples"
    trace = folder / "1.60.0-tomorrow-can-be-chosen.zip"
    code = f"import pathlib, tvtui.trace\ntrace = tvtui.trace.open_trace(pathlib.Path({str(trace)!r}))\n"
    code += "assert trace.steps and trace.failing and trace.title and not trace.notes"
    late = ("rest", "details", "library", "console", "requests", "snapshots", "page_text", "nearest", "sources")
    modules = [f"tvtui.trace.{name}" for name in late]
    assert imported(code, *modules, "pydantic", "zipfile", "hashlib", "difflib") == []


def test_a_file_is_printed_without_the_network() -> None:
    trace = Path(__file__).parents[1] / "trace" / "samples" / "1.60.0-tomorrow-can-be-chosen.zip"
    code = f"from tvtui.cli import main; assert main(['trace', {str(trace)!r}]) == 1"
    assert imported(code, *HEAVY, "tvtui.testvibe.client", "tvtui.artifacts.matching") == []


def test_recorded_runs_are_listed_without_the_screen_and_the_network() -> None:
    code = (
        "from tvtui.cli import main; from tvtui.cli.request import Environment; import pathlib\n"
        "folder = pathlib.Path('missing').absolute()\n"
        "assert main(['runs', '--json'], Environment({}, folder, folder, folder)) == 0"
    )
    heavy = (name for name in HEAVY if name not in {"asyncio", "platformdirs"})
    assert imported(code, *heavy, "tvtui.testvibe.client", "tvtui.tui") == []


def test_the_start_imports_nothing_for_recorded_runs() -> None:
    names = ("journal.run_list", "view.comparison", "reporters.comparison", "tui.screens.picker", "tui.journal_app")
    code = "import tvtui.cli.group, tvtui.cli.frontend, tvtui.cli.screen, tvtui.tui.app, tvtui.testvibe.client"
    assert imported(code, *(f"tvtui.{name}" for name in names)) == []


def test_a_trace_is_read_without_the_screen_and_the_network() -> None:
    assert imported(modules("trace"), "textual", "rich", "PIL", "httpx", "asyncio", "tvtui.testvibe") == []


def test_the_start_imports_nothing_for_the_diagnosis() -> None:
    names = ("pygments", "tvtui.testvibe.diagnosis", "tvtui.tui.widgets.diagnosis_layout", "tvtui.tui.external")
    assert imported("import tvtui.tui.app, tvtui.testvibe.client", *names) == []


def test_the_environment_that_other_programs_inherit_is_not_changed() -> None:
    """Neither by us nor by the libraries: commands, editors and viewers get what the user has set."""
    modules = "tvtui.cli.group, tvtui.cli.frontend, tvtui.tui.app, tvtui.tui.screens.picture, tvtui.testvibe.client"
    code = f"import os; before = dict(os.environ); import {modules}; assert dict(os.environ) == before"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(tvtui.__file__).parents[1])

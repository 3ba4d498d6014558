"""How a downloaded file is opened: with which program, or what the user is advised to do instead.

- A command in the user's `[open]` table has priority, in every session.
- Traces are shown in the app, and from there in Playwright's viewer: `node_modules/.bin/playwright` in the working
  folder or above it in its repository, then `playwright` on the PATH, then `npx`. npx must not download anything
  (`--no-install --offline`): a key press does not install a program; the command is shown and copied instead.
- Text is shown in the app. Other files are opened with the desktop's opener if their extension cannot be that of a
  program: files come from a server, and a desktop would run a `.desktop`, an `.exe` or a `.command`.
- Over SSH, or without a desktop, the path is shown and copied.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

from tvtui.settings.paths import folders_of_repository, ownership_problem, shown
from tvtui.text.clean import clean_line
from tvtui.text.format import shell_command, words_of

TRACE_VIEWER = "https://trace.playwright.dev"
"""Playwright's page that shows a trace in the browser without uploading it."""

Which = Callable[..., str | None]
"""`shutil.which`: takes a program's name, and a `path` to search."""


class Subject(StrEnum):
    """The type of a file; the value is its name in `[open]`."""

    TRACE = "trace"
    SCREENSHOT = "screenshot"
    VIDEO = "video"
    REPORT = "report"
    LOG = "log"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class StartProgram:
    """Start a program.

    Attributes:
        argv: The program and its arguments, for running it without a shell.
        message: The message when it has started.
        otherwise: The advice if it fails immediately; follows the reason.
        copied: The text that is copied in that case.
        copied_name: What a message calls that text.
        patience: Seconds to wait for a failure.
    """

    argv: tuple[str, ...]
    message: str
    otherwise: str = ""
    copied: str = ""
    copied_name: str = "its path"
    patience: float = 1.0


@dataclass(frozen=True, slots=True)
class StartFile:
    """Let Windows choose the program."""

    path: Path


@dataclass(frozen=True, slots=True)
class Read:
    """Show the text in the app."""

    path: Path


@dataclass(frozen=True, slots=True)
class ShowTrace:
    """Show a trace in the app."""

    path: Path


@dataclass(frozen=True, slots=True)
class Explain:
    """Open nothing: say why, and copy a path or a command.

    Attributes:
        text: One or two clean sentences.
        copied: The path or command, quoted for a shell.
        copied_name: What a message calls it.
    """

    text: str
    copied: str
    copied_name: str = "its path"


Plan = StartProgram | StartFile | Read | ShowTrace | Explain

_BY_EXTENSION = {
    extension: subject
    for subject, extensions in {
        Subject.SCREENSHOT: "png jpg jpeg webp gif bmp avif",
        Subject.VIDEO: "webm mp4 mov mkv",
        Subject.REPORT: "html htm",
        Subject.LOG: "txt log md json jsonl ndjson yml yaml csv xml har diff patch",
        Subject.OTHER: "pdf svg zip",
    }.items()
    for extension in extensions.split()
}
"""The extensions that a desktop may open; a file with any other extension may be a program."""

_BY_KIND = {
    "trace": Subject.TRACE,
    "screenshot": Subject.SCREENSHOT,
    "image": Subject.SCREENSHOT,
    "log": Subject.LOG,
    "text": Subject.LOG,
}
_BATCH_SYNTAX = re.compile(r'[&|<>^%!"]')
_SHELL_OPTION = re.compile(r"-[a-z]*c|/[ck]", re.IGNORECASE)
_FILE = re.compile(r"""(["']?)\{file\}\1""")


def subject(kind: str, path: Path) -> Subject:
    """The type of a file: by its extension if that is known, otherwise by the server's kind."""
    extension = _extension(path)
    if extension == "zip":
        is_trace = kind.casefold() == "trace" or "trace" in path.name.casefold()
        return Subject.TRACE if is_trace else Subject.OTHER
    return _BY_EXTENSION.get(extension) or _BY_KIND.get(kind.casefold(), Subject.OTHER)


def plan(
    kind: str,
    path: Path,
    *,
    environ: Mapping[str, str],
    commands: Mapping[str, str] | None = None,
    which: Which = shutil.which,
    platform: str = sys.platform,
    cwd: Path | None = None,
    elsewhere: bool = False,
) -> Plan:
    """Decide how to open a file; starts nothing and does not read the file.

    Args:
        kind: The server's kind of artifact.
        path: The absolute path of the file.
        environ: The environment; says whether there is a desktop, and whether the session is remote.
        commands: The user's commands by kind or `Subject`, as in `[open]`.
        which: Finds programs.
        platform: As in `sys.platform`.
        cwd: The folder in and above which Playwright is searched for, as `npx` does; None: not at all.
        elsewhere: Whether a trace is to be opened in Playwright's viewer, not in the app.
    """
    what = subject(kind, path)
    named = commands or {}
    command = named.get(kind.casefold()) or named.get(what)
    if command:
        return _by_command(command, path, which, platform)
    if what is Subject.LOG:
        return Read(path)
    if what is Subject.TRACE and not elsewhere:
        return ShowTrace(path)
    nowhere = _nowhere(environ, platform)
    if what is Subject.TRACE:
        return _trace(path, nowhere, environ=environ, which=which, platform=platform, cwd=cwd)
    if nowhere:
        return _explained(nowhere, path, platform)
    extension = _extension(path)
    if extension not in _BY_EXTENSION:
        name = f"A .{clean_line(extension)} file" if extension else "A file without an extension"
        return _explained(f"{name} may be a program and is not opened.", path, platform)
    return _by_desktop(path, environ, which, platform)


def _by_command(command: str, path: Path, which: Which, platform: str) -> Plan:
    words = words_of(command, platform)
    program = which(os.path.expanduser(words[0]))  # noqa: PTH111 - Path.expanduser raises if there is no home folder
    if program is None:
        return _explained(f"{clean_line(words[0])}, set in [open] in your config.toml, was not found.", path, platform)
    if platform == "win32" and program.casefold().endswith((".bat", ".cmd")) and _BATCH_SYNTAX.search(str(path)):
        return _explained("The path contains characters that a batch file would run as commands.", path, platform)
    arguments = [
        # a command of a shell is split once more
        _FILE.sub(lambda _: shell_command(str(path), platform=platform), word)
        if _SHELL_OPTION.fullmatch(before)
        else word.replace("{file}", str(path))
        for before, word in pairwise(words)
    ]
    return StartProgram((program, *arguments), f"Opened with {clean_line(Path(words[0]).name)}")


def _trace(
    path: Path, nowhere: str, *, environ: Mapping[str, str], which: Which, platform: str, cwd: Path | None
) -> Plan:
    by_hand = shell_command("npx", "playwright", "show-trace", str(path), platform=platform)
    if nowhere:
        return _explained(f"{nowhere} {TRACE_VIEWER} shows traces in any browser.", path, platform)
    otherwise = f"Run {clean_line(by_hand)}, or drop the file on {TRACE_VIEWER}."
    playwright = _playwright(which, environ, cwd)
    npx = which("npx")
    if playwright is not None:
        start: tuple[str, ...] = (playwright,)
    elif npx is not None:
        start = (npx, "--no-install", "--offline", "playwright")
    else:
        return Explain(f"Neither Playwright nor npx was found. {otherwise}", by_hand, "the command")
    if platform == "win32" and _BATCH_SYNTAX.search(str(path)):
        why = "The path contains characters that npm's batch file would run as commands."
        return Explain(f"{why} {otherwise}", by_hand, "the command")
    message = "Opened with Playwright's trace viewer"
    return StartProgram((*start, "show-trace", str(path)), message, otherwise, by_hand, "the command", patience=3.0)


def _playwright(which: Which, environ: Mapping[str, str], cwd: Path | None) -> str | None:
    for folder in [] if cwd is None else folders_of_repository(cwd):
        program = which("playwright", path=str(folder / "node_modules" / ".bin"))
        if program is not None and not ownership_problem(Path(program)):
            return program
    return which("playwright", path=environ.get("PATH"))


def _by_desktop(path: Path, environ: Mapping[str, str], which: Which, platform: str) -> Plan:
    if platform == "win32":
        return StartFile(path)
    if platform == "darwin":
        openers = ["open"]
    else:
        openers = ["wslview", "xdg-open"] if "WSL_DISTRO_NAME" in environ else ["xdg-open"]
    for opener in openers:
        if program := which(opener):
            copied = shell_command(str(path), platform=platform)
            return StartProgram((program, str(path)), f"Opened with {opener}", copied=copied)
    return _explained(f"{openers[-1]} was not found.", path, platform)


def _explained(why: str, path: Path, platform: str) -> Explain:
    return Explain(f"{why} The file is {shown(path)}", shell_command(str(path), platform=platform))


def _nowhere(environ: Mapping[str, str], platform: str) -> str:
    """Why no window can be opened, as a sentence; "" if one can."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return "This is a remote session without a desktop."
    has_display = any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"))
    if platform in {"win32", "darwin"} or has_display:
        return ""
    return "No desktop available."


def _extension(path: Path) -> str:
    # Windows ignores dots and spaces at the end of a name
    name = path.name.rstrip(" .")
    return name.rpartition(".")[2].casefold() if "." in name.lstrip(".") else ""

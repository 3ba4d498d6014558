"""How a downloaded file is opened: by which program, or, where none can, what the user is told instead.

- What the user's own `[open]` table names for a kind comes first, wherever the session runs.
- A trace goes to Playwright: `node_modules/.bin/playwright` of the working folder or above it in its repository, then
  `playwright` on the PATH, then `npx`. npx is told to fetch nothing (`--no-install --offline`): a program that nobody
  has installed is not downloaded and run on a key press, its command is shown and copied instead.
- Text is read in the app. Everything else goes to the desktop's opener, if its extension is one of those that are known
  to hold no program; files come from a server, and a desktop would run a `.desktop`, an `.exe` or a `.command`.
- Over SSH, or without a desktop, the path is shown and copied.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tvtui.settings.paths import folders_of_repository
from tvtui.text.clean import clean_line

TRACE_VIEWER = "https://trace.playwright.dev"
"""Playwright's own page that shows a trace in the browser without sending it anywhere."""

Which = Callable[..., str | None]
"""`shutil.which`: a program's name, and a `path` to look in."""


class Subject(StrEnum):
    """What a file is; the value is its word in `[open]`."""

    TRACE = "trace"
    SCREENSHOT = "screenshot"
    VIDEO = "video"
    REPORT = "report"
    LOG = "log"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class StartProgram:
    """Start a program of its own.

    Attributes:
        argv: The program and its arguments; no shell sees them.
        told: What is said when it has started.
        otherwise: What is said, behind the reason, when it ends at once in failure.
        copied: What is copied then.
        patience: Seconds within which it may still fail.
    """

    argv: tuple[str, ...]
    told: str
    otherwise: str = ""
    copied: str = ""
    patience: float = 1.0


@dataclass(frozen=True, slots=True)
class StartFile:
    """Hand the file to Windows, which knows what it is opened with."""

    path: Path


@dataclass(frozen=True, slots=True)
class Read:
    """Show the text in the app."""

    path: Path


@dataclass(frozen=True, slots=True)
class Explain:
    """Open nothing, say why, and copy what helps on.

    Attributes:
        text: One or two sentences, clean.
        copied: The path or a command.
    """

    text: str
    copied: str


Plan = StartProgram | StartFile | Read | Explain

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
"""The extensions that a desktop may be given: whatever is not here may be a program."""

_BY_KIND = {
    "trace": Subject.TRACE,
    "screenshot": Subject.SCREENSHOT,
    "image": Subject.SCREENSHOT,
    "log": Subject.LOG,
    "text": Subject.LOG,
}
_BATCH_SYNTAX = re.compile(r'[&|<>^%!"]')


def subject(kind: str, path: Path) -> Subject:
    """What a file is: by its extension if that is known, else by the server's word for it."""
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
) -> Plan:
    """Decide how to open a file; nothing is started and the file is not looked at.

    Args:
        kind: The server's word for it.
        path: Where it lies, absolute.
        environ: The environment: whether there is a desktop, and whether the session is remote.
        commands: The user's programs by kind or by `Subject`, as `[open]` has them.
        which: Finds programs.
        platform: As in `sys.platform`.
        cwd: The folder from which Playwright is looked for as `npx` does; None: nowhere.
    """
    what = subject(kind, path)
    named = commands or {}
    command = named.get(kind.casefold()) or named.get(what)
    if command:
        return _by_command(command, path, which)
    if what is Subject.LOG:
        return Read(path)
    nowhere = _nowhere(environ, platform)
    if what is Subject.TRACE:
        return _trace(path, nowhere, environ=environ, which=which, platform=platform, cwd=cwd)
    shown = clean_line(str(path))
    if nowhere:
        return Explain(f"{nowhere} The path is copied: {shown}", str(path))
    extension = _extension(path)
    if extension not in _BY_EXTENSION:
        name = f"A .{clean_line(extension)} file" if extension else "A file without an extension"
        return Explain(f"{name} may be a program, so it is not opened for you. The path is copied: {shown}", str(path))
    return _by_desktop(path, environ, which, platform)


def _by_command(command: str, path: Path, which: Which) -> Plan:
    words = shlex.split(command)
    program = which(_from_home(words[0]))
    if program is None:
        text = f"{clean_line(words[0])}, which your config.toml names in [open], was not found. The path is copied:"
        return Explain(f"{text} {clean_line(str(path))}", str(path))
    arguments = [word.replace("{file}", str(path)) for word in words[1:]]
    if all("{file}" not in word for word in words[1:]):
        arguments.append(str(path))
    return StartProgram((program, *arguments), f"Opened with {clean_line(Path(words[0]).name)}")


def _from_home(program: str) -> str:
    """The program with a `~` in its place; as it is written where there is no such user or no home."""
    try:
        return str(Path(program).expanduser())
    except RuntimeError:
        return program


def _trace(
    path: Path, nowhere: str, *, environ: Mapping[str, str], which: Which, platform: str, cwd: Path | None
) -> Plan:
    by_hand = f"npx playwright show-trace {shlex.quote(str(path))}"
    if nowhere:
        return Explain(
            f"{nowhere} The path is copied: {clean_line(str(path))} ({TRACE_VIEWER} shows traces in any browser).",
            str(path),
        )
    otherwise = f"Run {clean_line(by_hand)} (copied), or drop the file on {TRACE_VIEWER}."
    playwright = _playwright(which, environ, cwd)
    npx = which("npx")
    if playwright is not None:
        start: tuple[str, ...] = (playwright,)
    elif npx is not None:
        start = (npx, "--no-install", "--offline", "playwright")
    else:
        return Explain(f"Neither Playwright nor npx was found here. {otherwise}", by_hand)
    if platform == "win32" and _BATCH_SYNTAX.search(str(path)):
        return Explain(
            f"The path holds characters that a batch file of npm's would read as commands. {otherwise}", by_hand
        )
    told = "Opened with Playwright's trace viewer"
    return StartProgram((*start, "show-trace", str(path)), told, otherwise, by_hand, patience=3.0)


def _playwright(which: Which, environ: Mapping[str, str], cwd: Path | None) -> str | None:
    for folder in [] if cwd is None else folders_of_repository(cwd):
        if program := which("playwright", path=str(folder / "node_modules" / ".bin")):
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
            return StartProgram((program, str(path)), f"Opened with {opener}", "The path is copied.", str(path))
    return Explain(f"{openers[-1]} was not found. The path is copied: {clean_line(str(path))}", str(path))


def _nowhere(environ: Mapping[str, str], platform: str) -> str:
    """Why no window can be opened here, as a sentence; "" if one can."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return "This is a remote session: nobody would see a window."
    has_display = any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"))
    if platform in {"win32", "darwin"} or has_display:
        return ""
    return "There is no desktop here to open it on."


def _extension(path: Path) -> str:
    # Windows takes no notice of dots and blanks at the end of a name
    name = path.name.rstrip(" .")
    return name.rpartition(".")[2].casefold() if "." in name.lstrip(".") else ""

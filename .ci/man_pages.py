"""Writes a man page for tvtui and for each of its commands, from what click knows about them.

The build hook puts the pages into the wheel; by hand: python .ci/man_pages.py FOLDER. Needs only click.

click-man is no alternative: it leaves out the epilogs (examples, exit codes), fills paragraphs that must keep their
lines, and escapes neither backslashes nor dots at the start of a line.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

_SPECIAL = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", '"': r"\(dq"}


def escaped(text: str) -> str:
    """Text as roff shows it unchanged: no request at the start of a line, no escape, no typographic quotation marks."""
    written = "".join(_SPECIAL.get(each, each if each.isascii() else rf"\[u{ord(each):04X}]") for each in text)
    return re.sub(r"^(?=[.])", r"\&", written, flags=re.MULTILINE)


def pages(root: click.Group, name: str, version: str) -> dict[str, str]:
    """The pages of a command and of its visible subcommands, by the names of their files."""
    top = click.Context(root, info_name=name, **root.context_settings)
    contexts = [click.Context(each, top, each.name, **each.context_settings) for each in _commands(root)]
    return {f"{_page(each)}.1": "\n".join([*_lines(each, version), ""]) for each in (top, *contexts)}


def _commands(root: click.Group) -> list[click.Command]:
    return [command for _, command in sorted(root.commands.items()) if not command.hidden]


def _page(context: click.Context) -> str:
    return context.command_path.replace(" ", "-")


def _lines(context: click.Context, version: str) -> Iterator[str]:
    command, page = context.command, _page(context)
    summary = command.get_short_help_str(limit=200).rstrip(".")
    yield f'.TH "{escaped(page.upper())}" 1 "" "{escaped(f"tvtui {version}")}"'
    # one hyphen without a backslash: a name, which indexes of man pages look up
    yield from [".SH NAME", rf"{page} \- {escaped(summary[:1].lower() + summary[1:])}"]
    yield from [".SH SYNOPSIS", rf"\fB{escaped(context.command_path)}\fR"]
    yield escaped(" ".join(command.collect_usage_pieces(context)))
    yield ".SH DESCRIPTION"
    yield from _separated(_paragraphs(command.help or ""))
    yield ".SH OPTIONS"
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        # since click 8.5, arguments have one, too
        if record is not None and record[1]:
            yield from [".TP", rf"\fB{escaped(record[0])}\fR", escaped(record[1])]
    yield from _subcommands(context)
    yield from _epilog(command.epilog or "")
    yield from _see_also(context)


def _subcommands(context: click.Context) -> Iterator[str]:
    if not isinstance(context.command, click.Group):
        return
    yield ".SH COMMANDS"
    for command in _commands(context.command):
        yield from [".TP", rf"\fB{escaped(f'{context.command_path} {command.name}')}\fR"]
        yield escaped(command.get_short_help_str(limit=200))


def _epilog(epilog: str) -> Iterator[str]:
    """A section for each paragraph that begins with a title; the rest is notes."""
    notes: list[str] = []
    for paragraph in _paragraphs(epilog):
        title, _, rest = paragraph.removeprefix("\b\n").partition("\n")
        if paragraph.startswith("\b") and title.endswith(":") and rest:
            yield from [f'.SH "{escaped(title[:-1].upper())}"', *_body(f"\b\n{inspect.cleandoc(rest)}")]
        else:
            notes.append(paragraph)
    if notes:
        yield from [".SH NOTES", *_separated(notes)]


def _see_also(context: click.Context) -> Iterator[str]:
    root = context.find_root()
    assert isinstance(root.command, click.Group)
    names = [_page(root), *(f"{_page(root)}-{command.name}" for command in _commands(root.command))]
    others = [name for name in names if name != _page(context)]
    # neither hyphens nor stretched spaces in a list of names
    yield from [".SH SEE ALSO", ".nh", ".ad l"]
    yield from [rf"\fB{escaped(name)}\fR(1){',' if name != others[-1] else ''}" for name in others]


def _paragraphs(text: str) -> list[str]:
    return [each.strip("\n") for each in re.split(r"\n[ \t]*\n", inspect.cleandoc(text)) if each.strip()]


def _separated(paragraphs: Sequence[str]) -> Iterator[str]:
    for index, paragraph in enumerate(paragraphs):
        yield from [*([".PP"] if index else []), *_body(paragraph)]


def _body(paragraph: str) -> list[str]:
    """The lines of a paragraph: as they are after a backspace, as in click's help, and otherwise filled."""
    if not paragraph.startswith("\b"):
        return [escaped(paragraph)]
    return [".nf", escaped(paragraph.removeprefix("\b\n")), ".fi"]


def write(folder: Path) -> list[Path]:
    """Write the pages of this checkout's tvtui into a folder, and return their paths."""
    from tvtui import __version__
    from tvtui.cli.group import command_line

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, page in pages(command_line, "tvtui", __version__).items():
        written.append(folder / name)
        written[-1].write_text(page, encoding="ascii", newline="\n")
    return written


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    sys.stdout.writelines(f"{path}\n" for path in write(Path(sys.argv[1])))

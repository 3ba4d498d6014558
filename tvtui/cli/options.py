"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from tvtui.reporters.formats import FORMATS

if TYPE_CHECKING:
    from tvtui.watch.request import Mode


Command = Callable[..., Any]


def _together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return a decorator that adds options, which `--help` lists in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def _themes(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    from tvtui.settings.values import THEME_NAMES

    return [name for name in THEME_NAMES if name.startswith(incomplete)]


def _on_finish_command(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise click.BadParameter("the command is empty; put it in quotes.")
    return value


def _file_name(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise click.BadParameter("the name of the file is empty; - is stdout.")
    return value


GITHUB_WORDS = ("annotations", "outputs", "summary")


def _github_words(_context: click.Context, _option: click.Parameter, value: str | None) -> frozenset[str]:
    words = frozenset(word.strip().lower() for word in (value or "").split(",")) - {""}
    if value is not None and (not words or not words.issubset(GITHUB_WORDS)):
        raise click.BadParameter(f"expected {', '.join(GITHUB_WORDS)}, or several of them separated by commas.")
    return words


report_options = _together(
    *(
        click.option(f"--{row.name}", metavar="FILE", callback=_file_name, help=row.help, type=click.Path())
        for row in FORMATS
    ),
    click.option(
        "--github",
        metavar="WORDS",
        callback=_github_words,
        help="For GitHub Actions: annotations, outputs, summary (of watches automatic); separated by commas.",
    ),
)
"""What is written about runs when everything is known of them."""

_output_option = click.option("--output", metavar="DIR", help="Save artifacts in DIR/run-RUN_ID.  [tvtui-artifacts]")

screen_options = _together(
    click.option("--board", is_flag=True, help="Start with the board, readable from across the room."),
    click.option(
        "--theme",
        metavar="NAME",
        shell_complete=_themes,
        help="Color theme: tvtui, tvtui-light, tvtui-safe (color-blind safe), ansi-dark ...  [as the terminal]",
    ),
    click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal, such as for selecting text."),
    click.option("--lines", is_flag=True, help="Print one line per change instead of a screen."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object per change instead of a screen."),
    click.option("--linear", is_flag=True, help="Print sentences for screen readers instead of a screen."),
)
"""How a run is shown, which `mode` reads."""

display_options = _together(
    _output_option,
    screen_options,
    click.option("--no-notify", is_flag=True, help="Do not notify of the first failure and the end."),
    click.option(
        "--on-finish",
        metavar="COMMAND",
        callback=_on_finish_command,
        help="Shell command to run when a run ends; its environment has TVTUI_RESULT etc.",
    ),
    report_options,
    click.option("--no-summary", is_flag=True, help="Add no summary to the page of a GitHub Actions job."),
)
"""How a watch is shown, and what happens at its end."""

recording_options = _together(
    click.option("--project", metavar="ID", help="Project of the run, if several have one of this number."),
    click.option("--server", metavar="URL", help="Server of the run, if several have one of this number."),
    click.option("--output", metavar="DIR", help="Folder of downloaded artifacts, DIR/run-RUN_ID.  [tvtui-artifacts]"),
    screen_options,
)
"""Everything that a recording can be shown with."""

connection_options = _together(
    click.option("--project", metavar="ID", help="Project ID, a GUID."),
    click.option("--server", metavar="URL", help="TestVibe server URL, https://HOST[:PORT][/PREFIX]."),
    click.option("--insecure-http", is_flag=True, help="Allow http://, which sends the key unencrypted."),
)

verdict_options = _together(
    click.option(
        "--new-only", is_flag=True, help="Exit with 1 only if a failure is new: not in the last run watched here."
    ),
    click.option("--fail-on-flaky", is_flag=True, help="Exit with 1 if a run passed, but a test was flaky."),
)
"""What counts as a failure for the exit code."""

watch_options = _together(
    click.option("--follow", is_flag=True, help="Continue with runs that you start from tvtui on this machine."),
    click.option("--interval", metavar="SECONDS", help="Pause between a response and the next request.  [2]"),
    click.option("--timeout", metavar="SECONDS", help="Give up after this long without a valid response.  [never]"),
    click.option("--max-time", metavar="SECONDS", help="Stop watching after this long, with exit code 5.  [never]"),
    verdict_options,
    display_options,
)
"""Everything that a watch on a real server can be given."""


def parse_speed(typed: str) -> float:
    """Return how many times faster time passes.

    Raises:
        click.UsageError: It is no number, or none that makes sense.
    """
    try:
        speed = float(typed)
    except ValueError:
        speed = 0.0
    if not 0.1 <= speed <= 1000:
        from tvtui.text.redact import quoted

        raise click.UsageError(f"""--speed must be a number from 0.1 to 1000, not {quoted(typed, 60, "'")}.""")
    return speed


def mode(flags: Mapping[str, object]) -> Mode | None:
    """Return the mode that the options ask for; None if they do not say.

    Raises:
        click.UsageError: The options contradict each other.
    """
    from tvtui.watch.request import Mode

    modes = {"lines": Mode.LINES, "as_json": Mode.JSON, "linear": Mode.LINEAR}
    chosen = [mode for name, mode in modes.items() if flags[name]]
    if len(chosen) > 1:
        raise click.UsageError("Use only one of --lines, --json and --linear.")
    if chosen and flags["board"]:
        raise click.UsageError(f"Use either --board or --{chosen[0].value}.")
    if chosen == [Mode.LINEAR] and flags.get("follow"):
        raise click.UsageError("Use either --follow or --linear.")
    return chosen[0] if chosen else None

"""The command line: options become settings, a watch is started, its outcome becomes the exit code."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from tvtui import __version__
from tvtui.exit_code import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from tvtui.session import Mode
    from tvtui.settings import Settings

_Deed = Callable[[], int]
"""What a command line asks for, done outside of click, which has its own ways with signals and broken pipes."""

_KEY_OPTION = re.compile(r"--?(?:api[-_]?)?(?:key|token)(?:=.*)?", re.IGNORECASE | re.DOTALL)

# \b keeps click from filling the paragraph
_GENERAL_EPILOG = """\b
Examples:
  tvtui demo                        a run of the built-in demo, nothing to set up
  tvtui watch 214                   run 214 of the configured project
  tvtui watch 214 --json | jq .     every change as one JSON object
  tvtui watch 214 && ./deploy.sh    goes on only when the run has passed

\b
Configuration, first match wins:
  flags, then TESTVIBE_SERVER, TESTVIBE_API_KEY and TESTVIBE_PROJECT,
  then the repository's .tvtui.toml (no key there), then your own config.toml

\b
Exit codes:
  0 passed   1 failed   2 wrong usage or configuration   3 key refused
  4 no such run or project   5 contact lost   6 left before the end   130 interrupted
"""
_WATCH_EPILOG = """\b
Examples:
  tvtui watch 214
  tvtui watch https://testvibe.acme.example/runs/214
  tvtui watch 214 --lines --timeout 300
  tvtui watch 214 --json > run.ndjson
"""
_DEMO_EPILOG = """\b
Examples:
  tvtui demo
  tvtui demo flaky-network --speed 4
  tvtui demo --list
"""


def main(args: Sequence[str] | None = None) -> int:
    """Do what the command line says; what users do wrong becomes a sentence, never a traceback.

    Args:
        args: The words behind the program's name; those of this process if None, which then ends here.

    Returns:
        The exit code, one of `ExitCode` or 128 + the number of a signal.
    """
    try:
        code = _main(sys.argv[1:] if args is None else list(args))
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        code = ExitCode.LEFT
    except OSError as error:
        if args is not None or error.errno not in {errno.ENOSPC, errno.EIO}:
            raise
        code = ExitCode.LEFT
        _complain(f"The output cannot be written: {error.strerror}.")
    except Exception as error:
        if args is not None:
            raise
        from tvtui.crash import report

        _complain(report(error))
        code = ExitCode.CRASHED
    if args is None:
        # Everything is written and flushed. An orderly end would wait for threads that still look up a host's
        # name, flush into pipes that nobody reads, and take 100 ms for tidying that nobody sees.
        os._exit(code)
    return code


def _main(words: list[str]) -> int:
    if any("tvb_" in word or _KEY_OPTION.fullmatch(word) for word in words):
        return _complain(_key_belongs_elsewhere())
    try:
        deed = commands.main(words, prog_name="tvtui", standalone_mode=False)
    except click.Abort:
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        return _complain(_sentence(error))
    return deed() if callable(deed) else ExitCode.PASSED


def _complain(*sentences: str) -> int:
    from tvtui.text import clean_line

    for sentence in sentences:
        # a sentence can quote a path or a file, and these can hold anything
        click.echo(f"tvtui: {clean_line(sentence)}", err=True)
    return ExitCode.USAGE


def _sentence(error: click.ClickException) -> str:
    from tvtui.text import clean_line

    path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "tvtui"
    return f"{clean_line(error.format_message()).rstrip('.')}. See {path} --help."


def _key_belongs_elsewhere() -> str:
    from tvtui.settings_files import USER_FILE, config_folder

    return (
        "A key never belongs on the command line, where other users and the shell's history can see it: "
        f"set TESTVIBE_API_KEY, or api_key in {config_folder() / USER_FILE}; revoke a key that was typed here."
    )


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_GENERAL_EPILOG,
    no_args_is_help=False,
)
@click.version_option(__version__, message="tvtui %(version)s")
def commands() -> None:
    """Watch TestVibe runs in the terminal."""


@commands.command(epilog=_WATCH_EPILOG)
@click.argument("run_id", metavar="RUN_ID")
@click.option("--project", metavar="ID", help="The project's id, a GUID.")
@click.option("--server", metavar="URL", help="Where TestVibe is, https://HOST[:PORT][/PREFIX].")
@click.option("--interval", metavar="SECONDS", help="Pause between an answer and the next request.  [2]")
@click.option("--timeout", metavar="SECONDS", help="Give up after so long without a good answer.  [never]")
@click.option("--lines", is_flag=True, help="One line per change instead of the screen.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per change instead of the screen.")
@click.option("--insecure-http", is_flag=True, help="Allow http://, which sends the key in the clear.")
def watch(run_id: str, *, lines: bool, as_json: bool, **flags: object) -> _Deed:
    """Watch a run until it ends.

    RUN_ID is a number such as 214, '#214', or a link that ends in /runs/214. Without a terminal
    the output is one line per change, as with --lines.
    """
    return partial(_watch, run_id, flags, _mode(lines=lines, as_json=as_json))


def _scenarios(_context: click.Context, _argument: click.Parameter, incomplete: str) -> list[str]:
    from tvtui.demo.scenarios import SCENARIOS

    return [name for name in SCENARIOS if name.startswith(incomplete)]


@commands.command(short_help="Watch a run of the built-in demo.", epilog=_DEMO_EPILOG)
@click.argument("scenario", default="default", shell_complete=_scenarios)
@click.option("--speed", type=float, default=1.0, metavar="N", help="Let time pass N times as fast.  [1]")
@click.option("--list", "list_them", is_flag=True, help="Show the scenarios and leave.")
@click.option("--lines", is_flag=True, help="One line per change instead of the screen.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per change instead of the screen.")
def demo(scenario: str, *, speed: float, list_them: bool, lines: bool, as_json: bool) -> _Deed:
    """Watch a run of the built-in demo: a small TestVibe on this machine, nothing to set up."""
    if list_them:
        return _list_scenarios
    if not 0.1 <= speed <= 1000:
        raise click.UsageError("--speed must be a number from 0.1 to 1000.")
    return partial(_demo, scenario, speed, _mode(lines=lines, as_json=as_json))


def _mode(*, lines: bool, as_json: bool) -> Mode | None:
    """The way that was asked for; None: the screen if there is a terminal, else lines."""
    from tvtui.session import Mode

    if lines and as_json:
        raise click.UsageError("Give --lines or --json, not both.")
    return Mode.LINES if lines else Mode.JSON if as_json else None


def _watch(run_id: str, flags: Mapping[str, object], mode: Mode | None) -> int:
    from tvtui import session
    from tvtui.settings import SettingsError, load, parse_run_id

    problems: list[str] = []
    warnings: tuple[str, ...] = ()
    number, settings = 0, None
    try:
        number = parse_run_id(run_id)
    except ValueError as error:
        problems.append(str(error))
    try:
        settings = load(flags, os.environ, _working_folder())
        warnings = settings.warnings
    except SettingsError as error:
        problems.extend(error.problems)
        warnings = error.warnings
    if settings is not None and (elsewhere := _other_host(run_id, settings.server)):
        warnings = (*warnings, elsewhere)
    for warning in warnings:
        click.echo(f"tvtui: warning: {warning}", err=True)
    if settings is None or problems:
        return _complain(*problems)

    def renew() -> Settings:
        return load(flags, os.environ, _working_folder())

    given = ((f"--{name}", flags[name]) for name in ("server", "project") if flags.get(name))
    again = ["tvtui", "watch", str(number), *(str(word) for option in given for word in option)]
    if settings.insecure_http:
        again.append("--insecure-http")
    return session.run(settings, number, mode, again=again, renew=renew)


def _other_host(run_id: str, server: str) -> str:
    """A warning when a run's link leads to another host than the server that will be asked."""
    from urllib.parse import urlsplit

    try:
        linked, asked = urlsplit(run_id).hostname, urlsplit(server).hostname
    except ValueError:
        return ""
    if linked is None or linked == asked:
        return ""
    from tvtui.text import clean_line

    return f"The link leads to {clean_line(linked)}, but {asked} is asked, which TESTVIBE_SERVER or --server names."


def _working_folder() -> Path | None:
    from pathlib import Path

    try:
        return Path.cwd()
    except OSError:
        return None


def _list_scenarios() -> int:
    from tvtui.demo.scenarios import SCENARIOS

    width = max(map(len, SCENARIOS))
    click.echo("\n".join(f"{name:<{width}}  {scenario.description}" for name, scenario in SCENARIOS.items()))
    return ExitCode.PASSED


def _demo(scenario: str, speed: float, mode: Mode | None) -> int:
    from tvtui import session
    from tvtui.demo.scenarios import SCENARIOS
    from tvtui.demo.server import DemoServer
    from tvtui.settings import ApiKey, Settings
    from tvtui.text import clean_line

    if scenario not in SCENARIOS:
        return _complain(f"There is no scenario '{clean_line(scenario)}'; there are {', '.join(SCENARIOS)}.")
    with DemoServer(scenario, speed=speed) as server:
        # polled as much more often as time passes faster, so that nothing of the story is missed
        settings = Settings(server.url, ApiKey(server.api_key), server.project, interval=max(0.1, 2 / speed))
        again = ["tvtui", "demo", *([] if scenario == "default" else [scenario])]
        return session.run(settings, server.run_id, mode, again=again)

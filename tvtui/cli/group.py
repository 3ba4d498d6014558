"""All commands, and the help that applies to each of them."""

from __future__ import annotations

import sys
from functools import partial

import click

from tvtui import __version__
from tvtui.cli.commands.artifacts import artifacts
from tvtui.cli.commands.demo import demo
from tvtui.cli.commands.diff import diff
from tvtui.cli.commands.open import open_
from tvtui.cli.commands.replay import replay
from tvtui.cli.commands.report import report
from tvtui.cli.commands.run import run
from tvtui.cli.commands.runs import runs
from tvtui.cli.commands.trace import trace
from tvtui.cli.commands.trust import trust
from tvtui.cli.commands.watch import watch
from tvtui.cli.exit_codes import ExitCode
from tvtui.cli.request import Action, Environment

# \b keeps click from filling the paragraph
_EPILOG = """\b
Examples:
  tvtui demo                        watch the built-in demo, no setup needed
  tvtui watch 214                   watch run 214 of the configured project
  tvtui run 12                      start a run of feature 12 and watch it
  tvtui watch 214 --json | jq .     print every change as a JSON object
  tvtui watch 214 && ./deploy.sh    continue only if the run passes
  tvtui watch 214 --junit j.xml     also write a report for the pipeline
  tvtui artifacts 214 --kind trace  save the traces of a run
  tvtui trace trace.zip             print a Playwright trace: what failed
  tvtui runs                        list the runs that were watched here
  tvtui diff 213 214                compare two of them
  tvtui open 214                    show one of them, without a server
  tvtui replay 214 --speed 10       play it again
  tvtui --version --json            print what a bug report should have

\b
Configuration, in order of precedence:
  options, then TESTVIBE_SERVER, TESTVIBE_API_KEY and TESTVIBE_PROJECT,
  then .tvtui.toml in the repository (without a key), then your config.toml;
  your key goes only to servers that you named or trusted (see tvtui trust -h)

\b
Exit codes:
  0 passed   1 failed   2 wrong usage or configuration   3 API key rejected
  4 run or project not found   5 connection lost   6 quit before the end
  7 not started   70 a bug in tvtui
  74 passed, but a report could not be written
  130 interrupted   128+n ended by signal n
"""


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
)
@click.option("--version", is_flag=True, is_eager=True, help="Show the version and exit.")
@click.option("--json", "as_json", is_flag=True, help="With --version: all that a bug report needs, as one object.")
@click.pass_context
def command_line(context: click.Context, *, version: bool, as_json: bool) -> Action | None:
    """Watch TestVibe runs in the terminal."""
    if version and context.invoked_subcommand:
        raise click.UsageError("--version takes no command.")
    if version:
        return partial(_print_version, as_json)
    if as_json:
        raise click.UsageError("--json is an option of --version and of commands, such as tvtui watch 214 --json.")
    return None if context.invoked_subcommand else partial(_print_help, context.get_help())


def _print_version(as_json: bool, environment: Environment) -> ExitCode:
    from tvtui.text.output import print_lines

    if as_json:
        from tvtui.cli.versions import report

        line = report(environment.variables)
    else:
        line = f"tvtui {__version__}"
    print_lines(sys.stdout, [line])
    return ExitCode.PASSED


def _print_help(text: str, _environment: Environment) -> ExitCode:
    """Print the help; nothing has passed, so that `tvtui $WORDS && deploy` does not deploy without any words."""
    from tvtui.text.output import print_lines

    print_lines(sys.stdout, text.splitlines())
    return ExitCode.USAGE


command_line.add_command(watch)
command_line.add_command(run)
command_line.add_command(report)
command_line.add_command(artifacts)
command_line.add_command(trace)
command_line.add_command(runs)
command_line.add_command(diff)
command_line.add_command(open_)
command_line.add_command(replay)
command_line.add_command(trust)
command_line.add_command(demo)

"""All commands under one name, and the help that is common to them."""

from __future__ import annotations

import click

from tvtui import __version__
from tvtui.cli.commands.artifacts import artifacts
from tvtui.cli.commands.demo import demo
from tvtui.cli.commands.run import run
from tvtui.cli.commands.watch import watch

# \b keeps click from filling the paragraph
_GENERAL_EPILOG = """\b
Examples:
  tvtui demo                        a run of the built-in demo, nothing to set up
  tvtui watch 214                   run 214 of the configured project
  tvtui run 12                      starts a run of feature 12 and watches it
  tvtui watch 214 --json | jq .     every change as one JSON object
  tvtui watch 214 && ./deploy.sh    goes on only when the run has passed
  tvtui artifacts 214 --kind trace  saves what the run has left behind

\b
Configuration, first match wins:
  flags, then TESTVIBE_SERVER, TESTVIBE_API_KEY and TESTVIBE_PROJECT,
  then the repository's .tvtui.toml (no key there), then your own config.toml

\b
Exit codes:
  0 passed   1 failed   2 wrong usage or configuration   3 key refused
  4 no such run or project   5 contact lost   6 left before the end   7 not started
  70 a bug in tvtui   130 interrupted   128+n ended by signal n
"""


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_GENERAL_EPILOG,
    no_args_is_help=False,
)
@click.version_option(__version__, message="tvtui %(version)s")
def command_line() -> None:
    """Watch TestVibe runs in the terminal."""


command_line.add_command(watch)
command_line.add_command(run)
command_line.add_command(artifacts)
command_line.add_command(demo)

"""`tvtui demo`: a watch of a run on the built-in TestVibe look-alike."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from tvtui.cli.exit_codes import ExitCode
from tvtui.cli.options import Deed, complain_lazily, form_options, mode, notification_options

if TYPE_CHECKING:
    from tvtui.cli.request import Mode


_EPILOG = """\b
Examples:
  tvtui demo
  tvtui demo flaky-network --speed 4
  tvtui demo default passed visual
  tvtui demo --list
"""


def _scenarios(_context: click.Context, _argument: click.Parameter, incomplete: str) -> list[str]:
    from tvtui.demo.scenarios import SCENARIOS

    return [name for name in SCENARIOS if name.startswith(incomplete)]


@click.command(short_help="Watch a run of the built-in demo.", epilog=_EPILOG)
@click.argument("scenarios", metavar="[SCENARIO]...", nargs=-1, shell_complete=_scenarios)
@click.option("--speed", default="1", metavar="N", help="Let time pass N times as fast.  [1]")
@click.option("--list", "list_them", is_flag=True, help="Show the scenarios and leave.")
@form_options
@notification_options
def demo(scenarios: tuple[str, ...], *, speed: str, list_them: bool, **flags: object) -> Deed:
    """Watch a run of the built-in demo: a small TestVibe on this machine, nothing to set up.

    Several scenarios are several runs, a tab each.
    """
    if list_them:
        return _list_scenarios
    return partial(_demo, scenarios or ("default",), _speed(speed), flags, mode(flags))


def _speed(typed: str) -> float:
    try:
        speed = float(typed)
    except ValueError:
        speed = 0.0
    if not 0.1 <= speed <= 1000:
        raise click.UsageError(f"--speed must be a number from 0.1 to 1000, not '{typed[:60]}'.")
    return speed


def _list_scenarios() -> int:
    from tvtui.demo.scenarios import SCENARIOS

    width = max(map(len, SCENARIOS))
    click.echo("\n".join(f"{name:<{width}}  {scenario.description}" for name, scenario in SCENARIOS.items()))
    return ExitCode.PASSED


def _demo(scenarios: Sequence[str], speed: float, flags: Mapping[str, object], way: Mode | None) -> int:
    from tvtui.cli import frontend
    from tvtui.demo.scenarios import SCENARIOS
    from tvtui.demo.server import DemoServer
    from tvtui.demo.timeline import RUN_ID
    from tvtui.settings.api_key import ApiKey
    from tvtui.settings.paths import working_folder
    from tvtui.settings.settings import Settings, SettingsError, load_for
    from tvtui.text.clean import clean_line

    for scenario in scenarios:
        if scenario not in SCENARIOS:
            return complain_lazily(f"There is no scenario '{clean_line(scenario)}'; there are {', '.join(SCENARIOS)}.")
    with DemoServer(runs=dict(enumerate(scenarios, RUN_ID)), speed=speed) as server:
        # polled as much more often as time passes faster, so that nothing of the story is missed
        known = Settings(server.url, ApiKey(server.api_key), server.project, interval=max(0.1, 2 / speed))
        try:
            settings = load_for(known, flags, os.environ, working_folder())
        except SettingsError as error:
            return complain_lazily(*error.problems)
        command = flags["on_finish"] if isinstance(flags["on_finish"], str) else None
        again = ["tvtui", "demo", *([] if scenarios == ("default",) else scenarios)]
        return frontend.run(
            replace(settings, output_is_for_one_run=False),
            server.run_ids,
            way,
            again=lambda _run_id: again,
            on_finish=command,
            board=bool(flags["board"]),
        )

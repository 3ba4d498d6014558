"""`tvtui demo`: watches runs on a built-in imitation of TestVibe."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from tvtui.cli.exit_codes import ExitCode, usage_error
from tvtui.cli.options import display_options, mode, parse_speed
from tvtui.cli.request import Action, Environment, with_display_options
from tvtui.cli.stderr import complain

if TYPE_CHECKING:
    from tvtui.watch.request import Mode


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
@click.option("--speed", default="1", metavar="N", help="Speed up time N times.  [1]")
@click.option("--list", "list_them", is_flag=True, help="List the scenarios and exit.")
@display_options
def demo(scenarios: tuple[str, ...], *, speed: str, list_them: bool, **flags: object) -> Action:
    """Watch a run of the built-in demo: a small TestVibe on this machine, nothing to set up.

    Each scenario is a run in a separate tab.
    """
    if list_them:
        return _list_scenarios
    return partial(_demo, scenarios or ("default",), parse_speed(speed), flags, mode(flags))


def _list_scenarios(_environment: Environment) -> int:
    from tvtui.demo.scenarios import SCENARIOS
    from tvtui.text.output import print_lines

    width = max(map(len, SCENARIOS))
    print_lines(sys.stdout, (f"{name:<{width}}  {scenario.description}" for name, scenario in SCENARIOS.items()))
    return ExitCode.PASSED


def _demo(
    scenarios: Sequence[str], speed: float, flags: Mapping[str, object], mode: Mode | None, environment: Environment
) -> int:
    from tvtui.cli.demo_memory import DemoMemory
    from tvtui.demo.scenarios import SCENARIOS
    from tvtui.demo.server import DemoServer
    from tvtui.demo.timeline import RUN_ID
    from tvtui.settings.api_key import ApiKey
    from tvtui.settings.paths import working_folder
    from tvtui.settings.settings import DEMO, Settings, SettingsError, load_for
    from tvtui.text.redact import quoted
    from tvtui.watch.request import WatchRequest

    for scenario in scenarios:
        if scenario not in SCENARIOS:
            return usage_error(f"""Unknown scenario {quoted(scenario, 60, "'")}. Available: {", ".join(SCENARIOS)}.""")
    runs = dict(enumerate(scenarios, RUN_ID))
    with DemoServer(runs=runs, speed=speed) as server:
        known = Settings(
            server.url,
            ApiKey(server.api_key),
            server.project,
            # polled more often as time passes faster, so that no step of the story is missed
            interval=max(0.1, 2 / speed),
            server_source=DEMO,
        )
        try:
            settings = load_for(
                known, flags, environment.variables, working_folder(), config_dir=environment.config_folder
            )
        except SettingsError as error:
            complain(*(f"warning: {warning}" for warning in error.warnings))
            return usage_error(*error.problems)
        complain(*(f"warning: {warning}" for warning in settings.warnings))
        request = WatchRequest(
            settings=settings,
            run_ids=server.run_ids,
            command=partial(_command, runs),
            memory=DemoMemory(runs, server.url, server.project, speed=speed),
        )
        return environment.watch(with_display_options(request, flags, mode))


def _command(runs: Mapping[int, str], run_ids: Sequence[int]) -> list[str]:
    """The words of the command that watches such runs again.

    A run that was started during the demo ends with it, so no command can watch it again: it is left out. If there are
    no others, the command starts the same demo again.
    """
    names = [runs[run_id] for run_id in run_ids if run_id in runs] or list(runs.values())
    return ["tvtui", "demo", *([] if names == ["default"] else names)]

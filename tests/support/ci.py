"""Which lines of a step's output CI systems take for commands, by the rules of their own readers.

Any name counts as that of a command: after `::stop-commands::TOKEN`, a line with the token is one too.
"""

from __future__ import annotations

import re

_GITHUB = re.compile(r"\s*::(?P<name>.*?)::(?P<data>.*)")
"""`::name key=value,key=value::data`, after white space (actions/runner, `ActionCommand.TryParseV2`)."""

_GITHUB_ANYWHERE = re.compile(r".*?##\[(?P<name>[^\]]*)\](?P<data>.*)")
"""`##[name key=value;key=value]data`, from the first `##[` on (`ActionCommand.TryParse`); Azure's `##[group]` too."""

_AZURE = re.compile(r".*?##vso\[(?P<name>[^\]]*)\](?P<data>.*)", re.IGNORECASE)
"""`##vso[area.action key=value;…]data`, anywhere in the line."""

_TEAMCITY = re.compile(r".*?##teamcity\[", re.IGNORECASE)
"""`##teamcity[name key='value']`, anywhere in the line."""


def commands(output: str) -> list[str]:
    """The lines that GitHub Actions, Azure Pipelines or TeamCity would act on."""
    lines = re.split(r"\r\n|\r|\n", output)
    return [line for line in lines if any(each.match(line) for each in (_GITHUB, _GITHUB_ANYWHERE, _AZURE, _TEAMCITY))]

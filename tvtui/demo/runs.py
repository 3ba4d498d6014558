"""The runs that a demo's server knows, each with its own beginning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from tvtui.demo.scenarios import SCENARIOS, Scenario
from tvtui.demo.timeline import RUN_ID, Json, stamped


class DemoRun(NamedTuple):
    """One run.

    Attributes:
        run_id: Its number.
        scenario: What it is, and how its server behaves.
        begun: Real seconds from the server's beginning to the run's own: second 0 of its script.
        changes: Fields of the digest that were asked for when it was dispatched, such as `config`.
    """

    run_id: int
    scenario: Scenario
    begun: float = 0.0
    changes: Mapping[str, object] = {}

    def seconds(self, passed: float, speed: float) -> float:
        """Where in its script the run is when `passed` real seconds have passed since the server's beginning."""
        return (passed - self.begun) * speed

    def digest(self, seconds: float, *, started: datetime, speed: float) -> Json:
        """What a good answer holds at `seconds` of the script, for a server that began at `started`."""
        digest = {**self.scenario.digest_at(max(0.0, seconds)), **self.changes}
        if self.run_id != RUN_ID:
            digest["runId"] = self.run_id
        return stamped(digest, started=started + timedelta(seconds=self.begun), speed=speed)

    def is_of(self, feature: str) -> bool:
        """Whether it ran this feature: its number, or its name whatever the case."""
        digest = self.scenario.digest_at(0.0)
        names = (str(digest.get("featureId")), str(digest.get("featureName")))
        return feature.casefold() in {name.casefold() for name in names}


def begun_together(scenarios: Mapping[int, str | Scenario]) -> dict[int, DemoRun]:
    """Runs that begin with their server.

    Args:
        scenarios: By the number of the run, each one's own or the name of one of `SCENARIOS`.

    Raises:
        ValueError: There is no scenario of that name.
    """
    runs = {}
    for run_id, one in scenarios.items():
        if isinstance(one, str) and one not in SCENARIOS:
            raise ValueError(f"There is no scenario {one!r}: choose one of {', '.join(SCENARIOS)}.")
        runs[run_id] = DemoRun(run_id, SCENARIOS[one] if isinstance(one, str) else one)
    return runs


def rows_of(digest: Json) -> Iterator[Json]:
    """The artifacts that a digest lists."""
    rows = digest.get("artifacts")
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict):
            yield row

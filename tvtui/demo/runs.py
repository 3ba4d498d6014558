"""The runs of the demo's server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from tvtui.demo.scenarios import Scenario
from tvtui.demo.timeline import Json, stamped


class DemoRun(NamedTuple):
    """One run.

    Attributes:
        run_id: Its ID.
        scenario: How it proceeds, and how its server behaves.
        offset: Real seconds from the start of the server to second 0 of the run's script.
        changes: Fields of the digest that were requested when it was started, such as `config`.
    """

    run_id: int
    scenario: Scenario
    offset: float = 0.0
    changes: Mapping[str, object] = {}

    def seconds(self, passed: float, speed: float) -> float:
        """The seconds of its script at `passed` real seconds after the start of the server."""
        return (passed - self.offset) * speed

    def digest(self, seconds: float, *, started: datetime, speed: float) -> Json:
        """The digest at `seconds` of the script, for a server that was started at `started`."""
        digest = {**self.scenario.digest_at(max(0.0, seconds)), **self.changes, "runId": self.run_id}
        return stamped(digest, started=started + timedelta(seconds=self.offset), speed=speed)

    def has_feature(self, feature: str) -> bool:
        """Whether it is a run of this feature, given by number or by name in any case."""
        digest = self.scenario.digest_at(0.0)
        names = (str(digest.get("featureId")), str(digest.get("featureName")))
        return feature.casefold() in {name.casefold() for name in names}


def rows_of(digest: Json) -> Iterator[Json]:
    """The artifacts of a digest."""
    rows = digest.get("artifacts")
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict):
            yield row

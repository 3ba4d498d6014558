"""The scenarios of the demo, by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from tvtui.demo import faults, hostile, recordings
from tvtui.demo.faults import Fault, FaultPlan
from tvtui.demo.timeline import Json, Recording, Script, Timeline

DigestAt = Callable[[float], Json]
"""The digest at some seconds, with times in seconds (`timeline.stamped` turns them into dates); pure."""


def _never(_number: int, _where: object) -> Fault | None:
    return None


class Scenario(NamedTuple):
    """A run, and how its server behaves.

    Attributes:
        name: The name on the command line.
        description: One line for the list.
        digest_at: The run.
        fault_at: The faults of the server.
        storage_fault_at: The faults of the storage, by the number of the request for an artifact (from 1) and the
            artifact's path.
        feature: The folder in `features/` with the feature; "" to make one up from the digest.
        has_diagnosis: Whether the server supports diagnoses.
        is_generated: Whether the feature is generated and can be run again.
    """

    name: str
    description: str
    digest_at: DigestAt
    fault_at: FaultPlan = _never
    storage_fault_at: Callable[[int, str], Fault | None] = _never
    feature: str = ""
    has_diagnosis: bool = True
    is_generated: bool = True


def _plays(recording: Callable[[], Recording], timeline: Timeline) -> DigestAt:
    """Play a recording, which is made when it is first needed."""
    script = cache(lambda: Script(recording(), timeline))
    return lambda seconds: script().digest_at(seconds)


def _recorded(name: str, timeline: Timeline) -> DigestAt:
    return _plays(lambda: recordings.recorded(name), timeline)


def _bad_storage_fault(number: int, path: str) -> Fault | None:
    """Each kind of artifact fails in its own way at the first request, and some always."""
    if path.startswith("trace/"):
        turn = {1: faults.expired(), 2: faults.cut_off()} if "locked-out" in path else {1: faults.cut_off()}
        return turn.get(number)
    if path.startswith("videos/"):
        return faults.throttled(8_000)
    if path.startswith("report/"):
        return faults.throttled(60_000)
    if path.startswith("logs/"):
        return faults.deleted()
    return faults.reset() if number == 1 and "tax" in path else None


_STORY = Timeline(queued=3, silent=4, results=21.6, tail=1.4, late=2)
"""The durations of its tests add up to 21.6 s, as if they ran one after the other."""

_MANY_TESTS = Timeline(queued=1, silent=2, results=20, late=2)

_DEFAULT_FEATURE = "login-and-checkout"
_default = _recorded("login-and-checkout", _STORY)
_ended = _recorded("login-and-checkout", _STORY._replace(ahead=60))
_ON_A_FLAKY_NETWORK = {
    3: faults.reset(),
    5: faults.html(503),
    6: faults.html(),
    8: faults.slow(1.5),
    9: faults.busy(3),
    11: faults.truncated(),
}
"""By the number of the request, so that each occurs once however often the client polls."""

_HOSTILE_ERROR = faults.refusal(500, "\x1b[2J[red]error[/]", " ".join(hostile.TEXTS.values()))
_hostile = _plays(hostile.hostile, Timeline(queued=1, silent=1, results=3, tail=1, late=1))

_ALL = (
    Scenario(
        "default",
        "queued, then running, then failed with seven kinds of failure; about 30 s",
        _default,
        feature=_DEFAULT_FEATURE,
    ),
    Scenario("passed", "all tests pass", _recorded("smoke", Timeline(queued=2, silent=2, results=6))),
    Scenario(
        "notests",
        "fails before any tests run; only the log shows why",
        _recorded("syntax", Timeline(queued=2, silent=3, results=0)),
        feature="syntax",
    ),
    Scenario(
        "flaky-network",
        "the default run with resets, 503, 429, HTML, slow and truncated responses",
        _default,
        lambda number, _seconds: _ON_A_FLAKY_NETWORK.get(number),
        feature=_DEFAULT_FEATURE,
    ),
    Scenario("large", "1,000 tests", _plays(lambda: recordings.many(1_000), _MANY_TESTS)),
    Scenario("huge", "10,000 tests", _plays(lambda: recordings.many(10_000), _MANY_TESTS)),
    Scenario(
        "hostile",
        "markup, escape sequences and other hostile text in every field",
        lambda seconds: hostile.rewritten(_hostile(seconds)),
        lambda number, _seconds: _HOSTILE_ERROR if number == 3 else None,
    ),
    Scenario(
        "long",
        "very long lines and names, and an error and a log of maximum length",
        _plays(recordings.long, Timeline(queued=1, silent=1, results=3)),
    ),
    Scenario(
        "matrix",
        "400 parameterized tests, 11 of which fail",
        _plays(recordings.matrix, Timeline(queued=1, silent=2, results=10)),
        feature="matrix",
    ),
    Scenario(
        "visual",
        "failed screenshot comparisons with expected, actual and diff images",
        _recorded("visual", Timeline(queued=2, silent=2, results=8, late=2)),
        feature="visual",
    ),
    Scenario(
        "trace",
        "a finished run with Playwright traces: five kinds of failure, and a pass",
        _recorded("trace", Timeline(queued=1, silent=1, results=8, ahead=60)),
        feature="trace",
    ),
    Scenario(
        "bad-storage",
        "a finished run with unreliable downloads: expired, interrupted, slow",
        _ended,
        storage_fault_at=_bad_storage_fault,
        feature=_DEFAULT_FEATURE,
    ),
    Scenario("many-artifacts", "a finished run with 200 artifacts", _plays(recordings.archive, Timeline(ahead=60))),
    Scenario(
        "older-server",
        "a finished run on a server that does not provide diagnoses (404)",
        _ended,
        feature=_DEFAULT_FEATURE,
        has_diagnosis=False,
    ),
    Scenario(
        "not-generated",
        "a finished run of a feature that cannot be run again (409)",
        _ended,
        feature=_DEFAULT_FEATURE,
        is_generated=False,
    ),
    Scenario("queued", "stays in the queue", _recorded("smoke", Timeline(queued=math.inf))),
    Scenario("gone", "the run does not exist (404)", _default, lambda _number, _seconds: faults.not_found()),
    Scenario("refused", "the API key is rejected (401)", _default, lambda _number, _seconds: faults.unauthorized()),
    Scenario(
        "stale",
        "the server stops responding after 6 s, in the middle of the run",
        _recorded("login-and-checkout", _STORY._replace(ahead=12)),
        lambda _number, seconds: faults.reset() if seconds >= 6 else None,
    ),
)

SCENARIOS: Mapping[str, Scenario] = {scenario.name: scenario for scenario in _ALL}
"""Every scenario by its name, in the order of the list."""

"""The runs that the demo can tell, by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from tvtui.demo import faults, hostile, recordings
from tvtui.demo.faults import Fault, FaultPlan
from tvtui.demo.timeline import Json, Recording, Script, Timeline

DigestAt = Callable[[float], Json]
"""The digest after so many seconds, with times in seconds (`timeline.stamped` writes them as dates); pure."""


def _never(_number: int, _seconds: float) -> Fault | None:
    return None


def _nowhere(_number: int, _path: str) -> Fault | None:
    return None


class Scenario(NamedTuple):
    """A run and how its server behaves.

    Attributes:
        name: The word on the command line.
        description: One line.
        digest_at: The run.
        fault_at: The server.
        storage_fault_at: The host of the artifacts, likewise: asked with how many-th request it is for an artifact, and
            with the artifact's path.
        feature: The folder in `features/` that tells what was run; empty: that is made up from the digest.
        has_diagnosis: Whether the server is young enough for it.
        is_generated: Whether the feature can be run again.
    """

    name: str
    description: str
    digest_at: DigestAt
    fault_at: FaultPlan = _never
    storage_fault_at: Callable[[int, str], Fault | None] = _nowhere
    feature: str = ""
    has_diagnosis: bool = True
    is_generated: bool = True


def _plays(recording: Callable[[], Recording], timeline: Timeline) -> DigestAt:
    """Play a recording that is made only when it is first asked for."""
    script = cache(lambda: Script(recording(), timeline))
    return lambda seconds: script().digest_at(seconds)


def _recorded(name: str, timeline: Timeline) -> DigestAt:
    return _plays(lambda: recordings.recorded(name), timeline)


def _in_turn(plan: Mapping[int, Fault]) -> FaultPlan:
    """Faults by the number of the request, so that each is met once however often the watcher asks."""
    return lambda number, _seconds: plan.get(number)


def _over_a_bad_line(number: int, path: str) -> Fault | None:
    """Each artifact goes wrong in its own way when it is first asked for, and some go on doing so."""
    from tvtui.demo import storage_faults

    if path.startswith("trace/"):
        turn = {1: storage_faults.expired(), 2: faults.cut_off()} if "locked-out" in path else {1: faults.cut_off()}
        return turn.get(number)
    if path.startswith("videos/"):
        return storage_faults.throttled(8_000)
    if path.startswith("report/"):
        return storage_faults.throttled(60_000)
    if path.startswith("logs/"):
        return storage_faults.deleted()
    return faults.reset() if number == 1 and "tax" in path else None


_STORY = Timeline(queued=3, silent=4, results=21.6, tail=1.4, late=2)
"""The durations of its tests add up to 21.6 s, so they end as if they ran one after the other."""

_STALE_AFTER = 6.0

_DEFAULT_FEATURE = "login-and-checkout"
_default = _recorded("login-and-checkout", _STORY)
_ended = _recorded("login-and-checkout", _STORY._replace(ahead=60))
_hostile = _plays(hostile.hostile, Timeline(queued=1, silent=1, results=3, tail=1, late=1))

_ALL = (
    Scenario(
        "default",
        "queued, running, tests one by one, then failed in seven ways; about 30 s",
        _default,
        feature=_DEFAULT_FEATURE,
    ),
    Scenario("passed", "every test passes", _recorded("smoke", Timeline(queued=2, silent=2, results=6))),
    Scenario(
        "notests",
        "fails before any test ran: the log is the only evidence",
        _recorded("syntax", Timeline(queued=2, silent=3, results=0)),
        feature="syntax",
    ),
    Scenario(
        "flaky-network",
        "the default run over a bad line: resets, 503, HTML, slow, 429, cut answers",
        _default,
        _in_turn(
            {
                3: faults.reset(),
                5: faults.html(503),
                6: faults.html(),
                8: faults.slow(1.5),
                9: faults.busy(3),
                11: faults.truncated(),
            }
        ),
        feature=_DEFAULT_FEATURE,
    ),
    Scenario(
        "large",
        "1,000 tests",
        _plays(lambda: recordings.many(1_000), Timeline(queued=1, silent=2, results=20, late=2)),
    ),
    Scenario(
        "huge",
        "10,000 tests",
        _plays(lambda: recordings.many(10_000), Timeline(queued=1, silent=2, results=20, late=2)),
    ),
    Scenario(
        "hostile",
        "markup, escape sequences and other nasty text everywhere",
        lambda seconds: hostile.rewritten(_hostile(seconds)),
        _in_turn({3: faults.refusal(500, "\x1b[2J[red]error[/]", " ".join(hostile.TEXTS.values()))}),
    ),
    Scenario(
        "long",
        "an error of 1,500 characters, a log of 4,000, long lines, long names",
        _plays(recordings.long, Timeline(queued=1, silent=1, results=3)),
    ),
    Scenario(
        "matrix",
        "400 parametrised tests, eleven of which fail",
        _plays(recordings.matrix, Timeline(queued=1, silent=2, results=10)),
        feature="matrix",
    ),
    Scenario(
        "visual",
        "screenshot comparisons, with expected, actual and difference",
        _recorded("visual", Timeline(queued=2, silent=2, results=8, late=2)),
        feature="visual",
    ),
    Scenario(
        "bad-storage",
        "an ended run whose artifacts come over a bad line: expired, cut off, slow",
        _ended,
        storage_fault_at=_over_a_bad_line,
        feature=_DEFAULT_FEATURE,
    ),
    Scenario("many-artifacts", "an ended run with 200 artifacts", _plays(recordings.archive, Timeline(ahead=60))),
    Scenario(
        "older-server",
        "an ended run on a server that knows no diagnosis (404)",
        _ended,
        feature=_DEFAULT_FEATURE,
        has_diagnosis=False,
    ),
    Scenario(
        "not-generated",
        "an ended run of a feature that cannot be run again (409)",
        _ended,
        feature=_DEFAULT_FEATURE,
        is_generated=False,
    ),
    Scenario("queued", "never starts", _recorded("smoke", Timeline(queued=math.inf))),
    Scenario("gone", "there is no such run (404)", _default, lambda _number, _seconds: faults.not_found()),
    Scenario("refused", "the key is refused (401)", _default, lambda _number, _seconds: faults.unauthorized()),
    Scenario(
        "stale",
        "tests arrive, then the server is lost for good after 6 s",
        _recorded("login-and-checkout", _STORY._replace(ahead=12)),
        lambda _number, seconds: faults.reset() if seconds >= _STALE_AFTER else None,
    ),
)

SCENARIOS: Mapping[str, Scenario] = {scenario.name: scenario for scenario in _ALL}
"""Every scenario by its name, in the order in which a list shows them."""

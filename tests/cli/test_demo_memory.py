"""The memory of the demo: there before the first tests, and gone with the demo."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.support.builders import run_at
from tests.support.watch import a_watched_run
from tvtui.cli.demo_memory import DemoMemory
from tvtui.demo.scenarios import SCENARIOS
from tvtui.watch.past import Past


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def is_empty(folder: Path) -> bool:
    return not list(folder.iterdir())


async def past_of(scenario: str) -> Past | None:
    memory = DemoMemory({214: scenario}, "http://127.0.0.1:1", "the-project", speed=1)
    try:
        memory.record(a_watched_run())
        past = await memory.recall(run_at(scenario, 10_000))
        assert memory.trouble == ""
        return past
    finally:
        memory.close()


async def test_the_default_run_has_failures_of_every_kind(folder: Path) -> None:
    past = await past_of("default")

    assert past is not None
    assert [run.run_id for run in past.runs] == list(range(213, 201, -1))
    assert all(run.seconds and run.ends for run in past.runs)
    kinds = {cases[0].outcomes for cases in past.cases.values()}
    assert {"pppppppppppp", "ffffpppppppp", "ppfpppfppppp", "ffffffffffff", "ffpppppppppp"} <= kinds
    assert is_empty(folder)


async def test_a_demo_that_is_left_at_once_leaves_nothing(folder: Path) -> None:
    memory = DemoMemory({214: "default"}, "http://127.0.0.1:1", "the-project", speed=1)
    memory.record(a_watched_run())
    memory.close()

    # the runs have been made, or never will be
    await memory.recall(run_at("default", 10_000))
    assert is_empty(folder)


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name != "huge"])
async def test_every_scenario_can_be_remembered(scenario: str) -> None:
    past = await past_of(scenario)

    assert (past is None) is (scenario in {"notests", "queued"})

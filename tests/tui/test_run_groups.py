"""What is known of a run's errors: made at once or in a thread, kept while the run has them."""

from __future__ import annotations

from collections.abc import Coroutine

from tests.support.builders import a_case
from tvtui.testvibe.identity import Row, identify_cases
from tvtui.tui.screens.run_groups import ErrorSignatures


def failing(*errors: str) -> tuple[Row, ...]:
    return identify_cases([a_case(error, status="failed", error=error) for error in errors])


FEW = failing("boom", "bang")
MANY = failing(*(f"no row {number}" for number in range(1_000)))


class Worker:
    """Runs what is asked of it when the test says so."""

    def __init__(self) -> None:
        self.work: list[Coroutine[object, object, None]] = []
        self.changes = 0
        self.signatures = ErrorSignatures(self.work.append, self.changed)

    def changed(self) -> None:
        self.changes += 1

    def known(self, failures: tuple[Row, ...]) -> list[str] | None:
        known = self.signatures.known(failures)
        return None if known is None else sorted(known)


def test_few_errors_are_known_at_once_and_others_are_dropped() -> None:
    worker = Worker()
    assert worker.known(FEW) == ["bang", "boom"]
    assert worker.signatures.known(FEW) is worker.signatures.known(FEW)
    assert worker.known(FEW[:1]) == ["boom"]
    assert worker.known(()) == []
    assert worker.work == []


async def test_many_errors_are_known_later() -> None:
    worker = Worker()
    assert worker.known(MANY) is None
    assert worker.known(MANY) is None
    (work,) = worker.work
    await work
    assert worker.changes == 1
    assert len(worker.known(MANY) or ()) == 1_000
    assert len(worker.work) == 1


async def test_an_answer_that_comes_meanwhile_keeps_what_is_known_of_its_errors() -> None:
    worker = Worker()
    assert worker.known(FEW) == ["bang", "boom"]
    assert worker.known((*FEW, *MANY)) == ["bang", "boom"]
    assert worker.known(FEW[:1]) == ["boom"]
    await worker.work[0]
    assert worker.known(FEW[:1]) == ["boom"]

"""A run's artifacts as its screen keeps them: which seem to be whose, how their downloads stand, in which order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from tvtui.artifacts.matching import match_artifacts
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.testvibe.identity import ArtifactId, CaseId, Row, identify_artifacts
from tvtui.testvibe.models import Artifact
from tvtui.view.cases import Filter

_FIRST_KINDS = ("trace", "screenshot", "video")
"""What one wants to see first of a test's own artifacts."""


class ArtifactRow(NamedTuple):
    """One line of the list.

    Attributes:
        id: Which artifact it is.
        artifact: What the server tells of it.
        is_own: Whether it seems to be the selected test's own: a guess.
        transfer: How its download stands; None if there was none.
    """

    id: ArtifactId
    artifact: Artifact
    is_own: bool
    transfer: Transfer | None


class Progress(NamedTuple):
    """Several downloads in one: those that were asked for since none was under way.

    Attributes:
        ended: How many are done, failed or cancelled.
        all: How many there are.
        received: Bytes on the disk.
        total: Bytes that there will be; None if nobody knows.
        rate: Bytes a second, lately.
    """

    ended: int
    all: int
    received: int
    total: int | None
    rate: float

    @property
    def remaining(self) -> float | None:
        """Seconds until all are done at this rate; None if nobody knows."""
        if self.total is None or self.rate <= 0:
            return None
        return max(0, self.total - self.received) / self.rate


class Catalog:
    """Holds what is known of the artifacts; everything that is shown of them follows from it."""

    def __init__(self) -> None:
        self.transfers: dict[ArtifactId, Transfer] = {}
        self._artifacts: tuple[Artifact, ...] = ()
        self._ids: tuple[ArtifactId, ...] = ()
        self._cases: tuple[Row, ...] = ()
        self._own: Mapping[CaseId, tuple[int, ...]] | None = None
        self._sizes: dict[ArtifactId, int | None] = {}
        self._rows: list[ArtifactRow | None] = []
        self._batch: set[ArtifactId] = set()

    def take(self, artifacts: tuple[Artifact, ...], cases: tuple[Row, ...]) -> None:
        """Take in what a digest says."""
        if artifacts is self._artifacts and cases is self._cases:
            return
        if artifacts != self._artifacts:
            self._ids = identify_artifacts(artifacts)
            self._sizes = {which: artifact.size for which, artifact in zip(self._ids, artifacts, strict=True)}
            self._rows = [None] * len(artifacts)
        self._artifacts, self._cases, self._own = artifacts, cases, None

    def own(self, case_id: CaseId | None) -> tuple[int, ...]:
        """The places of the artifacts that seem to be a test's own; a guess, made when somebody first wants it."""
        if case_id is None or not self._artifacts:
            return ()
        if self._own is None:
            self._own = match_artifacts(self._cases, self._artifacts)
        return self._own.get(case_id, ())

    @property
    def has_traces(self) -> bool:
        """Whether there is any trace."""
        return bool(self._traces)

    @property
    def _traces(self) -> set[int]:
        return {index for index, artifact in enumerate(self._artifacts) if artifact.kind.casefold() == "trace"}

    def misses_trace(self, case_id: CaseId | None) -> bool:
        """Whether there is no trace that could be a test's own: none at all, or only such as seem to be others'."""
        traces = self._traces
        if not traces or case_id is None:
            return not traces
        self.own(case_id)
        claimed = {index for indices in (self._own or {}).values() for index in indices}
        return traces <= claimed and traces.isdisjoint(self.own(case_id))

    def rows(self, case_id: CaseId | None, wanted: str = "") -> tuple[ArtifactRow, ...]:
        """The lines of the list: a test's own first, the rest in the server's order.

        Args:
            case_id: The selected test.
            wanted: Words that kind and path must hold, or with `!` must not.
        """
        own = self.own(case_id)
        words = Filter.parse(wanted)
        order = [*sorted(own, key=self._rank), *(index for index in range(len(self._artifacts)) if index not in own)]
        return tuple(self._row(index, own) for index in order if _matches(self._artifacts[index], words))

    def _rank(self, index: int) -> int:
        kind = self._artifacts[index].kind.casefold()
        return _FIRST_KINDS.index(kind) if kind in _FIRST_KINDS else len(_FIRST_KINDS)

    def _row(self, index: int, own: Collection[int]) -> ArtifactRow:
        which, is_own = self._ids[index], index in own
        known, transfer = self._rows[index], self.transfers.get(which)
        if known is None or known.is_own is not is_own or known.transfer is not transfer:
            self._rows[index] = known = ArtifactRow(which, self._artifacts[index], is_own, transfer)
        return known

    def begin(self, wanted: Iterable[ArtifactId]) -> None:
        """These downloads begin now."""
        if not any(self._is_under_way(which) for which in self._batch):
            self._batch.clear()
        self._batch.update(wanted)

    def note(self, which: ArtifactId, transfer: Transfer) -> None:
        """A download stands so now."""
        self.transfers[which] = transfer

    def _is_under_way(self, which: ArtifactId) -> bool:
        transfer = self.transfers.get(which)
        return transfer is not None and transfer.is_under_way

    @property
    def progress(self) -> Progress | None:
        """How the downloads stand that go on; None if none does."""
        if not any(self._is_under_way(which) for which in self._batch):
            return None
        transfers = [self.transfers[which] for which in self._batch if which in self.transfers]
        totals = [self._total(which) for which in self._batch]
        known = [total for total in totals if total is not None]
        return Progress(
            ended=sum(not transfer.is_under_way for transfer in transfers),
            all=len(self._batch),
            received=sum(transfer.received for transfer in transfers),
            total=sum(known) if len(known) == len(totals) else None,
            rate=sum(transfer.rate for transfer in transfers if transfer.stage is Stage.GOING),
        )

    def _total(self, which: ArtifactId) -> int | None:
        transfer = self.transfers.get(which)
        if transfer is not None and not transfer.is_under_way:
            # what has failed brings no more
            return transfer.received
        return transfer.total if transfer is not None and transfer.total is not None else self._sizes.get(which)


def wanted_of(rows: Sequence[ArtifactRow]) -> tuple[ArtifactId, ...]:
    """Which artifacts are to be downloaded when all of these are asked for: those that are not on their way."""
    return tuple(row.id for row in rows if row.transfer is None or not row.transfer.is_under_way)


def _matches(artifact: Artifact, words: Filter) -> bool:
    if not words:
        return True
    text = f"{artifact.kind} {artifact.path}".casefold()
    # a status means nothing here: the run screen says so
    return all(word in text for word in words.words) and not any(word in text for word in words.without)

"""The artifacts of a run for its screen: their order, the tests they probably belong to, and their downloads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from tvtui.artifacts.matching import match_artifacts
from tvtui.artifacts.transfer import Progress, Stage, Transfer, progress_of
from tvtui.testvibe.identity import ArtifactId, CaseId, Row, identify_artifacts
from tvtui.testvibe.models import Artifact
from tvtui.view.cases import Filter

_FIRST_KINDS = ("trace", "screenshot", "video")
"""The order of a test's own artifacts."""

_MANY = 2_000
"""Tests whose artifacts are found in a thread: it takes 10 ms or more."""

_Owned = Mapping[CaseId, tuple[int, ...]]


class ArtifactRow(NamedTuple):
    """One row of the list.

    Attributes:
        id: The artifact's identity.
        artifact: The artifact as the server describes it.
        is_own: Whether it probably belongs to the selected test.
        transfer: The state of its download; None if it was not requested.
    """

    id: ArtifactId
    artifact: Artifact
    is_own: bool
    transfer: Transfer | None


class Catalog:
    """The artifacts of one run, and the state of their downloads."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        """Know of no artifacts; `changed` is called when those of many tests have been found, which takes a while."""
        self._changed = changed
        self.transfers: dict[ArtifactId, Transfer] = {}
        self._artifacts: tuple[Artifact, ...] = ()
        self._ids: tuple[ArtifactId, ...] = ()
        self._cases: tuple[Row, ...] = ()
        self._own: _Owned = {}
        self._is_own_known = False
        self._is_matching = False
        self._batch: set[ArtifactId] = set()

    def take(self, artifacts: tuple[Artifact, ...], cases: tuple[Row, ...]) -> None:
        """Update from a digest."""
        if artifacts is self._artifacts and cases is self._cases:
            return
        # what was found of artifacts that are still there is shown until it is found anew
        if artifacts[: len(self._artifacts)] != self._artifacts:
            self._own = {}
        self._artifacts, self._cases, self._is_own_known = artifacts, cases, False
        self._ids = identify_artifacts(artifacts)

    def own(self, case_id: CaseId | None) -> tuple[int, ...]:
        """The indices of the artifacts that probably belong to a test, as far as found; the search begins on first use.

        Those of many tests are found in a thread, which requires a running event loop.
        """
        if case_id is None or not self._artifacts:
            return ()
        if not self._is_own_known and not self._is_matching:
            self._match(self._cases, self._artifacts)
        return self._own.get(case_id, ())

    def _match(self, cases: tuple[Row, ...], artifacts: tuple[Artifact, ...]) -> None:
        if len(cases) < _MANY:
            self._own, self._is_own_known = match_artifacts(cases, artifacts), True
            return
        self._is_matching = True
        found = asyncio.get_running_loop().run_in_executor(None, match_artifacts, cases, artifacts)
        found.add_done_callback(partial(self._take_found, cases, artifacts))

    def _take_found(
        self, cases: tuple[Row, ...], artifacts: tuple[Artifact, ...], found: asyncio.Future[_Owned]
    ) -> None:
        self._is_matching = False
        # a digest that came meanwhile may have others, for which the next use begins a search
        self._is_own_known = cases is self._cases and artifacts is self._artifacts
        if artifacts == self._artifacts[: len(artifacts)]:
            self._own = found.result()
        self._changed()

    @property
    def has_traces(self) -> bool:
        """Whether the run has any trace."""
        return bool(self._traces)

    @property
    def _traces(self) -> set[int]:
        return {index for index, artifact in enumerate(self._artifacts) if artifact.kind.casefold() == "trace"}

    def misses_trace(self, case_id: CaseId | None) -> bool:
        """Whether no trace could belong to a test: there are none, or only ones that probably belong to other tests."""
        traces = self._traces
        if not traces or case_id is None:
            return not traces
        self.own(case_id)
        claimed = {index for indices in self._own.values() for index in indices}
        return traces <= claimed and traces.isdisjoint(self.own(case_id))

    def rows(self, case_id: CaseId | None, wanted: str = "") -> tuple[ArtifactRow, ...]:
        """The rows of the list: the selected test's own first, then the others in the server's order.

        Args:
            case_id: The selected test.
            wanted: Words that kind or path must contain, or must not contain if they start with `!`.
        """
        own = self.own(case_id)
        words = Filter.parse(wanted)
        order = [*sorted(own, key=self._rank), *(index for index in range(len(self._artifacts)) if index not in own)]
        listed = [(index, self._ids[index], self._artifacts[index]) for index in order]
        return tuple(
            ArtifactRow(which, artifact, index in own, self.transfers.get(which))
            for index, which, artifact in listed
            if _matches(artifact, words)
        )

    def _rank(self, index: int) -> int:
        kind = self._artifacts[index].kind.casefold()
        return _FIRST_KINDS.index(kind) if kind in _FIRST_KINDS else len(_FIRST_KINDS)

    def begin(self, wanted: Iterable[ArtifactId]) -> None:
        """Start a batch of downloads, or add to the one that is under way."""
        if self.progress is None:
            self._batch.clear()
        self._batch.update(wanted)

    def note(self, which: ArtifactId, transfer: Transfer) -> None:
        """Update the state of a download."""
        self.transfers[which] = transfer

    @property
    def failed(self) -> int:
        """How many downloads have failed and were not repeated."""
        known = map(self.transfers.get, self._ids)
        return sum(transfer is not None and transfer.stage is Stage.FAILED for transfer in known)

    @property
    def progress(self) -> Progress | None:
        """The progress of all downloads since none was under way; None if none is under way."""
        known = map(self.transfers.get, self._batch)
        if not any(transfer is not None and transfer.is_under_way for transfer in known):
            return None
        # the digest's size counts as long as a download has no other
        sizes = {which: artifact.size for which, artifact in zip(self._ids, self._artifacts, strict=True)}
        transfers = {which: self.transfers.get(which, Transfer(Stage.WAITING)) for which in self._batch}
        return progress_of(
            [
                transfer if transfer.total is not None else replace(transfer, total=sizes.get(which))
                for which, transfer in transfers.items()
            ]
        )


def wanted_of(rows: Sequence[ArtifactRow]) -> tuple[ArtifactId, ...]:
    """The artifacts among these rows that are not already being downloaded."""
    return tuple(row.id for row in rows if row.transfer is None or not row.transfer.is_under_way)


def _matches(artifact: Artifact, words: Filter) -> bool:
    text = f"{artifact.kind} {artifact.path}".casefold()
    # a status means nothing here: the run screen says so
    return all(word in text for word in words.words) and not any(word in text for word in words.without)

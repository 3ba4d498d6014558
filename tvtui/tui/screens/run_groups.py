"""What is known of the errors of a run: which are the same, found out once the failures are grouped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tvtui.testvibe.identity import Row

if TYPE_CHECKING:
    from tvtui.view.signature import Signature

_MANY = 500
"""Errors that take 20 ms: the loop should do something else meanwhile."""

_Signatures = Mapping[str, "Signature | None"]


@dataclass(repr=False)
class ErrorSignatures:
    """Keeps the signatures of a run's errors by their texts. Those of many new errors are made in a thread.

    Attributes:
        run_worker: Runs a coroutine in the background, in the place of the one before.
        changed: Called when signatures have come that `known` lacked.
    """

    run_worker: Callable[[Coroutine[object, object, None]], object]
    changed: Callable[[], None]
    _known: _Signatures | None = field(default=None, init=False)
    _failures: Sequence[Row] | None = field(default=None, init=False)

    def known(self, failures: Sequence[Row]) -> _Signatures | None:
        """What is known of the errors of these failures, None if nothing yet; the same object until that changes."""
        if failures is not self._failures:
            self._failures = failures
            new = [error for error in _errors(failures) if error not in (self._known or {})]
            if len(new) < _MANY:
                self._keep(failures, _found(new))
            else:
                self.run_worker(self._find(new))
        return self._known

    async def _find(self, errors: Sequence[str]) -> None:
        found = await asyncio.to_thread(_found, errors)
        # an answer that came meanwhile may have fewer
        self._keep(self._failures or (), found)
        self.changed()

    def _keep(self, failures: Iterable[Row], found: _Signatures) -> None:
        known = {**(self._known or {}), **found}
        self._known = {error: known[error] for error in _errors(failures) if error in known}


def _errors(failures: Iterable[Row]) -> dict[str, None]:
    return dict.fromkeys(row.case.error for row in failures if row.case.error)


def _found(errors: Iterable[str]) -> _Signatures:
    from tvtui.view.signature import signature

    return {error: signature(error) for error in errors}

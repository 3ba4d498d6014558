"""The tests above the artifacts: as wide and as high as what they show, so that the rest is for the detail."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nlargest

from rich.cells import cell_len
from textual import getters
from textual.containers import Vertical
from textual.geometry import Size
from textual.reactive import var

from tvtui.testvibe.models import Run
from tvtui.tui.pane_sizes import height_of_artifacts, height_of_tests, width_of_tests
from tvtui.tui.widgets.artifact_list import ArtifactList
from tvtui.view.names import shared_prefix

_FRAME = 2


class CaseColumn(Vertical):
    """A container whose `auto` width and height depend on the run alone, so that no key moves anything."""

    run: var[Run | None] = var(None)
    """The run as last seen."""

    artifacts = getters.query_one(ArtifactList)

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._name_cells = self._case_count = self._artifact_count = 0
        self._has_ended = False

    def watch_run(self, old: Run | None, new: Run | None) -> None:
        """Arrange the panes again if they need more space, or less."""
        if new is None:
            return
        before = self._sizes
        if old is None or old.tests is not new.tests:
            names = [case.name for case in new.tests]
            # the prefix is in the title of the table
            self._name_cells = _longest(names) - cell_len(shared_prefix(names))
        self._case_count, self._artifact_count, self._has_ended = len(new.tests), len(new.artifacts), new.has_ended
        if self._sizes != before:
            self.refresh(layout=True)

    @property
    def _sizes(self) -> tuple[int, ...]:
        # while more may come, the numbers do not count
        return (self._name_cells, self._case_count, self._artifact_count) if self._has_ended else (self._name_cells,)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as the longest name needs, so that the detail is as wide as code wants, if there is room for both."""
        return width_of_tests(container.width, self._name_cells)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as the tests need, above the detail; while more tests may come, as high as it can be."""
        most = height_of_tests(container.height)
        return min(most, self._rows) if self._has_ended else most

    def on_mount(self) -> None:
        """Decide about the height of the artifacts."""
        self.artifacts.height_in = self._artifact_lines

    def _artifact_lines(self, container: Size) -> int:
        """As many as there are artifacts, as far as the tests leave room; at least a usual share."""
        # without the list's own frame
        height = container.height + _FRAME
        usual = height_of_artifacts(height)
        needed = self._artifact_count + _FRAME
        return max(usual, min(needed, height - self._rows) if self._has_ended else 0) - _FRAME

    @property
    def _rows(self) -> int:
        # an empty table shows two lines of text
        return max(2, self._case_count) + _FRAME

    @property
    def _has_relative_children_width(self) -> bool:
        # Textual gives all space to an automatic size around `1fr`, and has no other way to say that this one is known
        return False

    _has_relative_children_height = _has_relative_children_width


def _longest(names: Sequence[str]) -> int:
    """The cells of the longest name; 10,000 names take 2 ms, as only the longest of those with wide letters count."""
    plain = max((len(name) for name in names if name.isascii()), default=0)
    others = nlargest(50, (name for name in names if not name.isascii()), key=len)
    return max(plain, *map(cell_len, others), 0)

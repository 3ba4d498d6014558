"""Where a step to the next or previous failure of a run leads; pure."""

from __future__ import annotations

from tvtui.tui.screens.run_state import RunQuery, RunView
from tvtui.view.cases import step_failure


def stepped(query: RunQuery, view: RunView, step: int, *, others_failed: bool) -> RunQuery | None:
    """The query after a step to the next (1) or previous (-1) failure; None if the step leads to another run.

    From a group it leads to the group's first test, or to the failure above it.

    Args:
        query: What the user asked for, which may be ahead of the view.
        view: What is shown.
        step: The direction.
        others_failed: Whether other runs have failures.
    """
    table, selected = view.table, query.selected
    if (group := table.groups.get(selected) if selected else None) is not None:
        selected = group.rows[0].id
        if step > 0:
            return query.at(selected)
    failures = list(table.failures)
    if others_failed and (not failures or selected == failures[-1 if step > 0 else 0]):
        return None
    failure, is_wrapped = step_failure(table.rows, table.failures, selected, step)
    return query.at(failure, is_wrapped=is_wrapped) if failures else query

"""Which folder the artifacts of a run are put into; pure."""

from __future__ import annotations

from pathlib import Path

from tvtui.settings.settings import Settings

USUAL = "tvtui-artifacts"
"""The folder for all runs, in the working folder."""


def download_folder(settings: Settings | None, run_id: int, cwd: Path) -> Path:
    """Where the artifacts of a run belong: `tvtui-artifacts/run-214` in the working folder, if no setting says other.

    Args:
        settings: `output` names another folder for all runs, or the very folder where a flag did; None: the usual one.
        run_id: The run.
        cwd: The working folder.
    """
    if settings is None or settings.output is None:
        return cwd / USUAL / f"run-{run_id}"
    return settings.output if settings.output_is_for_one_run else settings.output / f"run-{run_id}"

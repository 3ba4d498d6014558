"""How a run is named while nothing is known about it yet; pure."""

from __future__ import annotations


def subject(run_id: int, project: str) -> str:
    """The run and its project, for a title."""
    return f"run {run_id} · project {project}"


def connecting(host: str) -> str:
    """What is done until the first answer."""
    return f"connecting to {host}" if host else "connecting"

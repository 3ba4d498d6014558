"""What the run screen is handed to do more than show, so that it needs to know neither network nor settings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tvtui.transfers import ArtifactId, Transfer


@dataclass(frozen=True)
class Means:
    """How artifacts are got and opened.

    Attributes:
        download: Puts artifacts on the disk and tells how it goes; returns when each is done or has failed.
        environ: The environment that programs are started in.
        commands: The user's own programs by kind.
        cwd: The working folder, None if it is gone.
    """

    download: Callable[[Sequence[ArtifactId], Callable[[ArtifactId, Transfer], None]], Awaitable[None]]
    environ: Mapping[str, str]
    commands: Mapping[str, str]
    cwd: Path | None

"""What the run screen is handed to do more than show, so that it needs to know neither network nor settings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tvtui.artifacts.transfer import Transfer
from tvtui.testvibe.identity import ArtifactId

if TYPE_CHECKING:
    from tvtui.testvibe.diagnosis import Diagnosis, Undiagnosed


Tell = Callable[[ArtifactId, Transfer], None]
"""Is told how each download stands."""


@dataclass(frozen=True)
class Means:
    """How evidence is got and opened.

    Attributes:
        download: Puts artifacts on the disk and tells how it goes; returns when each is done or has failed.
        diagnose: Asks for the run's diagnosis; what goes wrong comes as a value.
        environ: The environment that programs are started in.
        commands: The user's own programs by kind.
        cwd: The working folder, None if it is gone.
    """

    download: Callable[[Sequence[ArtifactId], Tell], Awaitable[None]]
    diagnose: Callable[[], Awaitable[Diagnosis | Undiagnosed]]
    environ: Mapping[str, str]
    commands: Mapping[str, str]
    cwd: Path | None

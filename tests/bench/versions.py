"""The programs that are compared: the bare app, this tvtui, and another version of it."""

from __future__ import annotations

import compileall
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.program import Program
from tests.bench.report import BARE

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Version:
    """A program to measure.

    Attributes:
        name: What its column is called.
        words: The command, without the words for one measurement.
        folder: Where it is run, the first place of its imports.
        env: Further environment variables.
    """

    name: str
    words: tuple[str, ...]
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)

    def start(self, *words: str, env: Mapping[str, str] | None = None) -> Program:
        """Start it in a terminal."""
        return Program([*self.words, *words], {**self.environment, **(env or {})}, self.folder)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make it run this version."""
        return {"PYTHONPATH": str(self.folder), **self.env}

    @property
    def with_heartbeat(self) -> Version:
        """The same tvtui, but its first word is the file that gets the blocks of its event loop."""
        words = (sys.executable, "-P", str(ROOT / "tests" / "bench" / "heartbeat.py"))
        return Version(self.name, words, self.folder, self.env)


def bare(env: Mapping[str, str]) -> Version:
    """The bare app."""
    return Version(BARE, (sys.executable, "-m", "tests.bench.bare"), ROOT, env)


@contextmanager
def versions(against: str | None, env: Mapping[str, str]) -> Iterator[list[Version]]:
    """This tvtui and, if asked for, that of another revision, unpacked for as long as the context lasts.

    Args:
        against: The other revision, as git names it.
        env: Environment variables for both.

    Raises:
        ValueError: The revision does not exist.
    """
    words = (sys.executable, "-m", "tvtui")
    this = Version("tvtui", words, ROOT, env)
    if against is None:
        yield [this]
        return
    # not a worktree: one would stay registered in the repository if this process were killed
    archive = subprocess.run(["git", "archive", against, "tvtui"], capture_output=True, check=False, cwd=ROOT)
    if archive.returncode:
        raise ValueError(f"{against!r} is not a revision of this repository: {archive.stderr.decode().strip()}")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(folder, filter="data")
        compileall.compile_dir(folder, quiet=2)
        yield [this, Version(against, words, Path(folder), env)]

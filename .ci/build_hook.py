"""Hatch's hook: puts man pages into the wheel as share/man/man1, where pipx and packagers look for them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManPages(BuildHookInterface):
    """Writes the pages into a temporary folder that is deleted after the build."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the pages, except to an editable installation, which must be quick."""
        if version == "editable":
            return
        sys.path[:0] = [self.root, str(Path(self.root) / ".ci")]
        from man_pages import write

        self._folder = tempfile.TemporaryDirectory()
        for page in write(Path(self._folder.name)):
            build_data["shared_data"][str(page)] = f"share/man/man1/{page.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Delete the folder."""
        if version != "editable":
            self._folder.cleanup()

"""Sources of settings in folders of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tvtui.settings.settings import Settings, SettingsError, load

KEY = "tvb_" + "AbCd1234" + "x" * 35
PROJECT = "01234567-89ab-cdef-0123-456789abcdef"
SERVER = "https://testvibe.acme.example"
ENOUGH = {"TESTVIBE_SERVER": SERVER, "TESTVIBE_API_KEY": KEY, "TESTVIBE_PROJECT": PROJECT}


class Place:
    """A repository with a working folder in it, and the user's configuration folder."""

    def __init__(self, root: Path) -> None:
        self.config = root / "config"
        self.repository = root / "repository"
        self.cwd = self.repository / "tests" / "e2e"
        self.config.mkdir()
        self.cwd.mkdir(parents=True)
        (self.repository / ".git").mkdir()

    def shared(self, text: str, folder: Path | None = None) -> Path:
        path = (folder or self.repository) / ".tvtui.toml"
        path.write_text(text, "utf-8")
        return path

    def own(self, text: str, mode: int = 0o600) -> Path:
        path = self.config / "config.toml"
        path.write_text(text, "utf-8")
        path.chmod(mode)
        return path

    def load(self, environ: Mapping[str, str] = ENOUGH, **flags: object) -> Settings:
        return load(flags, environ, self.cwd, self.config)

    def problems(self, environ: Mapping[str, str] = ENOUGH, **flags: object) -> tuple[str, ...]:
        with pytest.raises(SettingsError) as caught:
            self.load(environ, **flags)
        assert KEY not in f"{caught.value!r} {caught.value} {caught.value.warnings}"
        assert str(caught.value) == "\n".join(caught.value.problems)
        return caught.value.problems

"""The list of trusted servers."""

from __future__ import annotations

import stat
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tvtui.settings.trust import TrustedServers

ORIGIN = "https://testvibe.acme.example"
FILE = "trusted-servers.json"


def test_servers_are_remembered_until_they_are_revoked(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "tvtui"
    TrustedServers(folder).add(ORIGIN, "/repository/.tvtui.toml")
    TrustedServers(folder).add("https://a.example:8443", "")
    days = {datetime.now(UTC).date().isoformat()}
    first, second = TrustedServers(folder).all()
    assert (first.origin, first.named_by, second.origin) == ("https://a.example:8443", "", ORIGIN)
    assert second.named_by == "/repository/.tvtui.toml"
    assert {first.day, second.day} <= days | {datetime.now(UTC).date().isoformat()}

    assert TrustedServers(folder).remove(ORIGIN)
    assert not TrustedServers(folder).remove(ORIGIN)
    assert TrustedServers(folder).origins() == {"https://a.example:8443"}
    assert [path.name for path in folder.iterdir()] == [FILE]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_the_list_is_private_and_one_that_others_can_write_to_is_empty(tmp_path: Path) -> None:
    TrustedServers(tmp_path / "tvtui").add(ORIGIN, "")
    path = tmp_path / "tvtui" / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o666)
    assert TrustedServers(tmp_path / "tvtui").origins() == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "[" * 100_000,
        f'{{"{ORIGIN}": 1}}',
        f'{{"{ORIGIN}": {{}}}}',
        f'{{"{ORIGIN}/": {{"day": "", "file": ""}}}}',
        '{"x": {"day": "", "file": ""}}',
    ],
)
def test_a_malformed_list_is_empty_and_can_be_added_to(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    trusted = TrustedServers(tmp_path)
    assert trusted.all() == []
    trusted.add(ORIGIN, "")
    assert TrustedServers(tmp_path).origins() == {ORIGIN}


def test_without_a_folder_servers_are_trusted_until_the_process_ends() -> None:
    trusted = TrustedServers(None)
    with pytest.raises(OSError, match="no home folder"):
        trusted.add(ORIGIN, "")
    assert trusted.origins() == {ORIGIN}
    assert trusted.remove(ORIGIN)
    assert trusted.origins() == frozenset()

"""Importing less of a library than it would on its own."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest


@pytest.mark.parametrize(
    "name",
    [
        # certificates, TOML and other forms of dates are for some servers and files only
        *("truststore", "certifi", "tomllib"),
        "tvtui.testvibe.storage",
        # the command line of httpx, and half of what it imports
        *("httpx._main", "rich"),
    ],
)
def test_the_client_does_not_import_what_few_requests_need(name: str) -> None:
    assert name not in imported_by_the_client()


@cache
def imported_by_the_client() -> list[str]:
    code = "import sys, tvtui.testvibe.client, tvtui.testvibe.server; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()

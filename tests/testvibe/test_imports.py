"""Importing less of a library than it would on its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tvtui.testvibe.connection import without


def test_a_module_is_hidden_only_meanwhile() -> None:
    assert "this" not in sys.modules
    with without("this"), pytest.raises(ImportError):
        __import__("this")
    assert "this" not in sys.modules


def test_an_imported_module_stays() -> None:
    with without("subprocess"):
        assert sys.modules["subprocess"] is subprocess


def test_the_client_does_not_import_httpxs_command_line() -> None:
    code = "import sys, tvtui.testvibe.client; print('httpx._main' in sys.modules, 'rich.progress' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]

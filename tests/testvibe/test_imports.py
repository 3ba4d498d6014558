"""Importing less of a library than it would by itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tvtui.testvibe.connection import without


def test_a_missing_module_is_missing_only_meanwhile() -> None:
    assert "this" not in sys.modules
    with without("this"), pytest.raises(ImportError):
        __import__("this")
    assert "this" not in sys.modules


def test_a_module_that_is_there_already_stays() -> None:
    with without("subprocess"):
        assert sys.modules["subprocess"] is subprocess


def test_the_client_does_not_bring_httpxs_command_line_along() -> None:
    code = "import sys, tvtui.testvibe.client; print('httpx._main' in sys.modules, 'rich.progress' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]

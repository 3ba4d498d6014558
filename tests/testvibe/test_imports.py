"""Importing less of a library than it would on its own."""

from __future__ import annotations

import subprocess
import sys


def test_the_client_does_not_import_httpxs_command_line() -> None:
    code = "import sys, tvtui.testvibe.client; print('httpx._main' in sys.modules, 'rich.progress' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]


def test_certificates_are_not_imported_before_they_are_needed() -> None:
    code = "import sys, tvtui.testvibe.client; print('truststore' in sys.modules, 'certifi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]

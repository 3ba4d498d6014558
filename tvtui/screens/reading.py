"""A text of the screen, read in the user's own editor or pager."""

from __future__ import annotations

import os

from textual.app import App, SuspendNotSupported

from tvtui.editor import NoEditor, editor_command, private_file
from tvtui.screens.lent_terminal import run_in_terminal


async def read_elsewhere(app: App[object], name: str, text: str) -> str:
    """Open a text outside of the app, and wait until the user comes back.

    Args:
        app: Lends its terminal.
        name: The file's, as the editor shows it.
        text: Without escape sequences.

    Returns:
        A sentence: what went wrong, and what to do; "" if nothing did.
    """
    try:
        command = editor_command(os.environ)
        with private_file(name, text if text.endswith("\n") else f"{text}\n") as path:
            status = await run_in_terminal(app, [*command, str(path)])
    except NoEditor as fault:
        return str(fault)
    except SuspendNotSupported:
        return "This terminal cannot be lent to another program: copy the text with y instead."
    except OSError as fault:
        return f"The text could not be opened: {fault.strerror or 'unknown fault'}. Copy it with y instead."
    return f"“{command[0]}” ended with status {status}: it may have shown nothing." if status else ""

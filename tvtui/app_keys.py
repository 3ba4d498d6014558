"""The keys of the app itself, each with an id by which a user can remap it."""

from __future__ import annotations

from textual.binding import Binding, BindingType

BINDINGS: list[BindingType] = [
    Binding(
        "ctrl+p",
        "command_palette",
        "palette",
        show=False,
        priority=True,
        id="app.palette",
        tooltip="Palette: every command, every test by name, themes",
    ),
    Binding(
        "ctrl+q",
        "quit",
        "Quit",
        show=False,
        priority=True,
        id="app.quit_always",
        tooltip="Leave, also while a field takes the keys",
    ),
    Binding(
        "ctrl+z",
        "suspend_process",
        "Suspend",
        show=False,
        id="app.suspend",
        tooltip="Go to the background, until `fg`",
    ),
    Binding("plus", "add_run", "add run", show=False, key_display="+", id="runs.add", tooltip="Watch another run"),
    Binding("x", "close_run", "close the run", show=False, id="runs.close", tooltip="Watch this run no more"),
    *(
        Binding(str(n), f"show_run({n})", f"run {n}", show=False, id=f"runs.show_{n}", tooltip=f"Show run {n}")
        for n in range(1, 10)
    ),
]

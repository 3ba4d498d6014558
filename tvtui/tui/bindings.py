"""All key bindings of the app and the run screen, each with an ID by which a user can remap it; names of keys."""

from __future__ import annotations

from functools import partial
from typing import Any
from unicodedata import lookup

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.keys import format_key

_MOVES = {
    *("up", "down", "left", "right", "page_up", "page_down", "half_page_up", "half_page_down"),
    *("first", "last", "top", "end"),
}
"""The last words of the IDs of keys that move or scroll; the list of keys shows them on one line."""


def character_of(key: str) -> str:
    """The character that a key without modifiers shows, "" if it has only a name: `?`, `§`, `↑`."""
    shown = format_key(key)
    if len(shown) == 1:
        return shown
    try:
        # Textual finds only some of the names that it gives, such as `euro_sign`
        found = lookup(key.replace("_", " "))
    except KeyError:
        return ""
    return found if found.isprintable() and not found.isascii() and not found.isalnum() else ""


def key_name(key: str) -> str:
    """The name of a key as in the README and in `config.toml`: `?`, `↑`, `ctrl+n`, `pageup`."""
    *modifiers, name = key.strip().split("+")
    shown = "" if name == "enter" else character_of(name)
    return "+".join([*modifiers, shown or name])


def is_move(binding_id: str) -> bool:
    """Whether a binding only moves or scrolls."""
    return binding_id.rpartition(".")[2] in _MOVES


def _key(binding_id: str, key: str, action: str, label: str, description: str, **options: Any) -> Binding:
    """A binding; the label is for the key bar, the description for the list of keys and the palette."""
    return Binding(key, action, label, id=binding_id, tooltip=description, **options)


_hidden = partial(_key, show=False)
"""A binding that the key bar does not show."""

# shared by screens: one ID stands for one key everywhere
HELP = _key("app.help", "question_mark", "app.help", "help", "Show all keys", key_display="?")
QUIT = _key("app.quit", "q", "app.quit", "quit", "Quit (prints a summary)")

APP_BINDINGS: list[BindingType] = [
    _hidden(
        "app.palette",
        "ctrl+p",
        "command_palette",
        "palette",
        "Command palette: every command, run, test and theme",
        priority=True,
    ),
    _hidden("app.quit_always", "ctrl+q", "quit", "Quit", "Quit, even while typing", priority=True),
    _hidden("app.suspend", "ctrl+z", "suspend_process", "Suspend", "Suspend (resume with `fg`)"),
    _hidden("runs.add", "plus", "add_run", "add run", "Add a run to watch", key_display="+"),
    _hidden("runs.close", "x", "close_run", "close run", "Close this run"),
    _hidden("runs.reopen", "u", "reopen_run", "reopen run", "Reopen the run that was closed last"),
    _hidden("runs.previous", "left_parenthesis", "step_run(-1)", "previous run", "Previous run", key_display="("),
    _hidden("runs.next", "right_parenthesis", "step_run(1)", "next run", "Next run", key_display=")"),
    *(_hidden(f"runs.show_{n}", str(n), f"show_run({n})", f"run {n}", f"Show run {n}") for n in range(1, 10)),
]

RUN_BINDINGS: list[BindingType] = [
    _key("failure.next", "n", "step_failure(1)", "next failure", "Next failure; in a searched text, next match"),
    _hidden("failure.previous", "N", "step_failure(-1)", "previous failure", "Previous failure or match"),
    _key("tests.failed_only", "f", "toggle_failed", "failed", "Failed only"),
    _hidden(
        "tests.outcome",
        "F",
        "cycle_outcome",
        "one outcome only",
        "Failed only, then each other outcome, then all tests",
    ),
    _key("tests.filter", "slash", "filter", "filter", "Filter tests or artifacts; in a text, search", key_display="/"),
    _key("detail.log", "l", "toggle_log", "log", "Switch between log (at the failure) and error"),
    _key("detail.diagnosis", "i", "toggle_diagnosis", "diagnosis", "Switch between diagnosis and error"),
    _key("artifact.open", "o", "open", "open", "Open the evidence of this test; in the artifacts, the selected one"),
    _key("pane.artifacts", "a", "show_artifacts", "artifacts", "Switch between artifacts and tests"),
    _key("artifact.download", "d", "download", "download", "Download the selected artifact"),
    _hidden("artifact.download_all", "D", "download_all", "download all", "Download all listed artifacts"),
    _key("detail.copy", "y", "copy", "copy", "Copy the failure in context, a diagnosis section, or an artifact's path"),
    _hidden("detail.copy_markdown", "Y", "copy_markdown", "copy as Markdown", "Copy as Markdown"),
    _key("tests.sort", "s", "cycle_sort", "sort", "Sort by outcome, duration, name or run order"),
    _hidden("tests.group", "v", "toggle_groups", "group failures", "Group the failures by error, or not"),
    _hidden("detail.edit", "e", "edit", "editor", "Open the error, log or diagnosis in $VISUAL, $EDITOR or $PAGER"),
    _hidden("detail.wrap", "w", "cycle_wrap", "wrap", "Wrap long lines: code too, none, all but code"),
    _key("pane.zoom", "z", "zoom", "zoom", "Zoom this pane"),
    _hidden("pane.next", "tab", "app.focus_next", "next pane", "Next pane"),
    _hidden("pane.previous", "shift+tab", "app.focus_previous", "previous pane", "Previous pane"),
    _hidden("pane.back", "escape", "back", "back", "Cancel download, zoom, search or filter"),
    _hidden("run.refresh", "r", "refresh", "refresh", "Refresh now"),
    _hidden("run.pause", "p", "pause", "pause", "Pause or resume polling"),
    _hidden("run.again", "R", "run_again", "run again", "Run again"),
    _hidden("app.notices", "b", "app.cycle_notices", "notifications", "Notifications: bell, desktop, off"),
    _hidden("app.board", "B", "app.toggle_board", "board", "Show or hide the board"),
    HELP,
    QUIT,
]


def key_of(node: DOMNode, binding_id: str, most: int = 1) -> str:
    """The key of a binding, as remapped, for a hint; with `most`, up to that many keys: "y or enter".

    Args:
        node: A node of the app whose keymap applies.
        binding_id: The ID of one of `RUN_BINDINGS`, or of the node's own bindings.
        most: The most keys to name.
    """
    known = (each for each in (*RUN_BINDINGS, *node.BINDINGS) if isinstance(each, Binding))
    default = next(each.key for each in known if each.id == binding_id)
    # Textual has no public keymap, and `active_bindings` lacks the keys that a focused field consumes
    keys = node.app._keymap.get(binding_id, default).split(",")  # noqa: SLF001
    return " or ".join("esc" if key == "escape" else key_name(key) for key in keys[:most])

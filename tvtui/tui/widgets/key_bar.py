"""The active keys, in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import ActiveBinding, Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget


class KeyBar(Widget):
    """The same keys as in Textual's Footer, drawn as one line.

    The Footer cuts off what does not fit without a sign, and recreates all its widgets at every change of focus.
    Here the last keys (help, quit) are always shown, and `…` stands for keys that did not fit.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--key", "key-bar--text", "key-bar--off"}
    DEFAULT_CSS = """
    KeyBar {
        height: 1;
        padding: 0 1;
        & > .key-bar--key { color: $text-primary; text-style: bold; }
        & > .key-bar--text { color: $foreground-muted; }
        & > .key-bar--off { color: $foreground 63%; }
        &:ansi > .key-bar--off { text-style: dim; }
    }
    """
    ALWAYS = 2
    """The number of last keys that are shown before any others."""

    def __init__(self, label: Callable[[Binding], str] = lambda binding: binding.description) -> None:
        """Show keys with these labels."""
        super().__init__()
        self._label = label
        self._keys: list[tuple[Binding, str, bool]] | None = None
        self._places: list[tuple[int, int, Binding]] = []

    def on_mount(self) -> None:
        """Follow every change of the active keys."""
        self.screen.bindings_updated_signal.subscribe(self, self._update)

    def _update(self, screen: Screen[object]) -> None:
        # until it is first drawn, the keys change with every widget that is mounted
        if self._keys is not None and self._keys != (keys := self._active(screen)):
            self._keys = keys
            self.refresh()

    def _active(self, screen: Screen[object]) -> list[tuple[Binding, str, bool]]:
        keys = []
        actions = set()
        for _node, binding, enabled, _tooltip in in_order(screen):
            if binding.show and binding.action not in actions and not self._is_typed(screen, binding):
                actions.add(binding.action)
                keys.append((binding, self._label(binding), enabled))
        return keys

    def _is_typed(self, screen: Screen[object], binding: Binding) -> bool:
        """Whether the key is typed into a field; Textual itself misses the slash, whose Unicode name is different."""
        shown = self.app.get_key_display(binding)
        character = shown if len(shown) == 1 else None
        return screen.focused is not None and screen.focused.check_consume_key(binding.key, character)

    def render_line(self, y: int) -> Strip:
        """Draw the keys that fit."""
        if self._keys is None:
            self._keys = self._active(self.screen)
        width = self.size.width
        texts = [(self.app.get_key_display(binding), f" {label}  ") for binding, label, _ in self._keys]
        widths = [cell_len(key) + cell_len(text) for key, text in texts]
        fixed = sum(widths[-self.ALWAYS :])
        is_cut = sum(widths) - 2 > width
        self._places = []
        segments = []
        x = 0
        for index, ((binding, _, enabled), (key, text)) in enumerate(zip(self._keys, texts, strict=True)):
            is_last = index >= len(texts) - self.ALWAYS
            if is_cut and not is_last and x + widths[index] + 3 + fixed - 2 > width:
                continue
            if is_cut and index == len(texts) - self.ALWAYS:
                segments.append(Segment("…  ", self._style("off")))
                x += 3
            segments += [
                Segment(key, self._style("key" if enabled else "off")),
                Segment(text, self._style("text" if enabled else "off")),
            ]
            self._places.append((x, x + widths[index] - 2, binding))
            x += widths[index]
        return Strip(segments).adjust_cell_length(width, self.get_visual_style().rich_style)

    def _style(self, name: str) -> Style:
        return self.get_visual_style(f"key-bar--{name}").rich_style

    def on_click(self, event: events.Click) -> None:
        """A click on a key presses it."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for start, end, binding in self._places:
            if start <= offset.x < end:
                self.app.simulate_key(binding.key)


def in_order(screen: Screen[object]) -> list[ActiveBinding]:
    """The active keys of a screen in the order of declaration; Textual puts remapped ones last."""
    active = list(screen.active_bindings.values())
    nodes = list(dict.fromkeys(found.node for found in active))
    return sorted(active, key=lambda found: (nodes.index(found.node), _position(found.node, found.binding)))


def _position(node: DOMNode, binding: Binding) -> int:
    ids = [getattr(declared, "id", None) for declared in node.BINDINGS]
    return ids.index(binding.id) if binding.id in ids else len(ids)

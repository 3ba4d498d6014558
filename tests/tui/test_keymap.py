"""Remapped keys: what they do, where they are shown, and the errors for keys that cannot be used."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import KEY_ALIASES

import tvtui.tui.screens
import tvtui.tui.widgets
from tests.support.app import FakeApp, watching
from tests.support.builders import PASSED, RUNNING_NOW, run_at
from tests.support.http import KEY
from tests.support.server import WATCH_SETTINGS
from tests.support.watch import watch_answers
from tvtui.testvibe.server import Server
from tvtui.tui.app import TvtuiApp
from tvtui.tui.bindings import is_move, key_name
from tvtui.tui.keymap import PLACES, bindings, check
from tvtui.watch.clock import Clock
from tvtui.watch.request import Mode, WatchRequest


def problem(**keys: str) -> str:
    """The only problem with these keys; `failure_next` stands for `failure.next`."""
    (sentence,) = check({name.replace("_", ".", 1): key for name, key in keys.items()}).problems
    assert sentence.startswith("[keys] in config.toml: ")
    assert sentence.endswith(".")
    return sentence


def test_the_name_of_a_key_is_what_it_types() -> None:
    keys = ["section_sign", "ctrl+euro_sign", "й", "escape", "delete", "f8", "question_mark", "left", "space"]
    assert [key_name(key) for key in keys] == ["§", "ctrl+€", "й", "escape", "delete", "f8", "?", "←", "space"]


class TestCheck:
    """The problems reported at the start."""

    def test_an_unknown_action_is_reported_with_the_nearest_one(self) -> None:
        assert problem(failure_nxt="x") == (
            '[keys] in config.toml: unknown action "failure.nxt" (did you mean "failure.next"?).'
        )
        assert problem(zzz="x") == '[keys] in config.toml: unknown action "zzz".'

    def test_the_settings_file_is_named(self) -> None:
        (sentence,) = check({"zzz": "x"}, Path("/home/me/config.toml")).problems
        assert sentence == f'[keys] in {Path("/home/me/config.toml")}: unknown action "zzz".'

    @pytest.mark.parametrize(
        ("key", "text"),
        [
            ("contrl+x", '"contrl+x" (did you mean "ctrl+x"?)'),
            ("cmd+k", '"cmd+k"'),
            ("Ctrl+N", '"Ctrl+N" (did you mean "ctrl+n"?)'),
            ("ctrl+N", 'did you mean "ctrl+n"?'),
            ("pgdown", 'did you mean "pagedown"?'),
            ("f8,", "a key is missing"),
            (",", 'write "comma" for the comma key'),
            ("shift+x", 'terminals send "X" for "shift+x"; use "X"'),
            ("\x1b[2J", "unknown key"),
        ],
    )
    def test_an_unknown_key_is_reported(self, key: str, text: str) -> None:
        sentence = problem(detail_log=key)

        assert text in sentence
        assert sentence.isprintable()

    @pytest.mark.parametrize(
        ("keys", "two"),
        [
            ({"failure_next": "s"}, '"s" is bound to two actions: "failure.next" and "tests.sort"'),
            ({"detail_log": "f8", "tests_sort": "f8"}, '"f8" is bound to two actions'),
            ({"tests_sort": "j"}, '"j" is bound to two actions in the tests: "tests.down" and "tests.sort"'),
            ({"tests_down": "down,s"}, '"s" is bound to two actions in the tests: "tests.down" and "tests.sort"'),
            (
                {"failure_next": "f8", "tests_sort": "n"},
                '"n" is bound to two actions in the error, log and diagnosis: "log.next_hit"',
            ),
            ({"detail_log": "?"}, '"?" is bound to two actions: "detail.log" and "app.help"'),
            ({"detail_log": "ctrl+i"}, '"pane.next" and "detail.log"'),
            ({"detail_log": "ctrl+c"}, '"Copy selected text" and "detail.log"'),
            ({"detail_log": "ctrl+p"}, '"detail.log" and "app.palette"'),
        ],
    )
    def test_two_actions_on_one_key_are_reported(self, keys: dict[str, str], two: str) -> None:
        assert two in problem(**keys)

    @pytest.mark.parametrize(
        "keys",
        [
            {"filter_keep": "X"},
            {"filter_keep": "space"},
            {"filter_clear": "ctrl+u"},
            {"app_quit_always": "X"},
            {"app_palette": "ctrl+k"},
        ],
    )
    def test_a_key_needed_for_typing_is_reported(self, keys: dict[str, str]) -> None:
        problems = check({name.replace("_", ".", 1): key for name, key in keys.items()}).problems

        # space is a key of replays, too
        assert any("is needed for typing in the filter and the search" in sentence for sentence in problems)

    def test_all_problems_are_reported_at_once(self) -> None:
        assert len(check({"failure.nxt": "x", "detail.log": "hyperdrive", "tests.sort": "f"}).problems) == 3

    @pytest.mark.parametrize(
        ("written", "keymap"),
        [
            ({"failure.next": "ctrl+n, f8"}, {"failure.next": "ctrl+n,f8"}),
            ({"app.help": "f1,?"}, {"app.help": "f1,question_mark"}),
            ({"detail.log": "shift+ctrl+left"}, {"detail.log": "ctrl+shift+left"}),
            ({"detail.log": "+", "runs.add": "Z"}, {"detail.log": "plus", "runs.add": "Z"}),
            ({"detail.log": "é"}, {"detail.log": "é"}),
            ({"detail.log": "e\u0301"}, {"detail.log": "é"}),
            ({"detail.log": "й, Й, ctrl+й"}, {"detail.log": "й,Й,ctrl+й"}),
            ({"detail.log": "ж,ν,字"}, {"detail.log": "ж,ν,字"}),
            ({"detail.log": "§,€"}, {"detail.log": "section_sign,euro_sign"}),
            ({"detail.log": "ctrl+k"}, {"detail.log": "ctrl+k"}),
            # in different panes
            ({"tests.up": "up,Z", "text.up": "up,Z"}, {"tests.up": "up,Z", "text.up": "up,Z"}),
            # exchanged
            ({"tests.sort": "f", "tests.failed_only": "s"}, {"tests.sort": "f", "tests.failed_only": "s"}),
            # one key for both, as it is without a keymap
            ({"failure.next": "f5", "log.next_hit": "f5"}, {"failure.next": "f5", "log.next_hit": "f5"}),
        ],
    )
    def test_valid_keys_are_accepted(self, written: dict[str, str], keymap: dict[str, str]) -> None:
        assert check(written) == (keymap, ())

    def test_every_action_can_be_given_its_own_keys_again(self) -> None:
        given: dict[str, list[str]] = {}
        for binding in (binding for place in PLACES for binding in bindings(place) if binding.id):
            given.setdefault(str(binding.id), []).append(binding.key)

        assert check({name: ",".join(keys) for name, keys in given.items()}).problems == ()


class TestApp:
    """What a remapped key does, and where it is shown."""

    async def test_the_new_keys_work_and_the_old_ones_do_not(self) -> None:
        keymap = check({"detail.log": "m, f8", "tests.down": "ctrl+j"}).keymap
        async with watching(run_at("default", 600), keymap=keymap) as viewer:
            first = viewer.screen.selected
            await viewer.press("l", "j")
            assert viewer.screen.detail.tabs.active == "error-tab"
            assert viewer.screen.selected == first
            await viewer.press("ctrl+j", "m")
            assert viewer.screen.selected != first
            assert viewer.screen.detail.tabs.active == "log-tab"
            await viewer.press("f8")
            assert viewer.screen.detail.tabs.active == "error-tab"

    async def test_the_key_bar_and_the_help_show_them(self) -> None:
        keymap = check({"failure.next": "ctrl+n", "app.help": "f1"}).keymap
        async with watching(run_at("default", 600), keymap=keymap) as viewer:
            keys = viewer.text.splitlines()[-1]
            assert keys.startswith(" ^n next failure  f failed ")
            assert keys.endswith(" f1 help  q quit")
            await viewer.press("f1")
            await viewer.sees("ctrl+n      next failure; in a searched text, next match")
            assert "f1          show all keys" in viewer.text
            await viewer.press("f1")
            await viewer.until(lambda: "All keys" not in viewer.text)

    async def test_a_remapped_letter_can_still_be_typed_in_the_filter(self) -> None:
        keymap = check({"detail.log": "x"}).keymap
        async with watching(run_at("default", 600), keymap=keymap) as viewer:
            await viewer.press("slash", "x")
            assert viewer.screen.asked.words == "x"
            assert "x log" not in viewer.text.splitlines()[-1]


class TestStart:
    """Before the screen is taken over."""

    def test_each_wrong_key_is_reported_in_a_sentence(self, capsys: pytest.CaptureFixture[str]) -> None:
        settings = replace(WATCH_SETTINGS, keys={"failure.nxt": "x", "detail.log": "shift+x"}, keys_source="/own.toml")
        assert watch_answers(RUNNING_NOW, mode=Mode.SCREEN, settings=settings) == 2

        out, err = capsys.readouterr()
        assert out == ""
        assert [line.startswith("tvtui: [keys] in /own.toml: ") for line in err.splitlines()] == [True, True]

    def test_valid_keys_reach_the_app(self) -> None:
        given: list[object] = []

        class App(FakeApp):
            def __init__(
                self, server: Server, request: WatchRequest, *, clock: Clock, keymap: object, **others: object
            ) -> None:
                super().__init__(server, request, clock=clock, **others)
                given.append(keymap)

        settings = replace(WATCH_SETTINGS, keys={"app.help": "?, f1"})
        watch_answers(RUNNING_NOW, mode=Mode.SCREEN, settings=settings, load_app=lambda: cast("type[TvtuiApp]", App))
        assert given == [{"app.help": "question_mark,f1"}]

    @pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
    def test_wrong_keys_are_reported_in_every_mode(self, mode: Mode, capsys: pytest.CaptureFixture[str]) -> None:
        settings = replace(WATCH_SETTINGS, keys={"failure.nxt": "x"})
        assert watch_answers(PASSED, mode=mode, settings=settings) == 2
        out, err = capsys.readouterr()
        assert (out, err) == (
            "",
            'tvtui: [keys] in config.toml: unknown action "failure.nxt" (did you mean "failure.next"?).\n',
        )

    def test_an_api_key_among_them_is_not_shown(self) -> None:
        problems = " ".join(check({KEY: "x", "failure.next": KEY, f"{KEY[:20]}": KEY[:30]}).problems)
        assert KEY[12:20] not in problems
        assert "unknown action" in problems


class TestBindings:
    """What every binding of ours needs, so that it can be remapped and explained."""

    def test_every_class_with_keys_has_a_place(self) -> None:
        classes: set[type[DOMNode]] = {TvtuiApp}
        for package in (tvtui.tui.screens, tvtui.tui.widgets):
            for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
                loaded = importlib.import_module(module.name)
                classes |= {thing for thing in vars(loaded).values() if isinstance(thing, type)}
        ours = {thing for thing in classes if thing.__module__.startswith("tvtui.") and "BINDINGS" in vars(thing)}

        assert ours == set(PLACES), "give the class a place and a chain in tvtui/tui/key_help.py"

    @pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
    def test_every_binding_has_an_id_and_a_description(self, place: type[DOMNode]) -> None:
        for binding in vars(place)["BINDINGS"]:
            assert isinstance(binding, Binding)
            assert binding.id, binding
            assert binding.description, binding
            assert binding.tooltip or is_move(binding.id), binding

    def test_bindings_with_the_same_id_have_the_same_key(self) -> None:
        ours = [binding for place in PLACES for binding in vars(place)["BINDINGS"]]

        assert len({(binding.id, binding.key) for binding in ours}) == len({binding.id for binding in ours})


def test_our_keys_are_distinct_in_terminals() -> None:
    keys = {binding.key for place in PLACES for binding in bindings(place)}

    assert keys & {alias for aliases in KEY_ALIASES.values() for alias in aliases} <= {"newline"}

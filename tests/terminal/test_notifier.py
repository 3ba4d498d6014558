"""Notifications, title and progress, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from textual.events import AppBlur, AppFocus

from tests.support.app import watching
from tests.support.builders import a_case, a_run
from tvtui.settings.values import NotifyStyle
from tvtui.terminal.detect import TerminalKind, Wrapping
from tvtui.terminal.notifier import Notifier
from tvtui.testvibe.errors import Unreachable
from tvtui.testvibe.models import Case, Run
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.outlook import Outlook

STARTED = datetime(2026, 6, 10, 16, 2, 19, tzinfo=UTC)
PASSES = [a_case(f"passes {number}") for number in range(3)]
FAILS = a_case("Locked-out user sees an error", status="failed")
LOST = Problem(Unreachable("The server refused the connection.", "Check that it runs."), 0.0, 1, 2.0)

NORMAL = TerminalKind()
PROGRESS = TerminalKind(has_progress=True)


def ongoing(*tests: Case, total: int | None = None, **fields: object) -> Run:
    summary = None if total is None else {"total": total}
    return a_run(status="running", tests=list(tests), summary=summary, **fields)


def ended(*tests: Case, status: str = "failed", **fields: object) -> Run:
    return a_run(status=status, tests=list(tests), **fields)


QUEUED = ongoing(started_utc=None)


class Terminal:
    """A terminal that records what is written to it."""

    def __init__(
        self,
        kind: TerminalKind = NORMAL,
        wanted: NotifyStyle = NotifyStyle.AUTO,
        *,
        focus: bool | None = None,
        encoding: str = "utf-8",
    ) -> None:
        self.now = 1000.0
        self.attention = Notifier(kind, wanted, encoding=encoding, now=lambda: self.now)
        self.attention.has_focus = focus
        self.written: list[str] = []
        self.attention.enter(self.written.append)

    def sees(self, *runs: Run, run_id: int = 214, problem: Problem | None = None, after: float = 35.0) -> Terminal:
        for run in runs:
            snapshot = Snapshot(run, 0.0, STARTED + timedelta(seconds=after), 2.0, is_final=False)
            self.attention.see(run_id, snapshot, problem)
        return self

    def drain(self) -> str:
        text = "".join(self.written)
        self.written.clear()
        return text

    @property
    def notifications(self) -> list[str]:
        """What was written other than titles and progress."""
        return [text for text in self.written if not text.startswith(("\x1b]0;", "\x1b[22", "\x1b]9;4;"))]


def osc9(subject: str, outcome: str) -> str:
    return f"\x1b]9;{subject}: {outcome}\x07"


def osc777(subject: str, outcome: str) -> str:
    return f"\x1b]777;notify;{subject};{outcome}\x07"


FAILED = ("✗ run 214 Login Functionality", "1 of 3 failed")
PASSED = ("✓ run 214 Login Functionality", "3 passed")
FIRST = ("✗ run 214 Login Functionality", "1 of 2 failed so far")
OUTCOMES = {
    PASSED: [QUEUED, ongoing(*PASSES), ended(*PASSES, status="passed")],
    FAILED: [QUEUED, ongoing(*PASSES[:2]), ended(*PASSES[:2], FAILS)],
    FIRST: [QUEUED, ongoing(PASSES[0]), ongoing(PASSES[0], FAILS)],
}
WAYS: dict[NotifyStyle, Callable[[str, str], str]] = {
    NotifyStyle.OSC9: osc9,
    NotifyStyle.OSC777: osc777,
    NotifyStyle.BELL: lambda *_: "\x07",
    NotifyStyle.OFF: lambda *_: "",
}


@pytest.mark.parametrize(
    ("focus", "way", "wrapping", "outcome"), list(product([None, False, True], WAYS, Wrapping, OUTCOMES))
)
def test_one_notice_for_each_outcome_unless_the_terminal_has_the_focus(
    focus: bool | None, way: NotifyStyle, wrapping: Wrapping, outcome: tuple[str, str]
) -> None:
    terminal = Terminal(TerminalKind(NotifyStyle.BELL, wrapping=wrapping), way, focus=focus).sees(*OUTCOMES[outcome])

    expected = WAYS[way](*outcome)
    if wrapping is Wrapping.SCREEN:
        expected = expected.replace("✗", "x").replace("✓", "+")
    if len(expected) > 1 and wrapping is Wrapping.TMUX:
        expected = "\x1bPtmux;\x1b" + expected + "\x1b\\"
    elif len(expected) > 1 and wrapping is Wrapping.SCREEN:
        expected = "".join(f"\x1bP{part}\x1b\\" for part in (expected[:60], expected[60:]) if part)
    assert "".join(terminal.notifications) == ("" if focus else expected)


@pytest.mark.parametrize(
    ("wrapping", "focus", "written"),
    [
        (
            Wrapping.NONE,
            False,
            (
                "\x1b]99;i=tvtui-214:d=0:e=1;4pyXIHJ1biAyMTQgTG9naW4gRnVuY3Rpb25hbGl0eQ==\x1b\\"
                "\x1b]99;i=tvtui-214:d=1:e=1:p=body;MSBvZiAzIGZhaWxlZA==\x1b\\"
            ),
        ),
        (
            Wrapping.NONE,
            None,
            (
                "\x1b]99;i=tvtui-214:d=0:e=1:o=unfocused;4pyXIHJ1biAyMTQgTG9naW4gRnVuY3Rpb25hbGl0eQ==\x1b\\"
                "\x1b]99;i=tvtui-214:d=1:e=1:p=body:o=unfocused;MSBvZiAzIGZhaWxlZA==\x1b\\"
            ),
        ),
        (
            Wrapping.TMUX,
            False,
            (
                "\x1bPtmux;\x1b\x1b]99;i=tvtui-214:d=0:e=1;4pyXIHJ1biAyMTQgTG9naW4gRnVuY3Rpb25hbGl0eQ==\x1b\x1b\\"
                "\x1b\x1b]99;i=tvtui-214:d=1:e=1:p=body;MSBvZiAzIGZhaWxlZA==\x1b\x1b\\\x1b\\"
            ),
        ),
        (
            Wrapping.SCREEN,
            False,
            (
                "\x1bP\x1b]99;i=tvtui-214:d=0:e=1;4pyXIHJ1biAyMTQgTG9naW4gRnVuY3Rpb25\x1b\\"
                "\x1bPhbGl0eQ==\x07\x1b\\"
                "\x1bP\x1b]99;i=tvtui-214:d=1:e=1:p=body;MSBvZiAzIGZhaWxlZA==\x07\x1b\\"
            ),
        ),
    ],
)
def test_kitty_gets_base64_and_suppresses_it_while_focused_if_the_focus_is_unknown(
    wrapping: Wrapping, focus: bool | None, written: str
) -> None:
    terminal = Terminal(TerminalKind(wrapping=wrapping), NotifyStyle.OSC99, focus=focus).sees(*OUTCOMES[FAILED])

    assert "".join(terminal.notifications) == written


def test_the_bell_rings_too_where_a_notice_may_not_arrive_unless_the_user_chose_it() -> None:
    unsure = TerminalKind(NotifyStyle.OSC777, is_sure=False)

    assert "".join(Terminal(unsure).sees(*OUTCOMES[FAILED]).notifications) == osc777(*FAILED) + "\x07"
    assert "".join(Terminal(unsure, NotifyStyle.OSC777).sees(*OUTCOMES[FAILED]).notifications) == osc777(*FAILED)


class TestNews:
    """What is worth a notification."""

    def test_there_are_two_at_most_for_the_first_failure_and_the_end(self) -> None:
        failing = [ongoing(FAILS, *PASSES[:count]) for count in range(4)]
        over = ended(FAILS, *PASSES)
        terminal = Terminal(wanted=NotifyStyle.OSC9).sees(QUEUED, *failing, over, over, failing[0], over)

        assert terminal.notifications == [
            osc9(FIRST[0], "1 of 1 failed so far"),
            osc9(FIRST[0], "1 of 4 failed"),
        ]

    def test_a_run_that_ended_or_failed_before_the_watch_is_not_news(self) -> None:
        assert Terminal(wanted=NotifyStyle.OSC9).sees(ended(FAILS)).notifications == []
        failing = ongoing(FAILS)
        assert Terminal(wanted=NotifyStyle.OSC9).sees(failing, failing).notifications == []
        assert len(Terminal(wanted=NotifyStyle.OSC9).sees(failing, ended(FAILS)).notifications) == 1

    @pytest.mark.parametrize(
        ("run", "words"),
        [
            (ended(status="failed"), "✗ run 214 Login Functionality: failed, no tests ran"),
            (ended(*PASSES, status="failed"), "✗ run 214 Login Functionality: failed, 3 of 3 passed"),
            (ended(*PASSES, status="cancelled"), "? run 214 Login Functionality: cancelled, 3 of 3 passed"),
            (ended(PASSES[0], FAILS, status="cancelled"), "? run 214 Login Functionality: cancelled, 1 of 2 failed"),
            (ended(FAILS, status="passed"), "✓ run 214 Login Functionality: passed, but 1 test failed"),
            (
                ended(PASSES[0], a_case("later", status="skipped"), status="passed"),
                "✓ run 214 Login Functionality: 1 passed, 1 skipped",
            ),
            (ended(FAILS, feature_name=None), "✗ run 214: 1 of 1 failed"),
        ],
    )
    def test_every_outcome_has_its_words(self, run: Run, words: str) -> None:
        assert Terminal(wanted=NotifyStyle.OSC9).sees(QUEUED, run).notifications == [f"\x1b]9;{words}\x07"]

    @pytest.mark.parametrize("way", [NotifyStyle.OSC9, NotifyStyle.OSC99, NotifyStyle.OSC777])
    def test_foreign_text_cannot_end_or_extend_a_sequence(self, way: NotifyStyle) -> None:
        name = "a\x1b]0;owned\x07b\x1b\\c\x9cd;e\nf\u202eg" + "long " * 500
        run = replace(ended(FAILS), feature_name=name, status="failed")
        (notification,) = Terminal(wanted=way).sees(QUEUED, run).notifications

        assert notification.count("\x1b") == {NotifyStyle.OSC9: 1, NotifyStyle.OSC777: 1, NotifyStyle.OSC99: 4}[way]
        assert notification.count("\x07") == (way is not NotifyStyle.OSC99)
        assert notification.count(";") == {NotifyStyle.OSC9: 1, NotifyStyle.OSC777: 3, NotifyStyle.OSC99: 4}[way]
        assert notification.replace("\x1b", "").rstrip("\x07").isprintable()
        assert len(notification) < 600

    def test_a_locale_without_symbols_gets_ascii(self) -> None:
        terminal = Terminal(wanted=NotifyStyle.OSC777, encoding="ascii").sees(
            QUEUED, ended(FAILS, feature_name="Größe")
        )

        assert terminal.notifications == ["\x1b]777;notify;x run 214 Gr??e;1 of 1 failed\x07"]
        assert "\x1b]0;x1 1/1 - 35s - #214\x07" in terminal.written

    def test_screen_gets_ascii_as_it_turns_other_characters_into_controls(self) -> None:
        kind = TerminalKind(NotifyStyle.OSC9, wrapping=Wrapping.SCREEN)
        terminal = Terminal(kind).sees(QUEUED, ended(FAILS, feature_name="ě]0;ownedć"))

        assert terminal.notifications == ["\x1bP\x1b]9;x run 214 ?]0,owned?: 1 of 1 failed\x07\x1b\\"]
        assert all(text.isascii() for text in terminal.written)

    def test_the_key_cycles_through_bell_desktop_and_off(self) -> None:
        attention = Terminal(TerminalKind(NotifyStyle.OSC9)).attention
        assert [attention.cycle() for _ in range(3)] == ["off", "bell", "desktop (OSC 9)"]
        attention = Terminal(TerminalKind(NotifyStyle.OSC9), NotifyStyle.OFF).attention
        assert [attention.cycle() for _ in range(2)] == ["bell", "desktop (OSC 9)"]
        attention = Terminal(NORMAL).attention
        assert [attention.cycle() for _ in range(2)] == ["off", "bell"]


async def test_the_focus_is_unknown_until_it_is_reported_and_then_a_key_implies_it() -> None:
    attention = Notifier(NORMAL)
    async with watching(QUEUED, notifier=attention) as viewer:
        await viewer.press("j")
        assert attention.has_focus is None
        viewer.app.post_message(AppFocus())
        await viewer.until(lambda: attention.has_focus)
        viewer.app.post_message(AppBlur())
        await viewer.until(lambda: attention.has_focus is False)
        await viewer.press("j")
        assert attention.has_focus


async def test_the_app_notifies_and_the_key_shows_the_new_setting() -> None:
    terminal = Terminal(wanted=NotifyStyle.OSC9)
    async with watching(QUEUED, ongoing(FAILS), LOST.error, notifier=terminal.attention) as viewer:
        await viewer.wait(2)
        assert terminal.notifications == [osc9(FIRST[0], "1 of 1 failed so far")]
        await viewer.wait(2)
        await viewer.until(lambda: terminal.written[-1] == "\x1b]0;✗1 1 · no contact · #214\x07")
        await viewer.press("b")
        await viewer.sees("Notifications: off")


class TestTitle:
    """The title of the terminal."""

    def titles(self, *runs: Run, problem: Problem | None = None, after: float = 35.0) -> list[str]:
        terminal = Terminal().sees(*runs, problem=problem, after=after)
        return [text[4:-1] for text in terminal.written if text.startswith("\x1b]0;")]

    @pytest.mark.parametrize(
        ("run", "after", "title"),
        [
            (QUEUED, 35, "◌ · queued · #214"),
            (ongoing(), 35, "● · <1m · #214"),
            (ongoing(*PASSES), 125, "● 3 · 2m · #214"),
            (ongoing(*PASSES, total=60), 185, "● 3/60 · 3m · #214"),
            (ongoing(*PASSES, FAILS, total=60), 3725, "✗1 4/60 · 1h 02m · #214"),
            (ongoing(*PASSES), 200_000, "● 3 · 2d 07h · #214"),
            (ended(*PASSES, status="passed"), 999, "✓ 3/3 · 35s · #214"),
            (ended(*PASSES, FAILS), 999, "✗1 4/4 · 35s · #214"),
            (ended(status="failed"), 999, "✗ · 35s · #214"),
            (ended(status="cancelled", started_utc=None), 999, "? · #214"),
        ],
    )
    def test_shows_failures_progress_age_and_run(self, run: Run, after: float, title: str) -> None:
        assert self.titles(run, after=after) == [title]

    def test_shows_the_time_left_instead_of_the_age(self) -> None:
        run, terminal = ongoing(*PASSES, total=60), Terminal()
        for after, is_late in ((60, False), (60, True), (250, False)):
            outlook = Outlook(run.state, 180.0, 240.0, 180.0)
            seen = Snapshot(run, 0.0, STARTED + timedelta(seconds=after), 2.0, is_final=False, is_late=is_late)
            terminal.attention.see(214, replace(seen, outlook=outlook), None)
        titles = [text[4:-1] for text in terminal.written if text.startswith("\x1b]0;")]
        assert titles == ["● 3/60 · 2–3m left · #214", "● 3/60 · no contact · #214", "● 3/60 · 4m · #214"]

    def test_shows_lost_contact(self) -> None:
        assert self.titles(ongoing(*PASSES), problem=LOST) == ["● 3 · no contact · #214"]
        terminal = Terminal()
        late = Snapshot(ongoing(*PASSES), 0.0, STARTED, 2.0, is_final=False, is_late=True)
        terminal.attention.see(214, late, None)
        assert "● 3 · no contact · #214" in terminal.drain()
        assert self.titles(ended(FAILS), problem=LOST) == ["✗1 1/1 · 35s · #214"]
        terminal = Terminal()
        terminal.attention.see(214, None, None)
        terminal.attention.see(214, None, LOST)
        assert terminal.drain() == "\x1b[22;0t\x1b]0;… · waiting · #214\x07\x1b]0;… · no contact · #214\x07"

    def test_is_written_on_changes_and_saved_once(self) -> None:
        terminal = Terminal().sees(ongoing(*PASSES))
        assert terminal.drain() == "\x1b[22;0t\x1b]0;● 3 · <1m · #214\x07"
        assert terminal.sees(ongoing(*PASSES), after=59).drain() == ""
        assert terminal.sees(ongoing(*PASSES), after=60).drain() == "\x1b]0;● 3 · 1m · #214\x07"

    def test_a_console_that_would_print_it_gets_none(self) -> None:
        terminal = Terminal(TerminalKind(has_title=False)).sees(ongoing(*PASSES))
        terminal.attention.leave()
        assert terminal.drain() == ""

    def test_several_runs_are_counted_together(self) -> None:
        terminal = Terminal(PROGRESS)
        terminal.sees(ongoing(*PASSES, total=6))
        assert terminal.drain().endswith("\x1b]0;● 3/6 · <1m · #214\x07\x1b]9;4;1;50\x1b\\")
        terminal.sees(ended(FAILS), run_id=215)
        assert terminal.drain() == "\x1b]0;✗1 4/7 · 2 runs\x07\x1b]9;4;2;57\x1b\\"
        terminal.attention.forget(215)
        assert (
            terminal.sees(ended(*PASSES, status="passed")).drain().endswith("✓ 3/3 · 35s · #214\x07\x1b]9;4;0;0\x1b\\")
        )


class TestProgress:
    """Progress in tab and task bar."""

    def progress(self, *runs: Run) -> list[str]:
        terminal = Terminal(PROGRESS).sees(*runs)
        return [text for text in terminal.written if text.startswith("\x1b]9;4;")]

    def test_a_percentage_if_the_total_is_known_red_after_a_failure_and_removed_at_the_end(self) -> None:
        assert self.progress(
            QUEUED,
            ongoing(total=4),
            ongoing(PASSES[0], total=4),
            ongoing(PASSES[0], total=4),
            ongoing(PASSES[0], FAILS, total=4),
            ongoing(*PASSES, FAILS, total=4),
            ended(*PASSES, FAILS),
        ) == [
            "\x1b]9;4;1;0\x1b\\",
            "\x1b]9;4;1;25\x1b\\",
            "\x1b]9;4;2;50\x1b\\",
            "\x1b]9;4;2;100\x1b\\",
            "\x1b]9;4;0;0\x1b\\",
        ]

    def test_nothing_while_the_total_grows_except_for_a_failure(self) -> None:
        assert self.progress(QUEUED, ongoing(), ongoing(*PASSES), ongoing(*PASSES, total=3)) == []
        assert self.progress(ongoing(FAILS), ended(FAILS)) == ["\x1b]9;4;2;100\x1b\\", "\x1b]9;4;0;0\x1b\\"]

    def test_a_terminal_that_would_show_it_as_a_notice_gets_none(self) -> None:
        terminal = Terminal(NORMAL).sees(ongoing(FAILS, total=4))
        terminal.attention.leave()
        assert "]9;4" not in terminal.drain()

    def test_progress_is_repeated_for_ghostty_only(self) -> None:
        for forgets in (True, False):
            terminal = Terminal(TerminalKind(has_progress=True, forgets_progress=forgets))
            terminal.sees(ongoing(*PASSES, total=4)).drain()
            written = []
            for _ in range(12):
                terminal.now += 2
                written.append(terminal.sees(ongoing(*PASSES, total=4)).drain())
            again = "\x1b]9;4;1;75\x1b\\"
            assert written == [again if forgets and number in {4, 9} else "" for number in range(12)]
            terminal.now += 60
            over = terminal.sees(ended(*PASSES, status="passed")).drain()
            assert over.endswith("\x1b]9;4;0;0\x1b\\")
            terminal.now += 60
            assert terminal.sees(ended(*PASSES, status="passed")).drain() == ""


class TestLeaving:
    """Title and progress are restored."""

    def test_the_last_notice_missed_during_an_editor_is_shown_afterwards_once(self) -> None:
        terminal = Terminal(wanted=NotifyStyle.OSC9, focus=True).sees(QUEUED)
        terminal.attention.leave()
        terminal.sees(ongoing(FAILS), ended(FAILS, *PASSES[:2]))
        terminal.drain()
        terminal.attention.enter(terminal.written.append)
        assert terminal.notifications == [osc9(*FAILED)]
        terminal.attention.leave()
        terminal.drain()
        terminal.attention.enter(terminal.written.append)
        assert terminal.notifications == []

    def test_the_focus_is_unknown_after_returning(self) -> None:
        terminal = Terminal(wanted=NotifyStyle.OSC9, focus=True).sees(QUEUED)
        terminal.attention.leave()
        terminal.attention.enter(terminal.written.append)
        assert terminal.attention.has_focus is None
        assert terminal.sees(*OUTCOMES[FAILED]).notifications == [osc9(*FAILED)]

    def test_title_and_progress_are_restored_once(self) -> None:
        terminal = Terminal(PROGRESS).sees(ongoing(*PASSES, total=4))
        terminal.drain()
        terminal.attention.leave()
        terminal.attention.leave()
        assert terminal.drain() == "\x1b]9;4;0;0\x1b\\\x1b]0;\x07\x1b[23;0t"

    def test_later_events_are_not_written(self) -> None:
        terminal = Terminal(PROGRESS, NotifyStyle.OSC9).sees(QUEUED)
        terminal.attention.leave()
        terminal.drain()
        assert terminal.sees(ongoing(FAILS, total=4), ended(FAILS)).drain() == ""

    def test_nothing_is_restored_if_nothing_was_shown(self) -> None:
        terminal = Terminal(PROGRESS)
        terminal.attention.leave()
        assert terminal.drain() == ""

    def test_entering_again_shows_it_again(self) -> None:
        terminal = Terminal(PROGRESS).sees(ongoing(*PASSES, total=4))
        shown = terminal.drain()
        terminal.attention.leave()
        terminal.drain()
        terminal.attention.enter(terminal.written.append)
        assert terminal.drain() == shown

    def test_after_a_stop_without_warning_its_own_title_is_not_saved(self) -> None:
        terminal = Terminal(PROGRESS).sees(ongoing(*PASSES, total=4))
        terminal.drain()
        terminal.attention.enter(terminal.written.append)
        assert terminal.drain() == "\x1b]0;● 3/4 · <1m · #214\x07\x1b]9;4;1;75\x1b\\"


def test_a_closed_run_disappears_from_the_title() -> None:
    terminal = Terminal().sees(ended(FAILS, *PASSES)).sees(ended(*PASSES, status="passed", run_id=215), run_id=215)
    terminal.written.clear()
    terminal.attention.forget(214)
    (title,) = terminal.written
    assert "✗" not in title
    assert "#215" in title

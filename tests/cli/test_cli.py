"""What people type, and what the program says to it."""

from __future__ import annotations

import os
import re
import runpy
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tvtui import __version__, cli
from tvtui.cli import frontend
from tvtui.cli.request import Mode, other_host
from tvtui.journal.started_runs import Announcements
from tvtui.settings.settings import Settings
from tvtui.settings.values import NotifyStyle

KEY = "tvb_" + "AbCd1234" + "x" * 35
PROJECT = "01234567-89ab-cdef-0123-456789abcdef"
SERVER = "https://testvibe.acme.example"
ENOUGH = {"TESTVIBE_SERVER": SERVER, "TESTVIBE_API_KEY": KEY, "TESTVIBE_PROJECT": PROJECT}


class Terminal:
    """Types a command line; knows what came of it."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.code = -1
        self.out = self.err = ""

    def types(self, line: str) -> Terminal:
        self.code = cli.main(line.split())
        self.out, self.err = self._capsys.readouterr()
        assert KEY not in self.out + self.err
        assert "Traceback" not in self.out + self.err
        return self

    def is_told(self, sentence: str) -> None:
        """One sentence on stderr, nothing else, exit 2."""
        assert (self.code, self.out) == (2, "")
        assert self.err.startswith("tvtui: ")
        assert self.err.count("\n") == 1
        assert sentence in self.err


class Watched:
    """Takes the place of a watch and remembers what it was given."""

    def __init__(self) -> None:
        self.settings: Settings | None = None
        self.run_id = 0
        self.mode: Mode | None = None
        self.again: list[str] = []
        self.renew: Callable[[], Settings] | None = None
        self.on_finish: str | None = None
        self.board = False
        self.announce: Callable[[int], None] | None = None
        self.announcements: Announcements | None = None
        self.raises: BaseException | None = None

    def run(
        self,
        settings: Settings,
        run_ids: Sequence[int],
        mode: Mode | None,
        *,
        again: Callable[[Sequence[int]], list[str]],
        renew: Callable[[], Settings] | None = None,
        on_finish: str | None = None,
        board: bool = False,
        announce: Callable[[int], None] | None = None,
        announcements: Announcements | None = None,
    ) -> int:
        self.on_finish = on_finish
        self.board, self.announce, self.announcements = board, announce, announcements
        self.settings, self.mode, self.renew = settings, mode, renew
        (self.run_id,) = run_ids
        self.again = again(run_ids)
        if self.raises is not None:
            raise self.raises
        return 1


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    watched = Watched()
    monkeypatch.setattr(frontend, "run", watched.run)
    return watched


@pytest.fixture(autouse=True)
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says enough, and no file of whoever runs the tests."""
    for name in ("PROJECT", *ENOUGH):
        monkeypatch.delenv(name, raising=False)
    for name, value in ENOUGH.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tvtui.settings.settings.config_folder", lambda: tmp_path)
    monkeypatch.setattr("tvtui.settings.paths.config_folder", lambda: tmp_path)
    monkeypatch.chdir(tmp_path)


class TestHelp:
    """What there is to know before a watch."""

    def test_version(self, terminal: Terminal) -> None:
        assert terminal.types("--version").code == 0
        assert terminal.out == f"tvtui {__version__}\n"

    @pytest.mark.parametrize("option", ["-h", "--help"])
    def test_help_has_examples_configuration_and_exit_codes(self, terminal: Terminal, option: str) -> None:
        assert terminal.types(option).code == 0
        for part in ("Examples:", "tvtui watch 214", "TESTVIBE_API_KEY", "Exit codes:", "70 a bug", "130 interrupted"):
            assert part in terminal.out
        assert "128+n" in terminal.out

    @pytest.mark.parametrize("command", ["watch", "demo"])
    def test_each_command_has_examples(self, terminal: Terminal, command: str) -> None:
        assert terminal.types(f"{command} -h").code == 0
        assert f"  tvtui {command}" in terminal.out
        assert max(map(len, terminal.out.splitlines())) <= 100

    def test_no_default_is_broken_in_two(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        assert "[tvtui-artifacts]" in terminal.types("watch --help").out

    def test_no_option_takes_a_key(self, terminal: Terminal) -> None:
        assert not re.search(r"--\S*(key|token)", terminal.types("watch --help").out)


class TestOwnFile:
    """Mistakes in the user's own file are told before anything is watched, in lines as on the screen."""

    @pytest.mark.parametrize("table", ["[open]\ntrace = 5", "[keys]\n'failure.next' = 5"])
    @pytest.mark.parametrize("form", ["", "--lines", "--json"])
    def test_tables(self, table: str, form: str, terminal: Terminal, tmp_path: Path) -> None:
        (tmp_path / "config.toml").write_text(table)
        (tmp_path / "config.toml").chmod(0o600)
        terminal.types(f"watch 214 {form}").is_told("config.toml, ")


class TestUsage:
    """One sentence each, and where to look."""

    @pytest.mark.parametrize(
        ("line", "sentence"),
        [
            ("", "Missing command. See tvtui --help."),
            ("wach", "'wach'. Did you mean 'watch'? See tvtui --help."),
            ("watch", "Missing argument 'RUN_ID...'. See tvtui watch --help."),
            ("watch 214 --colour", "--colour"),
            ("watch 214 two", "'two' is not a run ID"),
            ("watch 214 --interval", "'--interval' requires an argument. See tvtui watch --help."),
            ("watch 214 --lines --json", "Give only one of --lines, --json and --linear. See tvtui watch --help."),
            ("demo --json --linear", "Give only one of --lines, --json and --linear. See tvtui demo --help."),
            ("watch two", "'two' is not a run ID"),
            ("demo --speed fast", "--speed must be a number from 0.1 to 1000, not 'fast'."),
            ("demo --speed 0", "--speed must be a number from 0.1 to 1000, not '0'."),
            ("demo --speed nan", "--speed must be a number from 0.1 to 1000, not 'nan'."),
            ("watch 214 --timeout 0", "must be a number of seconds from 0.1 to 86400, not '0'."),
            ("watch 214 --lines --timeout 0.05", "not '0.05'."),
            ("run 12 --site foo", "--site must be http://HOST… or https://HOST…, not 'foo'."),
            ("run 12 --site javascript:alert(1)", "--site must be http://HOST… or https://HOST…"),
            ("run 12 --site https://", "--site must be"),
            ("run 12 --site https://[shop", "--site must be"),
            ("run 12 --site https://shop:port", "--site must be"),
            ("demo nowhere", "There is no scenario 'nowhere'; there are default, "),
            ("watch 214 --\x1b[2J", "No such option"),
        ],
    )
    def test_mistakes(self, terminal: Terminal, line: str, sentence: str) -> None:
        terminal.types(line).is_told(sentence)
        assert terminal.err.rstrip("\n").isprintable()

    @pytest.mark.parametrize(
        "line",
        [
            f"watch 214 --api-key {KEY}",
            f"watch 214 --api-key={KEY}",
            f"watch 214 --project {KEY}",
            f"watch {KEY}",
            f"{KEY}",
            "watch 214 --api_key other",
            "watch 214 --token=other",
            "--key other",
            f"watch https://me:{KEY}@host/runs/214",
        ],
    )
    def test_a_key_is_never_an_argument(self, terminal: Terminal, line: str, tmp_path: Path) -> None:
        terminal.types(line).is_told("never belongs on the command line")
        assert "TESTVIBE_API_KEY" in terminal.err
        assert str(tmp_path / "config.toml") in terminal.err
        assert "other " not in terminal.err.replace("other users", "")


class TestWatch:
    """What a command line makes of a watch."""

    def test_a_run_of_the_configured_project(self, terminal: Terminal, watched: Watched) -> None:
        assert terminal.types("watch #214").code == 1
        assert watched.settings is not None
        assert (watched.settings.server, watched.settings.project) == (SERVER, PROJECT)
        assert (watched.run_id, watched.mode, watched.again) == (214, None, ["tvtui", "watch", "214"])

    def test_all_options(self, terminal: Terminal, watched: Watched) -> None:
        terminal.types(
            f"watch 214 --server http://10.0.0.1 --project {PROJECT} --interval 5 --timeout 60 --insecure-http --json"
        )
        assert watched.settings is not None
        assert watched.settings.server == "http://10.0.0.1"
        assert (watched.settings.interval, watched.settings.timeout, watched.settings.insecure_http) == (5, 60, True)
        assert watched.mode is Mode.JSON
        assert " ".join(watched.again) == (
            f"tvtui watch 214 --server http://10.0.0.1 --project {PROJECT} --insecure-http"
        )

    def test_the_board_and_following_are_asked_for(self, terminal: Terminal, watched: Watched) -> None:
        terminal.types("watch 214")
        assert (watched.board, watched.announcements) == (False, None)
        assert watched.announce is not None
        terminal.types("watch 214 --board --follow")
        assert watched.board
        assert isinstance(watched.announcements, Announcements)

    def test_whoever_looks_elsewhere_is_told_unless_silence_is_asked_for(
        self, terminal: Terminal, watched: Watched
    ) -> None:
        terminal.types("watch 214")
        assert watched.settings is not None
        assert (watched.settings.notify, watched.on_finish) == (NotifyStyle.AUTO, None)
        terminal.types("watch 214 --no-notify --on-finish ./tell-them")
        assert (watched.settings.notify, watched.on_finish) == (NotifyStyle.OFF, "./tell-them")
        terminal.types("demo --no-notify --on-finish ./tell-them")
        assert (watched.settings.notify, watched.on_finish) == (NotifyStyle.OFF, "./tell-them")

    def test_a_command_for_the_end_must_be_one(self, terminal: Terminal) -> None:
        assert terminal.types("watch 214 --on-finish=").code == 2
        assert "give the command to be run" in terminal.err

    def test_lines(self, terminal: Terminal, watched: Watched) -> None:
        terminal.types("watch 214 --lines")
        assert watched.mode is Mode.LINES

    def test_all_that_is_wrong_is_said_at_once(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ENOUGH:
            monkeypatch.delenv(name)
        assert terminal.types("watch two --interval never").code == 2
        assert terminal.out == ""
        subjects = ["'two' is not a run ID", "No server", "No API key", "No project", "--interval"]
        assert [
            line.startswith(f"tvtui: {subject}")
            for line, subject in zip(terminal.err.splitlines(), subjects, strict=True)
        ] == [True] * 5

    def test_warnings_are_said_and_the_watch_goes_on(
        self, terminal: Terminal, watched: Watched, tmp_path: Path
    ) -> None:
        (tmp_path / "config.toml").write_text("colour = 1", "utf-8")
        assert terminal.types("watch 214").code == 1
        assert terminal.err.startswith("tvtui: warning: ")
        assert "colour" in terminal.err
        (tmp_path / "config.toml").write_text("colour = 1\ninterval = 0", "utf-8")
        assert terminal.types("watch 214").code == 2
        assert "colour" in terminal.err

    def test_the_configuration_can_be_read_anew(
        self, terminal: Terminal, watched: Watched, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        terminal.types("watch 214 --interval 7")
        monkeypatch.setenv("TESTVIBE_API_KEY", "tvb_" + "n" * 43)
        assert watched.renew is not None
        renewed = watched.renew()
        assert renewed.api_key.reveal() == "tvb_" + "n" * 43
        assert renewed.interval == 7

    def test_a_working_folder_that_is_gone_is_no_matter(
        self, terminal: Terminal, watched: Watched, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def gone() -> Path:
            raise FileNotFoundError

        monkeypatch.setattr(Path, "cwd", gone)
        assert terminal.types("watch 214").code == 1
        assert watched.run_id == 214

    @pytest.mark.parametrize(("ending", "code"), [(KeyboardInterrupt(), 130), (BrokenPipeError(), 6)])
    def test_what_ends_it_from_outside(
        self, terminal: Terminal, watched: Watched, ending: BaseException, code: int
    ) -> None:
        watched.raises = ending
        assert terminal.types("watch 214").code == code
        assert (terminal.out, terminal.err) == ("", "")

    def test_an_interrupt_while_the_line_is_read(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupt(_flags: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("tvtui.cli.commands.watch.mode", interrupt)
        assert terminal.types("watch 214").code == 130

    def test_a_bug_is_for_the_caller_to_see(self, terminal: Terminal, watched: Watched) -> None:
        watched.raises = ZeroDivisionError()
        with pytest.raises(ZeroDivisionError):
            terminal.types("watch 214")


class TestProcess:
    """The program's own process ends at once, whatever still waits in it."""

    class Ended(BaseException):
        """In place of the end."""

    def end(self, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
        codes: list[int] = []

        def leave(code: int) -> None:
            codes.append(code)
            raise self.Ended

        monkeypatch.setattr(os, "_exit", leave)
        monkeypatch.setattr(sys, "argv", ["tvtui", *words])
        with pytest.raises(self.Ended):
            cli.main()
        return codes[0]

    def test_with_its_exit_code(self, watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.end(monkeypatch, "watch", "214") == 1
        assert watched.run_id == 214

    def test_and_a_bug_is_not_taken_for_a_failed_run(
        self, watched: Watched, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        monkeypatch.setattr("tvtui.cli.crash.log_folder", lambda: tmp_path)
        watched.raises = ZeroDivisionError("a bug")
        assert self.end(monkeypatch, "watch", "214") == 70
        told = capsys.readouterr().err
        assert told.startswith("tvtui: tvtui crashed because of a bug (ZeroDivisionError).")
        assert "Traceback" not in told

    def test_the_module_is_the_program(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cli, "main", lambda: 4)
        with pytest.raises(SystemExit) as ending:
            runpy.run_module("tvtui", run_name="__main__")
        assert ending.value.code == 4


class TestDemo:
    """The built-in TestVibe, over a real socket."""

    def test_list(self, terminal: Terminal) -> None:
        assert terminal.types("demo --list").code == 0
        lines = terminal.out.splitlines()
        assert lines[0].startswith("default")
        assert len(lines) >= 8
        assert len({len(line) - len(line.split(maxsplit=1)[1]) for line in lines}) == 1

    def test_is_watched_like_any_server_but_needs_no_configuration(
        self, terminal: Terminal, watched: Watched, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ENOUGH:
            monkeypatch.delenv(name)
        assert terminal.types("demo passed --speed 4 --json").code == 1
        assert watched.settings is not None
        assert watched.settings.server.startswith("http://127.0.0.1:")
        assert watched.settings.interval == 0.5
        assert (watched.mode, watched.again) == (Mode.JSON, ["tvtui", "demo", "passed"])
        assert terminal.types("demo").code == 1
        assert (watched.settings.interval, watched.again, watched.mode) == (2.0, ["tvtui", "demo"], None)

    @pytest.mark.parametrize(("scenario", "code"), [("refused", 3)])
    def test_its_exit_code_is_the_watchs(self, terminal: Terminal, scenario: str, code: int) -> None:
        assert terminal.types(f"demo {scenario} --lines").code == code


class TestCompletion:
    """`eval "$(_TVTUI_COMPLETE=bash_source tvtui)"`."""

    def complete(self, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
        monkeypatch.setenv("_TVTUI_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
        with pytest.raises(SystemExit) as ending:
            cli.main([])
        assert not ending.value.code
        return [line.split(",")[1] for line in capsys.readouterr().out.splitlines()]

    def test_of_scenarios(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.complete("tvtui demo h", monkeypatch, capsys) == ["huge", "hostile"]
        assert "flaky-network" in self.complete("tvtui demo ", monkeypatch, capsys)

    def test_of_commands_and_options(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.complete("tvtui w", monkeypatch, capsys) == ["watch"]
        assert self.complete("tvtui watch --in", monkeypatch, capsys) == ["--insecure-http", "--interval"]


@pytest.mark.parametrize(
    ("run_id", "is_told"),
    [
        ("214", False),
        ("https://testvibe.acme.example/runs/214", False),
        ("https://other.example/runs/214", True),
        ("https://[/runs/214", False),
    ],
)
def test_a_link_to_another_server_is_told(run_id: str, is_told: bool) -> None:
    warning = other_host(run_id, "https://testvibe.acme.example")

    assert ("other.example" in warning) is is_told

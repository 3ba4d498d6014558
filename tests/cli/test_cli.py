"""The command line: what users type, and how the program responds."""

from __future__ import annotations

import io
import json
import os
import re
import runpy
import signal
import sys
from asyncio import CancelledError
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from tvtui import __version__, cli
from tvtui.cli.group import command_line
from tvtui.cli.request import Environment
from tvtui.cli.signals import signals_to_catch
from tvtui.journal.started_runs import Announcements
from tvtui.reporters.ndjson import history_fields
from tvtui.settings.values import NotifyStyle
from tvtui.text.output import OutputError
from tvtui.watch.history import CaseHistory, Standing
from tvtui.watch.request import Mode, WatchRequest

KEY = "tvb_" + "AbCd1234" + "x" * 35
PROJECT = "01234567-89ab-cdef-0123-456789abcdef"
SERVER = "https://testvibe.acme.example"
ENOUGH = {"TESTVIBE_SERVER": SERVER, "TESTVIBE_API_KEY": KEY, "TESTVIBE_PROJECT": PROJECT}


@dataclass
class Terminal:
    """Types command lines, and knows their results; watches are recorded instead of shown."""

    capsys: pytest.CaptureFixture[str]
    folder: Path
    variables: dict[str, str] = field(default_factory=lambda: dict(ENOUGH))
    requests: list[WatchRequest] = field(default_factory=list)
    raises: BaseException | None = None
    code: int = -1
    out: str = ""
    err: str = ""

    @property
    def environment(self) -> Environment:
        return Environment(
            self.variables,
            config_folder=self.folder,
            log_folder=self.folder,
            state_folder=self.folder,
            watch=self.watch,
        )

    def watch(self, request: WatchRequest) -> int:
        self.requests.append(request)
        if self.raises is not None:
            raise self.raises
        return 1

    def types(self, line: str | Sequence[str]) -> Terminal:
        self.code = cli.main(line.split() if isinstance(line, str) else line, self.environment)
        self.out, self.err = self.capsys.readouterr()
        assert KEY not in self.out + self.err
        assert "Traceback" not in self.out + self.err
        return self

    @property
    def request(self) -> WatchRequest:
        """The last watch."""
        return self.requests[-1]

    @property
    def command(self) -> str:
        """The command that watches the same runs again."""
        return self.request.shell_command(self.request.run_ids)

    def is_usage_error(self, sentence: str) -> None:
        """One sentence on stderr, nothing else, exit 2."""
        assert (self.code, self.out) == (2, "")
        assert self.err.startswith("tvtui: ")
        assert self.err.count("\n") == 1
        assert sentence in self.err


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal(capsys, tmp_path)


class TestHelp:
    """`--help` and `--version`."""

    def test_version(self, terminal: Terminal) -> None:
        assert terminal.types("--version").code == 0
        assert terminal.out == f"tvtui {__version__}\n"

    @pytest.mark.parametrize("option", ["-h", "--help"])
    def test_help_has_examples_configuration_and_exit_codes(self, terminal: Terminal, option: str) -> None:
        assert terminal.types(option).code == 0
        for part in ("Examples:", "tvtui watch 214", "TESTVIBE_API_KEY", "Exit codes:", "70 a bug", "130 interrupted"):
            assert part in terminal.out
        assert "128+n" in terminal.out

    def test_without_a_command_the_help_is_printed_but_nothing_has_passed(self, terminal: Terminal) -> None:
        text = terminal.types("--help").out
        assert terminal.types("").code == 2
        assert terminal.out == text
        assert terminal.err == ""

    @pytest.mark.parametrize("command", sorted(command_line.commands))
    def test_each_command_has_examples(self, terminal: Terminal, command: str) -> None:
        assert terminal.types(f"{command} -h").code == 0
        assert f"  tvtui {command}" in terminal.out

    @pytest.mark.parametrize("words", ["", *sorted(command_line.commands)])
    def test_it_fits_80_columns(self, words: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        assert [line for line in terminal.types(f"{words} --help").out.splitlines() if len(line) > 80] == []

    @pytest.mark.parametrize("scenario", ["passed", "refused"])
    def test_the_help_has_every_field_of_the_objects(
        self, scenario: str, terminal: Terminal, capsys: pytest.CaptureFixture[str]
    ) -> None:
        cli.main(["demo", scenario, "--json", "--speed", "1000"])
        objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        text = terminal.types("watch --help").out
        # those of a digest are the API's
        names = {name for each in objects if each["type"] != "digest" for name in [each["type"], *each]}
        assert names >= {"type", "version", "time", "runId"}
        assert [name for name in names if not re.search(rf"\b{name}\b", text)] == []

    def test_the_help_has_every_field_of_a_history(self, terminal: Terminal) -> None:
        text = terminal.types("watch --help").out
        assert [name for name in history_fields(CaseHistory(Standing.NEW)) if not re.search(rf"\b{name}\b", text)] == []

    def test_no_default_is_split_over_two_lines(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        assert "[tvtui-artifacts]" in terminal.types("watch --help").out

    def test_no_option_takes_a_key(self, terminal: Terminal) -> None:
        assert not re.search(r"--\S*(key|token)", terminal.types("watch --help").out)


class TestOwnFile:
    """Errors in the user's file are reported before the watch, in every mode."""

    @pytest.mark.parametrize("table", ["[open]\ntrace = 5", "[keys]\n'failure.next' = 5"])
    @pytest.mark.parametrize("form", ["", "--lines", "--json"])
    def test_tables(self, table: str, form: str, terminal: Terminal, tmp_path: Path) -> None:
        (tmp_path / "config.toml").write_text(table)
        (tmp_path / "config.toml").chmod(0o600)
        terminal.types(f"watch 214 {form}").is_usage_error("config.toml, ")


class TestUsage:
    """One sentence for each error, and where to find help."""

    @pytest.mark.parametrize(
        ("line", "sentence"),
        [
            ("wach", "'wach'. Did you mean 'watch'? See tvtui --help."),
            (
                "watch",
                "Missing argument 'RUN_ID'. tvtui runs lists the runs that were watched here. See tvtui watch --help.",
            ),
            ("watch 214 --colour", "--colour"),
            ("watch 214 two", "'two' is not a run ID"),
            ("watch 214 --interval", "'--interval' requires an argument. See tvtui watch --help."),
            ("watch 214 --lines --json", "Use only one of --lines, --json and --linear. See tvtui watch --help."),
            ("watch 214 --linear --follow", "Use either --follow or --linear. See tvtui watch --help."),
            ("trust --list https://h", "--list takes no URL and no --revoke. See tvtui trust --help."),
            ("trust shop", "URL 'shop' is not a server URL. Expected https://HOST[:PORT][/PREFIX]."),
            ("trust", "No .tvtui.toml here names a server. Add the server's URL: tvtui trust https://HOST."),
            ("demo --json --linear", "Use only one of --lines, --json and --linear. See tvtui demo --help."),
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
            ("demo nowhere", "Unknown scenario 'nowhere'. Available: default, "),
            (f"demo {'x' * 300}", f"Unknown scenario '{'x' * 59}…'. Available: "),
            ("demo passed --speed \x1b[2J1", "not '1' (contains control characters). See tvtui demo --help."),
            ("watch 214 --\x1b[2J", "No such option"),
        ],
    )
    def test_mistakes(self, terminal: Terminal, line: str, sentence: str) -> None:
        terminal.types(line).is_usage_error(sentence)
        assert terminal.err.rstrip("\n").isprintable()

    def test_options_that_exclude_each_other_are_reported_without_settings_too(self, terminal: Terminal) -> None:
        terminal.variables.clear()
        terminal.types("watch 214 --linear --follow").is_usage_error("Use either --follow or --linear.")

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
        terminal.types(line).is_usage_error("Never put an API key on the command line")
        assert "TESTVIBE_API_KEY" in terminal.err
        assert str(tmp_path / "config.toml") in terminal.err
        assert "other " not in terminal.err.replace("other users", "")


class TestWatch:
    """From a command line to a request."""

    def test_a_run_of_the_configured_project(self, terminal: Terminal) -> None:
        assert terminal.types("watch #214").code == 1
        assert (terminal.request.settings.server, terminal.request.settings.project) == (SERVER, PROJECT)
        assert (terminal.request.run_ids, terminal.request.mode) == ((214,), None)
        assert terminal.command == "tvtui watch 214"

    def test_all_options(self, terminal: Terminal) -> None:
        terminal.types(
            f"watch 214 --server http://10.0.0.1 --project {PROJECT} --interval 5 --timeout 60 --insecure-http --json"
        )
        assert terminal.request.settings.server == "http://10.0.0.1"
        assert (
            terminal.request.settings.interval,
            terminal.request.settings.timeout,
            terminal.request.settings.insecure_http,
        ) == (5, 60, True)
        assert terminal.request.mode is Mode.JSON
        assert terminal.command == f"tvtui watch 214 --server http://10.0.0.1 --project {PROJECT} --insecure-http"

    def test_board_and_follow(self, terminal: Terminal) -> None:
        terminal.types("watch 214")
        assert (terminal.request.begins_with_board, terminal.request.started_runs) == (False, None)
        assert terminal.request.announce is not None
        terminal.types("watch 214 --board --follow")
        assert terminal.request.begins_with_board
        assert isinstance(terminal.request.started_runs, Announcements)

    def test_whether_flaky_tests_fail_a_run(self, terminal: Terminal) -> None:
        terminal.types("watch 214")
        assert not terminal.request.fail_on.flaky
        terminal.types("watch 214 --fail-on-flaky")
        assert terminal.request.fail_on.flaky

    def test_notifications_and_the_command_for_the_end(self, terminal: Terminal) -> None:
        terminal.types("watch 214")
        assert (terminal.request.settings.notify, terminal.request.on_finish) == (NotifyStyle.AUTO, None)
        terminal.types("watch 214 --no-notify --on-finish ./tell-them")
        assert (terminal.request.settings.notify, terminal.request.on_finish) == (NotifyStyle.OFF, "./tell-them")
        terminal.types("demo --no-notify --on-finish ./tell-them")
        assert (terminal.request.settings.notify, terminal.request.on_finish) == (NotifyStyle.OFF, "./tell-them")

    def test_the_command_for_the_end_must_not_be_empty(self, terminal: Terminal) -> None:
        assert terminal.types("watch 214 --on-finish=").code == 2
        assert "the command is empty" in terminal.err

    def test_lines(self, terminal: Terminal) -> None:
        terminal.types("watch 214 --lines")
        assert terminal.request.mode is Mode.LINES

    def test_all_errors_are_reported_at_once(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        terminal.variables.clear()
        assert terminal.types("watch two --interval never").code == 2
        assert terminal.out == ""
        subjects = ["'two' is not a run ID", "No server", "No API key", "No project", "--interval"]
        assert [
            line.startswith(f"tvtui: {subject}")
            for line, subject in zip(terminal.err.splitlines(), subjects, strict=True)
        ] == [True] * 5

    def test_warnings_do_not_prevent_the_watch(self, terminal: Terminal, tmp_path: Path) -> None:
        (tmp_path / "config.toml").write_text("colour = 1", "utf-8")
        assert terminal.types("watch 214").code == 1
        assert terminal.err.startswith("tvtui: warning: ")
        assert "colour" in terminal.err
        (tmp_path / "config.toml").write_text("colour = 1\ninterval = 0", "utf-8")
        assert terminal.types("watch 214").code == 2
        assert "colour" in terminal.err

    def test_the_configuration_can_be_read_again(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        terminal.types("watch 214 --interval 7")
        terminal.variables["TESTVIBE_API_KEY"] = "tvb_" + "n" * 43
        assert terminal.request.renew is not None
        renewed = terminal.request.renew()
        assert renewed.api_key.reveal() == "tvb_" + "n" * 43
        assert renewed.interval == 7

    def test_a_missing_working_folder_does_not_matter(
        self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def gone() -> Path:
            raise FileNotFoundError

        monkeypatch.setattr(Path, "cwd", gone)
        assert terminal.types("watch 214").code == 1
        assert terminal.request.run_ids == (214,)

    @pytest.mark.parametrize(
        ("ending", "code"),
        [(KeyboardInterrupt(), 130), (BrokenPipeError(32, "Broken pipe"), 6), (OutputError(32, "Broken pipe"), 6)],
    )
    def test_interrupts_and_broken_pipes(self, terminal: Terminal, ending: BaseException, code: int) -> None:
        terminal.raises = ending
        assert terminal.types("watch 214").code == code
        assert (terminal.out, terminal.err) == ("", "")

    def test_an_interrupt_while_the_line_is_parsed(self, terminal: Terminal) -> None:
        class Interrupting(str):
            __slots__ = ()

            def __str__(self) -> NoReturn:
                raise KeyboardInterrupt

        assert terminal.types(["watch", "214", "--on-finish", Interrupting("x")]).code == 130
        assert terminal.requests == []

    def test_a_bug_is_raised_to_the_caller(self, terminal: Terminal) -> None:
        terminal.raises = ZeroDivisionError()
        with pytest.raises(ZeroDivisionError):
            terminal.types("watch 214")


class TestProcess:
    """The program's own process ends at once, even if threads are still running."""

    class Ended(BaseException):
        """Raised in place of the end of the process."""

    @pytest.fixture(autouse=True)
    def own_signals(self) -> Iterator[None]:
        """Undo what the program does to the signals of its process."""
        before = {number: signal.getsignal(number) for number in signals_to_catch()}
        yield
        signal.set_wakeup_fd(-1)
        for number, disposition in before.items():
            signal.signal(number, disposition)

    def end(self, monkeypatch: pytest.MonkeyPatch, environment: Environment | None, *words: str) -> int:
        codes: list[int] = []

        def end(code: int) -> NoReturn:
            codes.append(code)
            raise self.Ended

        monkeypatch.setattr(os, "_exit", end)
        monkeypatch.setattr(sys, "argv", ["tvtui", *words])
        program: Callable[[], object] = partial(cli.main, None, environment)
        if environment is None:
            program = partial(runpy.run_module, "tvtui", run_name="__main__")
        with pytest.raises(self.Ended):
            program()
        return codes[0]

    def test_ends_with_the_exit_code(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.end(monkeypatch, terminal.environment, "watch", "214") == 1
        assert terminal.request.run_ids == (214,)

    def test_a_bug_is_not_mistaken_for_a_failed_run(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        terminal.raises = ZeroDivisionError("a bug")
        assert self.end(monkeypatch, terminal.environment, "watch", "214") == 70
        err = terminal.capsys.readouterr().err
        assert err.startswith("tvtui: tvtui crashed because of a bug (ZeroDivisionError).")
        assert "Traceback" not in err
        assert len(list(terminal.folder.glob("crash-*.txt"))) == 1

    @pytest.mark.parametrize(
        "error", [RuntimeError("x"), PermissionError(13, "x"), OSError("x"), RecursionError(), CancelledError()]
    )
    def test_every_bug_has_the_same_exit_code_even_if_it_cannot_be_reported(
        self, error: BaseException, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        terminal.raises = error
        monkeypatch.setattr(sys, "stderr", io.StringIO())
        sys.stderr.close()
        assert self.end(monkeypatch, terminal.environment, "watch", "214") == 70

    def test_a_bug_in_the_settings_is_one_too(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        class Broken(dict[str, str]):
            def get(self, *_: object) -> NoReturn:
                raise RuntimeError

        terminal.variables = Broken()
        assert self.end(monkeypatch, terminal.environment, "watch", "214") == 70
        assert "(RuntimeError)" in terminal.capsys.readouterr().err

    @pytest.mark.parametrize(("error", "code"), [(28, 6), (5, 6)])
    def test_output_that_cannot_be_written_is_not_a_bug(
        self, error: int, code: int, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        terminal.raises = OSError(error, "No space left on device")
        assert self.end(monkeypatch, terminal.environment, "watch", "214") == code
        assert terminal.capsys.readouterr().err == "tvtui: Cannot write the output: No space left on device.\n"

    def test_the_module_is_the_program(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.end(monkeypatch, None, "--version") == 0
        assert capsys.readouterr().out == f"tvtui {__version__}\n"


class TestDemo:
    """The built-in imitation of TestVibe, over a real socket."""

    def test_list(self, terminal: Terminal) -> None:
        assert terminal.types("demo --list").code == 0
        lines = terminal.out.splitlines()
        assert lines[0].startswith("default")
        assert len(lines) >= 8
        assert len({len(line) - len(line.split(maxsplit=1)[1]) for line in lines}) == 1

    def test_is_watched_like_any_server_without_configuration(
        self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        terminal.variables.clear()
        assert terminal.types("demo passed --speed 4 --json").code == 1
        assert terminal.request.settings.server.startswith("http://127.0.0.1:")
        assert terminal.request.settings.interval == 0.5
        assert (terminal.request.mode, terminal.command) == (Mode.JSON, "tvtui demo passed")
        assert terminal.types("demo").code == 1
        assert (terminal.request.settings.interval, terminal.command, terminal.request.mode) == (
            2.0,
            "tvtui demo",
            None,
        )

    @pytest.mark.parametrize(("scenario", "code"), [("refused", 3)])
    def test_its_exit_code_is_that_of_the_watch(self, scenario: str, code: int) -> None:
        assert cli.main(["demo", scenario, "--lines"]) == code


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


class TestLinkToAnotherServer:
    """It is not watched, because the run of that number here would be another one."""

    @pytest.mark.parametrize(
        ("flags", "source"), [("", "TESTVIBE_SERVER"), ("--server https://testvibe.acme.example", "--server")]
    )
    @pytest.mark.parametrize("command", ["watch 215", "artifacts"])
    def test_is_an_error(self, command: str, flags: str, source: str, terminal: Terminal) -> None:
        terminal.types(f"{command} https://other.example/runs/214?tab=tests {flags}").is_usage_error(
            "The link points to other.example, but tvtui is configured for testvibe.acme.example "
            f"(from {source}). Configure its server, or use a number."
        )
        assert terminal.requests == []

    @pytest.mark.parametrize(
        "run", ["214", "https://testvibe.acme.example/runs/214", "https://TESTVIBE.acme.example:8/runs/214#x"]
    )
    def test_others_are_watched(self, run: str, terminal: Terminal) -> None:
        assert terminal.types(f"watch {run}").err == ""
        assert terminal.request.run_ids == (214,)

"""Trusting servers: the question before a watch, and `tvtui trust`."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tvtui import cli
from tvtui.cli.request import Environment
from tvtui.cli.stderr import confirm
from tvtui.settings.settings import SettingsError
from tvtui.watch.request import WatchRequest

KEY = "tvb_" + "AbCd1234" + "x" * 35
PROJECT = "01234567-89ab-cdef-0123-456789abcdef"
ORIGIN = "https://testvibe.acme.example"


@dataclass
class Shell:
    """A repository that names a server, and a user with a key who types commands."""

    capsys: pytest.CaptureFixture[str]
    folder: Path
    answers: list[bool | None] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    requests: list[WatchRequest] = field(default_factory=list)
    code: int = -1
    out: str = ""
    err: str = ""

    @property
    def file(self) -> Path:
        return self.folder / ".tvtui.toml"

    def confirm(self, question: str) -> bool | None:
        self.questions.append(question)
        return self.answers.pop(0) if self.answers else None

    def watch(self, request: WatchRequest) -> int:
        self.requests.append(request)
        return 1

    def types(self, line: str | Sequence[str]) -> Shell:
        environment = Environment(
            {"TESTVIBE_API_KEY": KEY, "TESTVIBE_PROJECT": PROJECT},
            config_folder=self.folder / "config",
            state_folder=self.folder / "state",
            watch=self.watch,
            confirm=self.confirm,
        )
        self.code = cli.main(line.split() if isinstance(line, str) else line, environment)
        self.out, self.err = self.capsys.readouterr()
        assert KEY not in self.out + self.err
        return self


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".tvtui.toml").write_text(f'server = "{ORIGIN}/team"')
    return Shell(capsys, tmp_path)


class TestQuestion:
    """A repository names a server that has never had the key."""

    def test_is_asked_once(self, shell: Shell) -> None:
        shell.answers = [True]
        assert shell.types("watch 214").code == 1
        assert shell.err == ""
        assert shell.requests[-1].settings.server == f"{ORIGIN}/team"
        assert shell.types("watch 215").code == 1
        (question,) = shell.questions
        assert question == (
            "This repository names a server that you have not trusted.\n"
            f"  Server: {ORIGIN}\n"
            f"  File: {shell.file}\n"
            "Send it your API key, and believe its results?"
        )

    @pytest.mark.parametrize(
        "command", ["watch 214", "watch 214 --json", "watch 214 --lines --follow", "artifacts 214", "run 12"]
    )
    def test_without_a_terminal_it_ends_with_a_sentence(self, command: str, shell: Shell) -> None:
        assert shell.types(command).code == 2
        assert (shell.out, len(shell.questions), shell.requests) == ("", 1, [])
        assert shell.err == (
            f"tvtui: The server in {shell.file} is {ORIGIN}, which you have not trusted with your API key: "
            f"run tvtui trust {ORIGIN} or set TESTVIBE_SERVER.\n"
        )

    def test_after_a_no_nothing_is_repeated(self, shell: Shell) -> None:
        shell.answers = [False]
        assert shell.types("watch 214").code == 2
        assert (shell.out, shell.err, shell.requests) == ("", "tvtui: No key was sent.\n", [])

    def test_is_not_asked_if_something_else_is_wrong(self, shell: Shell) -> None:
        shell.answers = [True]
        assert shell.types("watch two").code == 2
        assert shell.types("watch 214 --interval 0").code == 2
        assert shell.questions == []

    def test_is_not_asked_about_a_server_that_is_an_option(self, shell: Shell) -> None:
        assert shell.types("watch 214 --server https://other.example").code == 1
        assert shell.questions == []

    def test_the_demo_does_not_ask(self, shell: Shell) -> None:
        assert shell.types("demo").code == 1
        assert (shell.questions, shell.err) == ([], "")

    def test_an_answer_that_cannot_be_saved_counts_for_this_watch(self, shell: Shell) -> None:
        (shell.folder / "state").touch()
        shell.answers = [True]
        assert shell.types("watch 214").code == 1
        assert shell.err == "tvtui: warning: The list of trusted servers cannot be saved: File exists.\n"
        renew = shell.requests[-1].renew
        assert renew is not None
        assert renew().server == f"{ORIGIN}/team"

    def test_a_key_is_never_renewed_for_a_server_that_the_file_names_later(self, shell: Shell) -> None:
        shell.types("trust")
        shell.types("watch 214")
        renew = shell.requests[-1].renew
        assert renew is not None
        assert renew().api_key.reveal() == KEY
        shell.file.write_text('server = "https://evil.example"')
        with pytest.raises(SettingsError, match=r"evil\.example, which you have not trusted"):
            renew()


class TestConfirm:
    """The question on the terminal itself."""

    class Terminal(io.StringIO):
        """A stream that is a terminal."""

        def isatty(self) -> bool:
            return True

    @pytest.mark.parametrize(
        ("typed", "is_yes"),
        [("y\n", True), ("YES\n", True), ("\n", False), ("n\n", False), ("yo\n", False), ("", False)],
    )
    def test_only_yes_is_a_yes(self, typed: str, is_yes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        err = self.Terminal()
        monkeypatch.setattr("sys.stdin", self.Terminal(typed))
        monkeypatch.setattr("sys.stderr", err)
        assert confirm("It is red.\nPaint it?") == is_yes
        assert err.getvalue() == "tvtui: It is red.\ntvtui: Paint it? [y/N] " + ("" if typed else "\n")

    @pytest.mark.parametrize("stream", ["sys.stdin", "sys.stderr"])
    @pytest.mark.parametrize("value", [None, io.StringIO("y\n")])
    def test_without_a_terminal_there_is_no_answer(
        self, stream: str, value: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdin", self.Terminal("y\n"))
        monkeypatch.setattr("sys.stderr", self.Terminal())
        monkeypatch.setattr(stream, value)
        assert confirm("Paint it?") is None


class TestCommand:
    """`tvtui trust`."""

    def test_trusts_the_server_of_the_repository(self, shell: Shell) -> None:
        assert shell.types("trust").code == 0
        assert (shell.out, shell.err) == (f"Trusted: {ORIGIN}\n", "")
        assert shell.types("watch 214").code == 1
        assert shell.questions == []
        assert shell.types("trust --list").code == 0
        origin, since, _day, named_by = shell.out.rstrip("\n").split(maxsplit=3)
        assert (origin, since, named_by) == (ORIGIN, "since", f"named by {shell.file}")

    def test_trusts_a_url(self, shell: Shell) -> None:
        shell.file.unlink()
        assert shell.types("trust HTTPS://Other.example:8443/team").out == "Trusted: https://other.example:8443\n"
        assert "https://other.example:8443  since " in shell.types("trust --list").out

    def test_warns_that_plain_http_is_refused_all_the_same(self, shell: Shell) -> None:
        assert shell.types("trust http://plain.example").code == 0
        assert shell.out == "Trusted: http://plain.example\n"
        assert shell.err.startswith("tvtui: warning: http://plain.example is plain HTTP, ")
        assert shell.types("trust http://localhost:8080").err == ""

    @pytest.mark.parametrize("revoke", ["trust --revoke", f"trust --revoke {ORIGIN}"])
    def test_can_be_revoked(self, revoke: str, shell: Shell) -> None:
        shell.types("trust")
        assert shell.types(revoke).code == 0
        assert shell.out == f"No longer trusted: {ORIGIN}\n"
        assert shell.types("watch 214").code == 2
        assert shell.types("trust --list").code == 0
        assert (shell.out, shell.err) == (
            "",
            "tvtui: You have trusted no servers; those in config.toml, TESTVIBE_SERVER and --server need no trust.\n",
        )
        assert shell.types(revoke).code == 2
        assert shell.err == f"tvtui: {ORIGIN} is not a trusted server. See tvtui trust --list.\n"

    def test_a_file_that_is_wrong_or_ignored_is_reported(self, shell: Shell) -> None:
        shell.file.write_text("server = 3")
        assert shell.types("trust").err == f"tvtui: {shell.file}, server: must be a quoted string.\n"
        shell.file.write_text(f'server = "{ORIGIN}"')
        shell.file.chmod(0o666)
        if os.name == "posix":
            assert shell.types("trust").code == 2
            assert f"{shell.file} is ignored: other users can write to it" in shell.err

    def test_a_list_that_cannot_be_saved_is_reported(self, shell: Shell) -> None:
        (shell.folder / "state").touch()
        assert shell.types("trust").code == 2
        assert shell.err == "tvtui: The list of trusted servers cannot be saved: File exists.\n"

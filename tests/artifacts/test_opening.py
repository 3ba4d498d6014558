"""Opening downloaded files, and refusing to open them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tvtui.artifacts.opening import Explain, Plan, Read, ShowTrace, StartFile, StartProgram, Subject, plan, subject
from tvtui.text.format import shell_command

FOLDER = Path("/home/ada/tvtui-artifacts/run-214")
TRACE = FOLDER / "trace" / "locked-out-user.zip"
DESKTOP = {"DISPLAY": ":0", "PATH": "/usr/bin"}


PROGRAMS = [
    *("a.exe", "a.sh", "a.desktop", "a.app", "a.bat", "a.lnk", "a.jar", "a.scr", "a.msi", "a.command", "a.docm"),
    *("a.html.exe", "a.png.desktop", "a.EXE", "a.exe .", "a.xyz", "a", ".desktop", "png", "a.png\u202e.exe"),
]


class Programs:
    """The installed programs; those outside of the PATH include their folder."""

    def __init__(self, *there: str) -> None:
        self._there = there

    def __call__(self, name: str, path: str | None = None) -> str | None:
        known = name if path in {None, "/usr/bin"} else str(Path(path or "") / name)
        return (known if "/" in known else f"/usr/bin/{known}") if known in self._there else None


ALL = Programs("xdg-open", "open", "npx")


def planned(
    kind: str,
    path: Path | str,
    programs: Programs = ALL,
    environ: Mapping[str, str] = DESKTOP,
    *,
    platform: str = "linux",
    commands: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Plan:
    """How a file is opened outside of the app, if it can be."""
    return plan(
        *(kind, FOLDER / path),
        environ=environ,
        commands=commands,
        which=programs,
        platform=platform,
        cwd=cwd,
        elsewhere=True,
    )


@pytest.mark.parametrize(
    ("kind", "name", "meant"),
    [
        ("trace", "x.zip", Subject.TRACE),
        ("Trace", "x", Subject.TRACE),
        ("file", "trace-1.zip", Subject.TRACE),
        ("file", "all.zip", Subject.OTHER),
        ("screenshot", "x.PNG", Subject.SCREENSHOT),
        ("whatever", "x.webp", Subject.SCREENSHOT),
        ("screenshot", "x", Subject.SCREENSHOT),
        ("screenshot", "x.html", Subject.REPORT),
        ("video", "x.webm", Subject.VIDEO),
        ("report", "index.html", Subject.REPORT),
        ("log", "console", Subject.LOG),
        ("attachment", "error-context.md", Subject.LOG),
        ("log", ".log", Subject.LOG),
        ("whatever", "x.xyz", Subject.OTHER),
    ],
)
def test_the_type_depends_on_the_extension_or_else_on_the_servers_kind(kind: str, name: str, meant: Subject) -> None:
    assert subject(kind, Path(name)) is meant


class TestTrace:
    """Traces are opened with Playwright, which is never downloaded."""

    def test_the_projects_own_playwright_has_priority(self, tmp_path: Path) -> None:
        root, cwd = tmp_path / "repository", tmp_path / "repository" / "tests" / "e2e"
        cwd.mkdir(parents=True)
        (root / ".git").mkdir()
        own = str(root / "node_modules" / ".bin" / "playwright")
        made = planned("trace", TRACE, Programs(own, "playwright", "npx"), cwd=cwd)
        assert isinstance(made, StartProgram)
        assert made.argv == (own, "show-trace", str(TRACE))

    def test_playwright_above_the_repository_is_not_trusted(self, tmp_path: Path) -> None:
        cwd = tmp_path / "repository"
        (cwd / ".git").mkdir(parents=True)
        made = planned("trace", TRACE, Programs(str(tmp_path / "node_modules" / ".bin" / "playwright")), cwd=cwd)
        assert isinstance(made, Explain)

    @pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
    def test_playwright_that_others_can_write_to_is_not_trusted(self, tmp_path: Path) -> None:
        own = tmp_path / "node_modules" / ".bin" / "playwright"
        own.parent.mkdir(parents=True)
        own.touch()
        for mode, program in [(0o755, str(own)), (0o777, "/usr/bin/playwright")]:
            own.chmod(mode)
            made = planned("trace", TRACE, Programs(str(own), "playwright"), cwd=tmp_path)
            assert isinstance(made, StartProgram)
            assert made.argv[0] == program

    def test_then_playwright_on_the_path(self, tmp_path: Path) -> None:
        made = planned("trace", TRACE, Programs("playwright", "npx"), cwd=tmp_path)
        assert isinstance(made, StartProgram)
        assert made.argv == ("/usr/bin/playwright", "show-trace", str(TRACE))

    def test_then_npx_without_downloads(self, tmp_path: Path) -> None:
        made = planned("trace", TRACE, cwd=tmp_path)
        assert isinstance(made, StartProgram)
        assert made.argv == (
            "/usr/bin/npx",
            "--no-install",
            "--offline",
            "playwright",
            "show-trace",
            str(TRACE),
        )
        assert made.copied == f"npx playwright show-trace {TRACE}"
        assert "https://trace.playwright.dev" in made.otherwise

    def test_otherwise_the_command_is_copied(self) -> None:
        made = planned("trace", "trace/it's.zip", Programs("xdg-open"))
        assert isinstance(made, Explain)
        assert made.copied == f"npx playwright show-trace '{FOLDER}/trace/it'\"'\"'s.zip'"
        assert made.copied_name == "the command"
        assert "https://trace.playwright.dev" in made.text

    def test_a_path_with_batch_syntax_is_not_passed_to_npms_batch_file(self) -> None:
        assert isinstance(planned("trace", "a&calc.zip", platform="win32"), Explain)
        assert isinstance(planned("trace", "a.zip", platform="win32"), StartProgram)
        assert isinstance(planned("trace", "a&calc.zip"), StartProgram)

    def test_the_copied_command_has_double_quotes_on_windows(self) -> None:
        made = plan("trace", Path("C:/a b/x.zip"), environ={}, which=Programs(), platform="win32", elsewhere=True)
        assert isinstance(made, Explain)
        assert made.copied == 'npx playwright show-trace "C:/a b/x.zip"'


def test_a_trace_is_shown_in_the_app_unless_the_user_has_another_program() -> None:
    assert plan("trace", TRACE, environ=DESKTOP, which=ALL) == ShowTrace(TRACE)
    assert plan("trace", TRACE, environ={"SSH_TTY": "/dev/pts/1"}, which=Programs()) == ShowTrace(TRACE)
    made = plan("trace", TRACE, environ=DESKTOP, commands={"trace": "open {file}"}, which=ALL)
    assert isinstance(made, StartProgram)


@pytest.mark.parametrize(
    ("platform", "copied"), [("linux", "'/a b/x.exe'"), ("darwin", "'/a b/x.exe'"), ("win32", '"/a b/x.exe"')]
)
def test_a_copied_path_is_one_argument_of_a_shell(platform: str, copied: str) -> None:
    for commands in ({}, {"other": "missing"}):
        made = plan("x", Path("/a b/x.exe"), environ={}, commands=commands, which=Programs(), platform=platform)
        assert isinstance(made, Explain)
        assert made.copied == copied
    opened = plan("video", Path("/a b/x.mp4"), environ=DESKTOP, which=ALL, platform="darwin")
    assert isinstance(opened, StartProgram)
    assert opened.copied == "'/a b/x.mp4'"


class TestDesktop:
    """Pictures, videos and reports are opened with the desktop's opener."""

    @pytest.mark.parametrize(
        ("kind", "name"), [("screenshot", "a.png"), ("video", "a.webm"), ("report", "a.html"), ("x", "a.pdf")]
    )
    def test_on_linux_and_macos(self, kind: str, name: str) -> None:
        for platform, opener in [("linux", "xdg-open"), ("darwin", "open")]:
            made = planned(kind, name, platform=platform)
            assert isinstance(made, StartProgram)
            assert made.argv == (f"/usr/bin/{opener}", str(FOLDER / name))

    def test_on_windows(self) -> None:
        assert planned("video", "a.webm", environ={}, platform="win32") == StartFile(FOLDER / "a.webm")

    def test_on_windows_subsystem_for_linux_wslview_has_priority(self) -> None:
        environ = {"WSL_DISTRO_NAME": "Debian"}
        for programs, opener in [(Programs("wslview", "xdg-open"), "wslview"), (ALL, "xdg-open")]:
            made = planned("video", "a.webm", programs, environ)
            assert isinstance(made, StartProgram)
            assert made.argv[0] == f"/usr/bin/{opener}"

    def test_a_missing_opener_is_reported(self) -> None:
        made = planned("video", "a.webm", Programs())
        assert made == Explain(f"xdg-open was not found. The file is {FOLDER / 'a.webm'}", str(FOLDER / "a.webm"))

    @pytest.mark.parametrize("name", PROGRAMS)
    @pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
    def test_a_possible_program_is_not_opened(self, name: str, platform: str) -> None:
        for kind in ("report", "screenshot", "video", "file"):
            made = planned(kind, name, platform=platform)
            assert isinstance(made, Explain)
            assert "may be a program" in made.text
            assert made.copied == shell_command(str(FOLDER / name), platform=platform)
            assert made.text.isprintable()


@pytest.mark.parametrize("remote", ["SSH_CONNECTION", "SSH_TTY"])
@pytest.mark.parametrize(("kind", "name"), [("screenshot", "a.png"), ("report", "a.html"), ("trace", "a.zip")])
def test_in_a_remote_session_the_path_is_copied(remote: str, kind: str, name: str) -> None:
    for platform in ("linux", "darwin"):
        made = planned(kind, name, environ={**DESKTOP, remote: "203.0.113.7 5 22"}, platform=platform)
        assert isinstance(made, Explain)
        assert "remote session" in made.text
        assert made.copied == str(FOLDER / name)


def test_without_a_desktop_the_path_is_copied() -> None:
    made = planned("screenshot", "a.png", environ={"PATH": "/usr/bin"})
    assert isinstance(made, Explain)
    assert "No desktop" in made.text
    assert isinstance(planned("screenshot", "a.png", environ={"WAYLAND_DISPLAY": "wayland-0"}), StartProgram)


def test_text_is_shown_in_the_app_in_every_session() -> None:
    for environ in (DESKTOP, {}, {"SSH_TTY": "/dev/pts/1"}):
        assert planned("log", "logs/console.log", environ=environ) == Read(FOLDER / "logs/console.log")


class TestOwnCommand:
    """`[open]` in the user's config.toml."""

    def test_the_file_replaces_its_placeholder(self) -> None:
        for command, arguments in [
            ("view --at '{file}' -x", ["--at", "a b;$(c).zip", "-x"]),
            ("view --trace={file}", ["--trace=a b;$(c).zip"]),
        ]:
            made = planned("trace", "a b;$(c).zip", Programs("view"), commands={"trace": command})
            assert isinstance(made, StartProgram)
            assert [word.replace(f"{FOLDER}/", "") for word in made.argv[1:]] == arguments

    @pytest.mark.parametrize("written", ["{file}", "'{file}'", '"{file}"'])
    def test_a_path_is_one_argument_in_the_command_of_a_shell_too(self, written: str) -> None:
        quote = '"' if "'" in written else "'"
        made = planned("trace", "a b.zip", Programs("sh"), commands={"trace": f"sh -c {quote}view {written}{quote}"})
        if written == '"{file}"':
            made = planned("trace", "a b.zip", Programs("sh"), commands={"trace": "sh -c 'view \"{file}\"'"})
        assert isinstance(made, StartProgram)
        assert made.argv[1:] == ("-c", f"view '{FOLDER}/a b.zip'")

    def test_on_windows_backslashes_are_kept_and_batch_syntax_is_refused(self) -> None:
        for program in (r"C:\Program Files\view.exe", r"C:\view.CMD"):
            path = Path("C:/R&D/a.zip")
            commands = {"trace": f'"{program}" {{file}}'}
            made = plan("trace", path, environ={}, commands=commands, which=lambda name, **_: name, platform="win32")
            if program.endswith("exe"):
                assert isinstance(made, StartProgram)
                assert made.argv == (program, str(path))
            else:
                assert isinstance(made, Explain)
                assert "a batch file would run as commands" in made.text

    def test_has_priority_even_in_a_remote_session_and_for_programs(self) -> None:
        environ = {"SSH_TTY": "/dev/pts/1"}
        assert isinstance(planned("log", "a.log", Programs("view"), environ, commands={"log": "view"}), StartProgram)
        assert isinstance(planned("har", "a.exe", Programs("view"), commands={"har": "view"}), StartProgram)

    def test_is_found_by_the_servers_kind_and_by_type(self) -> None:
        commands = {"attachment": "one", "screenshot": "two"}
        for kind, program in [("Attachment", "one"), ("image", "two")]:
            made = planned(kind, "a.png", Programs("one", "two"), commands=commands)
            assert isinstance(made, StartProgram)
            assert made.argv[0] == f"/usr/bin/{program}"

    def test_a_missing_program_is_reported(self) -> None:
        made = planned("trace", "a.zip", Programs(), commands={"trace": "view"})
        assert isinstance(made, Explain)
        assert made.text.startswith("view, set in [open] in your config.toml, was not found.")

    def test_a_program_in_an_unknown_home_folder_is_reported(self) -> None:
        made = planned("trace", "a.zip", Programs(), commands={"trace": "~no-such-user-here/view"})
        assert isinstance(made, Explain)
        assert made.text.startswith("~no-such-user-here/view, set in [open] in your config.toml, was not found.")

    def test_may_be_in_the_home_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        program = os.fspath(tmp_path / "view")
        made = planned("trace", "a.zip", Programs(program), commands={"trace": "~/view"})
        assert isinstance(made, StartProgram)
        assert made.argv[0] == program

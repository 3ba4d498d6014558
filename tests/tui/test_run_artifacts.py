"""Downloading and opening artifacts, without a screen."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.builders import a_case, an_artifact
from tests.support.clock import settle
from tests.support.http import KEY, LINK_SECRET
from tests.support.traces import a_step, a_trace, a_zip, an_error
from tvtui.artifacts.catalog import ArtifactRow
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.testvibe.diagnosis import Undiagnosed
from tvtui.testvibe.identity import ArtifactId, identify_cases
from tvtui.testvibe.models import Artifact
from tvtui.text.format import shell_command
from tvtui.tui.screens.picture import PictureScreen
from tvtui.tui.screens.run_artifacts import ArtifactActions
from tvtui.tui.screens.trace import TraceScreen
from tvtui.tui.services import ReportTransfer, RunServices

TRACE, LOG = an_artifact("trace/login.zip"), an_artifact("logs/browser.log", kind="log")
PICTURE, OTHER_PICTURE = (an_artifact(f"screenshots/{name}.png", kind="screenshot") for name in ("one", "two"))
KEYS = {"artifact.download": "d", "artifact.download_all": "D", "artifact.open": "f5"}


class User:
    """The actions, a folder to download to, and what the user sees of it."""

    def __init__(self, folder: Path, *, commands: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.may_open = True
        self.results: dict[str, Transfer] = {}
        self.gate: asyncio.Event | None = None
        self.messages: list[str] = []
        self.errors: list[str] = []
        self.copied: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.screens: list[PictureScreen | TraceScreen] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.changes = 0
        self.changed = asyncio.Event()
        services = RunServices(self._download, self._diagnose, {"PATH": ""}, commands or {}, folder, "tvtui watch 214")
        self.actions = ArtifactActions(
            services,
            run_worker=lambda work: self.tasks.append(asyncio.ensure_future(work)),
            notify=self._notify,
            changed=self._change,
            key=KEYS.__getitem__,
            copy=self._copy,
            may_open=lambda: self.may_open,
            show_text=lambda name, text: self.texts.append((name, text)),
            push_screen=self.screens.append,
        )

    def rows(self, *artifacts: Artifact) -> tuple[ArtifactRow, ...]:
        self.actions.catalog.take(artifacts, ())
        return self.actions.catalog.rows(None)

    async def _download(self, wanted: Sequence[ArtifactId], report: ReportTransfer) -> None:
        for which in wanted:
            report(which, Transfer(Stage.DOWNLOADING))
            if self.gate is not None:
                await self.gate.wait()
            path = self.folder / which[0]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("a \x1b[2Jtext")
            report(which, self.results.get(which[0], Transfer(Stage.DONE, path=path)))

    async def _diagnose(self) -> Undiagnosed:
        return Undiagnosed()

    def _notify(self, message: str, *, is_error: bool = False) -> None:
        (self.errors if is_error else self.messages).append(message)

    def _copy(self, text: str, name: str, reason: str) -> None:
        self.copied.append(text)
        self._notify(f"{reason} ({name})")

    def _change(self) -> None:
        self.changes += 1
        self.changed.set()

    async def finish(self) -> None:
        await asyncio.gather(*self.tasks, return_exceptions=True)


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(tmp_path)


async def test_a_download_is_reported_with_its_path_from_the_working_folder(user: User) -> None:
    rows = user.rows(TRACE)
    assert user.actions.path_of(rows[0]) == TRACE.path
    user.actions.download(rows)
    await user.finish()
    assert user.messages == ["Saved: trace/login.zip"]
    assert user.changes == 2
    assert user.actions.path_of(user.rows(TRACE)[0]) == str(user.folder / TRACE.path)


async def test_a_file_that_is_there_already_is_called_so(user: User) -> None:
    user.results[TRACE.path] = Transfer(Stage.DONE, path=user.folder / "t.zip", note="Renamed.", was_there=True)
    user.actions.download(user.rows(TRACE))
    await user.finish()
    assert user.messages == ["Already downloaded: t.zip Renamed."]


async def test_many_downloads_are_summed_up_and_two_failures_explained(user: User) -> None:
    artifacts = [TRACE, *(an_artifact(f"videos/{number}.webm", kind="video") for number in range(3))]
    for artifact in artifacts[1:]:
        user.results[artifact.path] = Transfer(Stage.FAILED, note="It is gone.")
    user.results[TRACE.path] = Transfer(Stage.DONE, path=user.folder / "x/login.zip", note="Renamed.")
    user.actions.download(user.rows(*artifacts))
    await user.finish()
    assert user.messages == [
        "1 of 4 artifacts saved to x; 1 renamed (select one to see why); 3 failed (press D to retry)"
    ]
    assert user.errors == ["videos/0.webm: It is gone.", "videos/1.webm: It is gone."]


@pytest.mark.parametrize(("artifacts", "key"), [((TRACE,), "d"), ((TRACE, LOG), "D")])
async def test_a_canceled_download_names_the_key_that_resumes_it(
    user: User, artifacts: tuple[Artifact, ...], key: str
) -> None:
    user.gate = asyncio.Event()
    user.actions.download(user.rows(*artifacts))
    await settle()
    user.tasks[0].cancel()
    await user.finish()
    assert user.messages == [f"Download canceled: 0 of {len(artifacts)} saved. Press {key} to resume."]


async def test_a_text_is_shown_clean_and_a_long_one_is_truncated(user: User) -> None:
    rows = user.rows(LOG)
    user.actions.open(rows[0], among=rows)
    await user.finish()
    assert user.texts == [(LOG.path, "a text")]
    long = user.folder / "long.log"
    long.write_text("x" * (300 << 10))
    user.results[LOG.path] = Transfer(Stage.DONE, path=long)
    user.actions.open(rows[0], among=rows)
    await user.finish()
    assert user.texts[-1][1].endswith("x\n\n… truncated to the first 256 KiB")
    user.results[LOG.path] = Transfer(Stage.DONE, path=user.folder / "gone.log")
    user.actions.open(rows[0], among=rows)
    await user.finish()
    assert user.texts[-1][1] == "The file cannot be read: No such file or directory."


async def test_a_text_is_shown_without_secrets(user: User) -> None:
    log = user.folder / "secret.log"
    link = f"https://storage.example/x?sv=1&{LINK_SECRET}"
    log.write_text(f"GET {link}\nkey {KEY}\nAuthorization: Bearer abc\nhttps://shop.example/?page=2\n")
    user.results[LOG.path] = Transfer(Stage.DONE, path=log)
    rows = user.rows(LOG)
    user.actions.open(rows[0], among=rows)
    await user.finish()
    key = f"{KEY[:12]}…"
    shown = f"GET https://storage.example/x?…\nkey {key}\nAuthorization: Bearer …\nhttps://shop.example/?page=2\n"
    assert user.texts == [(LOG.path, shown)]


async def test_a_copied_path_is_quoted_for_a_shell(user: User) -> None:
    path = user.folder / "a b.zip"
    user.results[TRACE.path] = Transfer(Stage.DONE, path=path)
    user.actions.download(user.rows(TRACE))
    await user.finish()
    assert user.actions.path_of(user.rows(TRACE)[0]) == shell_command(str(path)) != str(path)
    assert user.actions.path_of(user.rows(an_artifact("x;y.zip"))[0]) == shell_command("x;y.zip")


async def test_a_changed_name_is_reported_before_the_file_is_opened(user: User) -> None:
    user.results[LOG.path] = Transfer(Stage.DONE, path=user.folder / LOG.path, note="Its name was too long.")
    rows = user.rows(LOG)
    user.actions.open(rows[0], among=rows)
    await user.finish()
    assert user.messages == ["Saved: logs/browser.log Its name was too long."]
    assert len(user.texts) == 1


async def test_nothing_opens_while_the_user_does_something_else(user: User) -> None:
    user.may_open = False
    rows = user.rows(LOG)
    user.actions.open(rows[0], among=rows)
    await user.finish()
    assert user.texts == []
    assert user.messages == ["Downloaded logs/browser.log. Select it and press f5 to open it."]


async def test_evidence_is_named_unless_the_screen_that_shows_it_does(user: User) -> None:
    (test,) = identify_cases([a_case("login fails", status="failed")])
    trace, picture = an_artifact("trace/login-fails.zip"), an_artifact("screenshots/login-fails.png", kind="screenshot")
    catalog = user.actions.catalog
    for artifacts, messages in [
        ((trace, picture), []),
        ((picture,), []),
        ((LOG,), ['No artifact matches "login fails". Opening logs/browser.log']),
    ]:
        catalog.take(artifacts, (test,))
        rows = catalog.rows(test.id)
        user.messages.clear()
        assert user.actions.evidence(rows, test, selected=rows[0]).artifact is artifacts[0]
        assert user.messages == messages


async def test_what_cannot_be_downloaded_is_not_opened(user: User) -> None:
    user.results[LOG.path] = Transfer(Stage.FAILED, note="The link has expired.")
    rows = user.rows(LOG)
    user.actions.open(rows[0], among=rows)
    await user.finish()
    assert (user.texts, user.errors) == ([], ["logs/browser.log: The link has expired."])


async def test_a_picture_is_shown_among_the_other_pictures_of_the_list(user: User) -> None:
    rows = user.rows(TRACE, PICTURE, OTHER_PICTURE)
    user.actions.open(rows[2], among=rows)
    await user.finish()
    assert len(user.screens) == 1
    assert user.messages == []


async def test_a_picture_is_opened_with_the_users_own_program(tmp_path: Path) -> None:
    user = User(tmp_path, commands={"screenshot": "no-such-program"})
    rows = user.rows(PICTURE)
    user.actions.open(rows[0], among=rows)
    await user.finish()
    assert user.screens == []
    assert user.copied == [str(tmp_path / PICTURE.path)]
    assert user.messages[0].startswith("no-such-program")


async def test_the_screen_learns_when_the_artifacts_of_many_tests_have_been_found(user: User) -> None:
    user.actions.catalog.take((TRACE,), identify_cases([a_case(f"test {number}") for number in range(2_000)]))
    user.actions.catalog.rows(("test 1", 0))
    await asyncio.wait_for(user.changed.wait(), 10)


async def opened(user: User, content: bytes) -> None:
    """Open a trace with that content."""
    path = user.folder / "saved.zip"
    path.write_bytes(content)
    user.results[TRACE.path] = Transfer(Stage.DONE, path=path)
    rows = user.rows(TRACE)
    user.actions.open(rows[0], among=rows)
    await user.finish()


async def test_a_trace_is_shown_in_the_app(user: User) -> None:
    await opened(user, a_trace(a_step()))
    (screen,) = user.screens
    assert isinstance(screen, TraceScreen)
    screen.on_unmount()
    assert (user.messages, user.errors) == ([], [])


async def test_a_file_that_is_attached_to_a_trace_is_saved_beside_it(user: User) -> None:
    attached = {"name": "../basket.json", "contentType": "application/json", "base64": "e30="}
    await opened(user, a_trace(a_step(attachments=[attached])))
    (screen,) = user.screens
    assert isinstance(screen, TraceScreen)
    assert screen.save("../basket.json", b"{}") == "Saved: saved-files/basket.json"
    assert (user.folder / "saved-files" / "basket.json").read_bytes() == b"{}"
    screen.on_unmount()


async def test_a_trace_that_came_while_the_user_went_elsewhere_is_not_shown(user: User) -> None:
    user.may_open = False
    await opened(user, a_trace(a_step()))
    assert user.screens == []


@pytest.mark.parametrize(
    ("content", "error", "advice"),
    [
        (b"no zip", "The file is not a zip archive", "Press d to download it again."),
        (a_zip({"a.txt": b""}), "This archive contains no Playwright trace.", "trace.playwright.dev shows traces"),
    ],
)
async def test_what_cannot_be_shown_says_why_and_what_helps(
    user: User, content: bytes, error: str, advice: str
) -> None:
    await opened(user, content)
    assert user.screens == []
    assert user.errors[0].startswith(error)
    assert advice in user.messages[-1]


async def test_the_users_own_program_is_still_preferred(tmp_path: Path) -> None:
    user = User(tmp_path, commands={"trace": "no-such-program {file}"})
    await opened(user, a_trace(a_step()))
    assert user.screens == []
    assert "no-such-program" in user.messages[0]


async def test_a_downloaded_trace_is_summed_up_in_one_line(user: User) -> None:
    failed = a_step("expect@1", 'Expect "toBeVisible"', kind="expect", error="not found", line=21)
    path = user.folder / "saved.zip"
    path.write_bytes(a_trace(a_step(start=10, end=20), failed, an_error("not found", 21)))
    user.actions.catalog.take((TRACE,), identify_cases([a_case("login")]))
    user.actions.catalog.note((TRACE.path, 0), Transfer(Stage.DONE, path=path))
    rows = user.actions.catalog.rows(("login", 0))
    for _ in range(2):
        user.actions.read_trace(rows)
    await user.finish()
    assert len(user.tasks) == 1
    assert user.actions.catalog.summaries == {rows[0].id: 'step 2 of 2: Expect "toBeVisible"'}
    assert user.changes == 1


async def test_a_trace_that_is_no_trace_has_no_summary(user: User) -> None:
    path = user.folder / "saved.zip"
    path.write_bytes(b"no zip")
    user.actions.catalog.take((TRACE,), identify_cases([a_case("login")]))
    user.actions.catalog.note((TRACE.path, 0), Transfer(Stage.DONE, path=path))
    user.actions.read_trace(user.actions.catalog.rows(("login", 0)))
    await user.finish()
    assert set(user.actions.catalog.summaries.values()) == {""}

"""`tvtui open` and `tvtui replay`: which recording is meant, what is printed, and the exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.app import FakeApp
from tests.support.builders import a_case, a_run
from tests.support.clock import FakeClock
from tests.support.recordings import PROJECT, SUITE, Seen, a_recording
from tests.support.watch import json_objects
from tvtui.cli import frontend, main
from tvtui.cli.request import Environment
from tvtui.journal.recorded_server import RecordedServer
from tvtui.journal.recording import Recording, encode, encode_head
from tvtui.journal.store import Store
from tvtui.watch.request import WatchRequest

OTHER_PROJECT = "89abcdef-89ab-cdef-0123-456789abcdef"
TESTS = [a_case("one"), a_case("two", status="failed")]
STEPS: list[tuple[float, Seen]] = [
    (2.0, a_run(status="running", started_utc=None)),
    (10.0, a_run(status="running", tests=TESTS[:1])),
    (20.0, ("Cannot reach the server.", "Check your network.")),
    (80.0, a_run(status="running", tests=TESTS[:1])),
    (100.0, a_run(tests=TESTS)),
]
RECORDING = a_recording(*STEPS)
PASSED = a_recording((2.0, a_run(run_id=215, status="running")), (9.0, a_run(run_id=215, status="passed")))


class Machine:
    """A user's machine with recordings, and the requests that were made."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = Store(root / "state" / "journal")
        self.requests: list[WatchRequest] = []
        self.variables: dict[str, str] = {}

    def record(self, *recordings: Recording) -> Machine:
        for recording in recordings:
            self.store.write(recording)
        return self

    def file(self, content: bytes, name: str = "shared.tvrun") -> str:
        path = self.root / name
        path.write_bytes(content)
        return str(path)

    def run(self, *words: str) -> int:
        """Run a command line without a terminal."""
        return main(words, self.environment(frontend.run))

    def request(self, *words: str) -> WatchRequest:
        """The request that a command line makes."""
        assert main(words, self.environment(self._note)) == 0
        return self.requests[-1]

    def _note(self, request: WatchRequest) -> int:
        self.requests.append(request)
        return 0

    def environment(self, watch: Callable[[WatchRequest], int]) -> Environment:
        variables: Mapping[str, str] = self.variables
        return Environment(variables, self.root / "config", self.root / "log", self.root / "state", watch=watch)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.chdir(tmp_path)
    return Machine(tmp_path)


def of_project(recording: Recording, project: str, server: str = SUITE.server) -> Recording:
    suite = SUITE._replace(project=project, server=server)
    return replace(recording, head=replace(recording.head, suite=suite))


class TestOpen:
    """The end of runs."""

    def test_the_summary_is_printed_without_a_terminal(
        self, machine: Machine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert machine.record(RECORDING).run("open", "214") == 1

        out, err = capsys.readouterr()
        assert out.startswith("✗ FAILED  Login Functionality · run 214")
        assert "✗ two\n    expect(locator).toBeVisible() failed\n" in out
        assert "again" not in out
        assert err == ""

    def test_json_is_the_digest(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        assert machine.record(RECORDING).run("open", "#214", "--json") == 1

        (digest,) = json_objects(capsys.readouterr().out)
        assert (digest["type"], digest["runId"], digest["status"], digest["final"]) == ("digest", 214, "failed", True)
        assert digest["time"] == "2026-06-10T16:03:51Z"
        assert [test["name"] for test in json.loads(json.dumps(digest["tests"]))] == ["one", "two"]

    def test_several_are_printed_one_after_the_other(
        self, machine: Machine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert machine.record(RECORDING, PASSED).run("open", "215", "214") == 1

        blocks = capsys.readouterr().out.split("\n\n")
        assert [block[0] for block in blocks] == ["✓", "✗"]

    def test_a_run_that_passed_is_a_success(self, machine: Machine) -> None:
        assert machine.record(PASSED).run("open", "215") == 0

    def test_a_file_is_opened_wherever_it_is(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        assert machine.run("open", machine.file(encode(PASSED))) == 0
        assert "run 215" in capsys.readouterr().out

    def test_a_file_with_a_malformed_server_is_opened(self, machine: Machine) -> None:
        request = machine.request("open", machine.file(encode(of_project(PASSED, "\x1b[2J", "http://["))))

        assert (request.host, request.settings.server) == ("", "")
        assert request.settings.project.isprintable()

    def test_no_server_key_or_project_is_needed_but_preferences_count(self, machine: Machine) -> None:
        (machine.root / "config").mkdir()
        (machine.root / "config" / "config.toml").write_text('theme = "tvtui-safe"\n')

        request = machine.record(RECORDING).request("open", "214", "--board", "--output", "files")
        assert (request.settings.theme, request.settings.output) == ("tvtui-safe", machine.root / "files")
        assert not request.settings.output_is_for_one_run
        assert (request.settings.server, request.settings.project) == (SUITE.server, PROJECT)
        assert request.begins_with_board
        assert request.shell_command([214]) == "tvtui open 214"
        assert request.watch_command(214) == "tvtui watch 214"

    def test_the_terminal_gets_the_command_that_opens_it_again(
        self, machine: Machine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def watch(request: WatchRequest) -> int:
            from tvtui.watch.request import Mode

            return frontend.run(replace(request, mode=Mode.SCREEN), load_app=lambda: RecordedApp)  # type: ignore[arg-type,return-value]  # stands in for the app

        assert main(["open", "214"], machine.record(RECORDING).environment(watch)) == 1
        assert capsys.readouterr().out.endswith("Open again: tvtui open 214\n")


class RecordedApp(FakeApp):
    """Shows each run once, and quits."""

    async def run_async(self, *, mouse: bool = True) -> None:
        for watched in self.runs:
            await watched.follow()


class TestFaults:
    """What cannot be shown, and why."""

    def test_there_is_no_such_recording(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        assert machine.run("open", "999") == 4
        assert capsys.readouterr().err == "tvtui: No recording of run 999 on this machine. Recorded runs: tvtui runs\n"

    def test_a_journal_that_is_off_is_mentioned(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        machine.variables["TVTUI_JOURNAL"] = "off"

        assert machine.run("open", "999") == 4
        assert 'Runs are not recorded at present: the setting "journal" is off.' in capsys.readouterr().err

    def test_a_run_that_was_left_has_no_end(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        head = a_recording(*STEPS[:2]).head
        machine.store.write_head(head)

        assert machine.run("open", "214") == 2
        assert capsys.readouterr().err == (
            "tvtui: Run 214 was left while it was running, so its end is not recorded. "
            "To ask the server, use: tvtui watch 214\n"
        )

    def test_of_an_old_run_only_the_result_is_left(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        machine.record(RECORDING).store.strip(machine.store.find(214)[0])

        assert machine.run("replay", "214") == 2
        assert "Of run 214 only the result is still recorded (failed)." in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"# a readme\n", "not a recording of tvtui"),
            (b"", "not a recording of tvtui"),
            (encode(PASSED)[:-30], "damaged"),
            (encode(PASSED).replace(b'"v":1', b'"v":9'), "written by a newer version of tvtui. Update tvtui"),
        ],
    )
    @pytest.mark.parametrize("command", ["open", "replay"])
    def test_a_file_that_cannot_be_opened(
        self, machine: Machine, capsys: pytest.CaptureFixture[str], command: str, content: bytes, why: str
    ) -> None:
        assert machine.run(command, machine.file(content)) == 2
        assert capsys.readouterr().err.endswith(f"shared.tvrun' cannot be opened: {why}.\n")

    def test_a_file_with_the_result_alone(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        assert machine.run("open", machine.file(encode_head(PASSED.head))) == 2
        assert "has only the result of a run, without its tests." in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("name", "code", "text"),
        [
            ("nothing.tvrun", 4, "tvtui: 'nothing.tvrun' was not found.\n"),
            ("nothing", 2, "tvtui: 'nothing' is neither a file nor a run ID.\n"),
            ("", 2, "tvtui: '' is neither a file nor a run ID.\n"),
            (".", 2, "tvtui: '.' is a folder. Name the file.\n"),
            ("\0", 2, "cannot be opened: no such name is possible.\n"),
        ],
    )
    def test_something_else_than_a_file(
        self, machine: Machine, capsys: pytest.CaptureFixture[str], name: str, code: int, text: str
    ) -> None:
        assert machine.run("open", name) == code
        assert capsys.readouterr().err.endswith(text)

    def test_a_damaged_recording_is_named(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        path = machine.record(RECORDING).store.path_of(RECORDING.head)
        path.write_bytes(path.read_bytes()[:-30])

        assert machine.run("open", "214") == 2
        assert "The recording of run 214 cannot be read: damaged." in capsys.readouterr().err
        assert machine.run("open", "214") == 2
        assert "214.tvrun.broken cannot be read: damaged." in capsys.readouterr().err

    def test_all_problems_are_reported_at_once(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        assert machine.record(RECORDING).run("open", "214", "998", "999") == 4
        assert capsys.readouterr().err.count("No recording of run 99") == 2
        assert machine.run("open", "nothing", "999") == 2

    def test_one_run_cannot_be_shown_twice(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        assert machine.record(RECORDING).run("open", "214", machine.file(encode(RECORDING))) == 2
        assert "Two recordings of run 214 cannot be shown at once." in capsys.readouterr().err

    def test_a_malformed_option(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        assert machine.record(RECORDING).run("open", "214", "--project", "foo") == 2
        assert "is not a project ID" in capsys.readouterr().err
        assert machine.run("open", "214", "--theme", "nope") == 2
        assert machine.run("replay", "214", "--speed", "fast") == 2
        assert machine.run("open", "214", "--board", "--json") == 2


class TestChoice:
    """Several projects with a run of the same number."""

    @pytest.fixture
    def two(self, machine: Machine) -> Machine:
        other = replace(of_project(RECORDING, OTHER_PROJECT), run=a_run(tests=TESTS, feature_name="Other"))
        return machine.record(RECORDING, other)

    def feature(self, machine: Machine, *words: str) -> str:
        request = machine.request(*words)
        assert request.recordings is not None
        return request.recordings.origin(214)[1]

    def test_the_user_has_to_choose(self, two: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        assert two.run("open", "214") == 2

        err = capsys.readouterr().err
        assert err.startswith("tvtui: 2 projects have a recorded run 214. Choose one by: --project ")
        assert f"--project {PROJECT} (Login Functionality, failed)" in err

    def test_by_an_option_in_any_case(self, two: Machine) -> None:
        assert self.feature(two, "open", "214", "--project", OTHER_PROJECT.upper()) == OTHER_PROJECT
        assert two.request("open", "214", "--project", PROJECT).shell_command([214]).endswith(f"--project {PROJECT}")

    def test_by_the_project_that_is_configured(self, two: Machine) -> None:
        two.variables["TESTVIBE_PROJECT"] = OTHER_PROJECT
        assert self.feature(two, "open", "214") == OTHER_PROJECT

    def test_a_configured_project_without_this_run_chooses_nothing(self, machine: Machine) -> None:
        machine.variables["TESTVIBE_PROJECT"] = OTHER_PROJECT
        assert self.feature(machine.record(RECORDING), "open", "214") == PROJECT

    def test_by_the_host_of_a_link(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        elsewhere = of_project(RECORDING, OTHER_PROJECT, "https://other.example")
        machine.record(RECORDING, elsewhere)

        assert self.feature(machine, "open", "https://other.example/runs/214") == OTHER_PROJECT
        assert machine.run("open", "https://third.example/runs/214") == 2
        assert "was recorded from another server than that of the link" in capsys.readouterr().err

    def test_a_given_project_without_this_run_is_not_found(
        self, machine: Machine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert machine.record(RECORDING).run("open", "214", "--project", OTHER_PROJECT) == 4
        assert "No recording of run 214 of that server or project" in capsys.readouterr().err

    def test_of_two_recordings_of_one_run_the_complete_one_is_meant(self, machine: Machine) -> None:
        unknown = replace(RECORDING.head, suite=SUITE._replace(feature="?"), has_ended=False)
        machine.record(RECORDING).store.write_head(unknown)

        assert machine.run("open", "214") == 1


class TestReplay:
    """Everything that happened, played."""

    def test_lines_tell_it_as_it_was_watched(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        assert machine.record(RECORDING).run("replay", "214") == 1

        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines[:6]] == [
            *("16:02:13", "16:02:21", "16:02:21", "16:02:31", "16:03:31", "16:03:51")
        ]
        assert lines[3].endswith("! problem   Cannot reach the server. Check your network.")
        assert lines[4].endswith("recovered after 1m 00s")
        assert lines[-1] == "Replay again: tvtui replay 214"

    def test_json_objects_have_the_times_of_then(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        machine.record(RECORDING).run("replay", "214", "--json")

        objects = json_objects(capsys.readouterr().out)
        assert [each["type"] for each in objects] == [
            *("state", "state", "test", "problem", "recovery", "test", "state", "digest")
        ]
        assert objects[0]["time"] == "2026-06-10T16:02:13Z"
        assert objects[4]["seconds"] == 60.0

    def test_the_command_that_replays_it_again_has_the_speed(self, machine: Machine) -> None:
        request = machine.record(RECORDING).request("replay", "214", "--speed", "10", "--server", SUITE.server)

        assert request.shell_command([214]) == f"tvtui replay --speed 10 214 --server {SUITE.server}"
        assert request.recordings is not None
        assert request.recordings.is_replay

    def test_a_run_that_had_ended_before_has_nothing_to_replay(
        self, machine: Machine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert machine.record(replace(RECORDING, changes=())).run("replay", "214") == 2
        assert capsys.readouterr().err == (
            "tvtui: Run 214 had ended before it was watched, so there is nothing to replay. "
            "To see its end, use: tvtui open 214\n"
        )


class TestWhileShown:
    """What the recordings of a request do while they are shown."""

    def test_another_run_can_be_added_if_it_is_recorded(self, machine: Machine) -> None:
        request = machine.record(RECORDING, PASSED).request("open", "214")

        assert request.parse_run("#215") == 215
        with pytest.raises(ValueError, match="No recording of run 999"):
            request.parse_run("999")
        machine.store.strip(machine.store.find(215)[0])
        with pytest.raises(ValueError, match="Of run 215 only the result"):
            machine.request("open", "214").parse_run("215")

    async def test_earlier_runs_are_known_and_nothing_is_recorded(self, machine: Machine) -> None:
        earlier = a_recording((100.0, a_run(run_id=213, tests=TESTS)))
        request = machine.record(RECORDING, earlier).request("open", "214")

        assert request.memory is not None
        past = await request.memory.recall(RECORDING.run)
        assert past is not None
        assert [run.run_id for run in past.runs] == [213]
        (watched,) = request.watch([214], RecordedServer(request.watch_command), FakeClock())
        before = machine.store.path_of(RECORDING.head).read_bytes()
        await watched.follow()
        request.memory.close()
        assert watched.past is not None
        assert machine.store.path_of(RECORDING.head).read_bytes() == before
        assert request.memory.trouble == ""

    def test_a_journal_that_is_off_is_not_asked(self, machine: Machine) -> None:
        machine.variables["TVTUI_JOURNAL"] = "off"

        assert machine.record(RECORDING).request("open", "214").memory is None

"""The benchmarks: each measures the bare app and every version of tvtui in turn, and returns rows."""

from __future__ import annotations

import os
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.program import Program, Step, Unmeasured
from tests.bench.report import BARE, Budget, Row, p95, times_bare
from tests.bench.server import FIRST_FAILURE, Server, serving
from tests.bench.versions import Version

UP, DOWN = "\x1b[A", "\x1b[B"
FOCUS_LOST = "\x1b[O"
"""Sent by a terminal that loses the focus."""
ANYTHING = r"[^\s]"
BARE_PAINT = "Error"
WATCH = ("watch", "214")


@dataclass(frozen=True)
class Setup:
    """What to measure, and how often.

    Attributes:
        bare: The bare app.
        versions: This tvtui, and another one if asked for.
        runs: How many starts of each.
        seconds: How long to idle.
    """

    bare: Version
    versions: Sequence[Version]
    runs: int
    seconds: float


class Samples:
    """What has been measured so far: values by row and program."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    def add(self, program: str, **values: float) -> None:
        """Add a value to each of these rows."""
        for name, value in values.items():
            self._values[name][program].append(value)

    def of(self, name: str, against: str | None = None) -> dict[str, Sequence[float]]:
        """The values of each program; those of the bare app are taken from the row `against`."""
        bare = {} if against is None else {BARE: self._values[against][BARE]}
        return {**bare, **self._values[name]}


@contextmanager
def attempt() -> Iterator[None]:
    """Go on after a measurement that failed, and say so."""
    try:
        yield
    except Unmeasured as why:
        print(f"  not measured: {why}", file=sys.stderr)


def commands(setup: Setup) -> list[Row]:
    """Measure what needs no screen, and what it takes more than Python itself."""
    samples = Samples()
    for turn in range(setup.runs + 1):
        for version in setup.versions:
            _, nothing = _run([sys.executable, "-c", "pass"], version)
            for name in ("--version", "--help"):
                output, ms = _run([*version.words, name], version)
                if turn and output:
                    samples.add(version.name, **{name: ms - nothing})
    budget = Budget(100)
    return [
        Row(f"{name}, more than `python -c pass`", "ms", samples.of(name), budget) for name in ("--version", "--help")
    ]


def _run(command: Sequence[str], version: Version) -> tuple[bytes, float]:
    started = time.perf_counter()
    done = subprocess.run(
        command, capture_output=True, check=False, env={**os.environ, **version.environment}, cwd=version.folder
    )
    return done.stdout, 1000 * (time.perf_counter() - started)


def start(setup: Setup) -> list[Row]:
    """Measure from exec to the first frame and the first failure, and from q to the end of the process."""
    samples = Samples()
    with serving(100) as near, serving(100, delay=0.3) as far:
        for turn in range(setup.runs + 1):
            with attempt(), setup.bare.start() as program:
                paint, cpu = program.wait_for(BARE_PAINT), program.cpu()
                program.settle(0.3)
                leaving = program.quit("q")
                if turn:  # the first of each compiles modules and fills caches
                    samples.add(BARE, paint=paint, cpu=cpu, exit=leaving)
            for version in setup.versions:
                with attempt(), version.start(*WATCH, env=near.environment) as program:
                    frame, failure, cpu = program.wait_for(ANYTHING), program.wait_for(FIRST_FAILURE), program.cpu()
                    program.settle(0.3)
                    leaving = program.quit("q")
                    if turn:
                        samples.add(version.name, frame=frame, failure=failure, cpu=cpu, exit=leaving)
                with attempt(), version.start(*WATCH, env=far.environment) as program:
                    failure = program.wait_for(FIRST_FAILURE)
                    if turn:
                        samples.add(version.name, far=failure)
    return [
        Row("first frame", "ms", samples.of("frame", against="paint"), times_bare(0.5)),
        Row("first failure, loopback", "ms", samples.of("failure", against="paint"), times_bare(1.85)),
        Row("first failure, 300 ms away", "ms", samples.of("far", against="paint"), times_bare(2.1)),
        Row("CPU until the first failure", "ms", samples.of("cpu")),
        Row("exit", "ms", samples.of("exit"), times_bare(0.8)),
    ]


def memory(setup: Setup) -> list[Row]:
    """Measure memory with few and with many tests."""
    budgets = {100: times_bare(1.5), 10_000: times_bare(1.8)}
    samples = Samples()
    with ExitStack() as stack:
        servers = {tests: stack.enter_context(serving(tests)) for tests in budgets}
        for _ in range(3):
            with attempt(), setup.bare.start() as program:
                program.wait_for(BARE_PAINT)
                samples.add(BARE, memory=_memory_at_rest(program))
            for version in setup.versions:
                for tests, server in servers.items():
                    with attempt(), version.start(*WATCH, env=server.environment) as program:
                        program.wait_for(FIRST_FAILURE)
                        samples.add(version.name, **{str(tests): _memory_at_rest(program)})
    return [
        Row(f"memory, {tests:,} tests", "MB", samples.of(str(tests), against="memory"), budget)
        for tests, budget in budgets.items()
    ]


def _memory_at_rest(program: Program) -> float:
    program.settle(2.0)
    return program.memory()


def keys(setup: Setup, presses: int = 60) -> list[Row]:
    """Measure from a key to the last byte of its repaint, between passed and between failed tests; nothing scrolls."""
    rows = []
    for tests in (10, 1_000, 10_000):
        with serving(tests) as server, _all_started(setup, server.environment) as programs:
            ways = {"passed": ("G", [UP] * 4 + [DOWN] * 4, 1_200), "failures": ("g", ["n"] * 4 + ["N"] * 4, 4_000)}
            for way, (first, steps, most) in ways.items():
                moving = {name: [UP, DOWN] * 4 if name == BARE else steps for name in programs}
                for program in programs.values():
                    program.step(first)
                    program.settle()
                measured = _steps(programs, moving, presses)
                rows += _rows_of_steps(f"{way}, {tests:,} tests", measured, most)
    return rows


@contextmanager
def _all_started(setup: Setup, env: Mapping[str, str]) -> Iterator[dict[str, Program]]:
    """All programs with something to move in, at rest."""
    with ExitStack() as stack:
        programs = {BARE: stack.enter_context(setup.bare.start("rows"))}
        programs |= {each.name: stack.enter_context(each.start(*WATCH, env=env)) for each in setup.versions}
        for name, program in programs.items():
            program.wait_for(BARE_PAINT if name == BARE else FIRST_FAILURE)
        for program in programs.values():
            program.settle(1.0)
        yield programs


Measured = dict[str, tuple[list[Step], float]]
"""The steps of each program, and the CPU time of one in milliseconds."""


def _steps(programs: Mapping[str, Program], moving: Mapping[str, Sequence[str]], presses: int) -> Measured:
    before = {name: program.cpu() for name, program in programs.items()}
    steps: dict[str, list[Step]] = {name: [] for name in programs}
    for press in range(presses):
        for name, program in programs.items():
            keys = moving[name]
            steps[name].append(program.step(keys[press % len(keys)]))
    return {name: (steps[name], (program.cpu() - before[name]) / presses) for name, program in programs.items()}


def _rows_of_steps(name: str, measured: Measured, most_bytes: int) -> list[Row]:
    painted = {program: [step for step in steps if step.size] for program, (steps, _) in measured.items()}
    times = {program: [step.ms for step in steps] for program, steps in painted.items()}
    return [
        Row(name, "ms", times, Budget(5)),
        Row(
            f"{name}: p95", "ms", {program: [p95(each)] if each else [] for program, each in times.items()}, Budget(15)
        ),
        Row(f"{name}: CPU", "ms", {program: [cpu] for program, (_, cpu) in measured.items()}),
        Row(f"{name}: written", "B", {p: [s.size for s in steps] for p, steps in painted.items()}, Budget(most_bytes)),
    ]


def hold(setup: Setup) -> list[Row]:
    """Measure when the screen is at rest after holding a key, at the rate of a keyboard and as fast as can be sent."""
    rows = []
    for tests in (1_000, 10_000):
        with serving(tests) as server, _all_started(setup, server.environment) as programs:
            held, burst = {}, {}
            for name, program in programs.items():
                for _ in range(90):
                    program.press(DOWN)
                    program.settle(1 / 30)
                held[name] = [program.step(DOWN).ms]
                program.settle()
                burst[name] = [program.step(*[UP] * 90, quiet=0.3).ms]
        rows.append(Row(f"at rest after holding for 3 s, {tests:,} tests", "ms", held, Budget(50)))
        rows.append(Row(f"90 keys at once, {tests:,} tests", "ms", burst))
    return rows


def digest(setup: Setup, polls: int = 15) -> list[Row]:
    """Measure from the response of the server to the screen, and how long the event loop is blocked."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "blocks"
        for tests, most_ms, longest_ms in ((10_000, Budget(150), None), (50_000, None, Budget(100))):
            painted: dict[str, list[float]] = {}
            blocked: dict[str, list[float]] = {}
            for version in setup.versions:
                painted[version.name], blocked[version.name] = [], []
                for _ in range(3):
                    with attempt(), serving(tests, delay=3.0) as server:
                        ms, block = _first_digest(version, server, notes)
                        painted[version.name].append(ms)
                        blocked[version.name].append(block)
            rows += [
                Row(f"first digest, {tests:,} tests", "ms", painted, most_ms),
                Row(f"first digest, {tests:,} tests: longest block", "ms", blocked, longest_ms),
            ]
    return [*rows, *_polls(setup, polls)]


def _first_digest(version: Version, server: Server, notes: Path) -> tuple[float, float]:
    """The milliseconds from a response to the first failure, and the longest block of the event loop among them."""
    with version.with_heartbeat.start(str(notes), *WATCH, env=server.environment) as program:
        painted = program.started + program.wait_for(FIRST_FAILURE) / 1000
        sent = server.response_sent()
        program.settle()
        return 1000 * (painted - sent), _longest_block(notes, sent)


def _longest_block(notes: Path, since: float) -> float:
    blocks = [[float(moment) for moment in line.split()] for line in notes.read_text().splitlines()]
    return max((1000 * (end - begin) for begin, end in blocks if end > since), default=0.0)


def _polls(setup: Setup, polls: int) -> list[Row]:
    painted: dict[str, list[float]] = {}
    blocked: dict[str, list[float]] = {}
    for version in setup.versions:
        painted[version.name], blocked[version.name] = [], []
        with (
            attempt(),
            tempfile.TemporaryDirectory() as folder,
            serving(10_000, "running", changing=50) as server,
            version.with_heartbeat.start(
                f"{folder}/notes", *WATCH, "--interval", "1", env=server.environment
            ) as program,
        ):
            program.wait_for(FIRST_FAILURE)
            program.settle(0.3)
            server.response_sent()
            for _ in range(polls):
                sent = server.response_sent()
                program.drain()
                step = program.repaint(sent)
                if step.size:
                    painted[version.name].append(step.ms)
                blocked[version.name].append(_longest_block(Path(folder) / "notes", sent))
    return [
        Row("50 of 10,000 changed", "ms", painted, Budget(25)),
        Row("50 of 10,000 changed: longest block", "ms", blocked, Budget(30)),
    ]


def idle(setup: Setup) -> list[Row]:
    """Measure CPU, wake-ups and bytes written of all programs at once while nothing happens."""
    clock = "bare with a clock"
    with ExitStack() as stack:
        going, ended = (stack.enter_context(serving(100, status)) for status in ("running", "failed"))
        board = [*WATCH, "--board"]
        states = {
            "watching": (WATCH, going, FIRST_FAILURE, ""),
            "watching, without the focus": (WATCH, going, FIRST_FAILURE, FOCUS_LOST),
            "ended": (WATCH, ended, FIRST_FAILURE, ""),
            "board, watching": (board, going, "failed", ""),
            "board, ended": (board, ended, "failed", ""),
        }
        programs = {(BARE, BARE): stack.enter_context(setup.bare.start())}
        programs[BARE, clock] = stack.enter_context(setup.bare.start("clock"))
        for version in setup.versions:
            for state, (words, server, _, _) in states.items():
                programs[version.name, state] = stack.enter_context(version.start(*words, env=server.environment))
        for (_, state), program in programs.items():
            _, _, text, keys_first = states.get(state, (WATCH, ended, BARE_PAINT, ""))
            program.wait_for(text)
            program.press(keys_first)
        _read(programs.values(), 3.0)
        loads = _loads(programs, setup.seconds)
    rows = []
    for state in states:
        against = loads[BARE, BARE if "ended" in state else clock]
        shown = {BARE: against} | {each.name: loads[each.name, state] for each in setup.versions}
        limits = (times_bare(1.3), None if "ended" in state else Budget(300), None)
        units = ("%", "B/s", "/s")
        for place, name in enumerate(("CPU", "written", "wake-ups")):
            values = {program: load[place : place + 1] for program, load in shown.items()}
            rows.append(Row(f"{name}, {state}", units[place], values, limits[place]))
    return rows


def _read(programs: Iterable[Program], seconds: float) -> None:
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        for program in select.select([*programs], [], [], left)[0]:
            program.read(0)


def _loads(programs: Mapping[tuple[str, str], Program], seconds: float) -> dict[tuple[str, str], list[float]]:
    """CPU in percent of a core, bytes and wake-ups a second of each program."""

    def counts(program: Program) -> tuple[float, ...]:
        return program.cpu() / 10, len(program.output), program.wake_ups()

    before = {name: counts(program) for name, program in programs.items()}
    _read(programs.values(), seconds)
    return {
        name: [(after - earlier) / seconds for after, earlier in zip(counts(program), before[name], strict=True)]
        for name, program in programs.items()
    }


@dataclass(frozen=True)
class Peer:
    """Another Textual app.

    Attributes:
        words: Its command; the first word is looked up.
        ready: What its screen shows when it can be used.
        keys: A key and what undoes it.
    """

    words: tuple[str, ...]
    ready: str
    keys: tuple[str, str]


PEERS = {
    "toolong": Peer(("tl", "peer.log"), "line 99", (UP, DOWN)),
    "posting": Peer(("posting", "--collection", "."), "Send", ("a", "\x7f")),
    "harlequin": Peer(("harlequin",), "Query Editor", ("a", "\x7f")),
}


def peers(setup: Setup) -> list[Row]:
    """Measure other Textual apps, as far as they are on the PATH: start, a key, memory and idle load."""
    samples = Samples()
    with tempfile.TemporaryDirectory() as name, serving(100) as server:
        folder = Path(name)
        (folder / "peer.log").write_text("".join(f"line {number}\n" for number in range(1_000)))
        ours = replace(setup.versions[0], env={**setup.versions[0].env, **server.environment})
        found: list[tuple[Version, tuple[str, ...], str, tuple[str, str]]] = [
            (setup.bare, ("rows",), BARE_PAINT, (DOWN, UP)),
            (ours, WATCH, FIRST_FAILURE, (DOWN, UP)),
        ]
        for title, peer in PEERS.items():
            path = shutil.which(peer.words[0])
            if path is None:
                print(f"  not measured: {title} is not installed", file=sys.stderr)
                continue
            version = Version(title, (path, *peer.words[1:]), folder, setup.bare.env)
            found.append((version, (), peer.ready, peer.keys))
        for turn in range(4):
            for version, words, ready, moving in found:
                with attempt(), version.start(*words) as program:
                    paint = program.wait_for(ready)
                    program.settle(3.0)
                    resident, before = program.memory(), program.cpu()
                    program.settle(5.0)
                    load = (program.cpu() - before) / 50
                    steps = [program.step(key) for _ in range(10) for key in moving]
                    if turn:
                        samples.add(version.name, paint=paint, memory=resident, idle=load)
                        samples.add(version.name, key=statistics.median(step.ms for step in steps))
    return [
        Row("first usable paint", "ms", samples.of("paint")),
        Row("a key", "ms", samples.of("key")),
        Row("memory", "MB", samples.of("memory")),
        Row("CPU, idle", "%", samples.of("idle")),
    ]

"""Test data: one line for each run, test, artifact or response, spelling out only what matters."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tvtui.demo.scenarios import SCENARIOS
from tvtui.demo.timeline import Json, stamped
from tvtui.settings.settings import Settings, SettingsError, load
from tvtui.testvibe.diagnosis import Diagnosis, read_diagnosis
from tvtui.testvibe.errors import Faulty, Refused, Unreachable
from tvtui.testvibe.links import ArtifactLink, SignedLink
from tvtui.testvibe.models import Artifact, Case, Reader, Run, api_name, by_api_name
from tvtui.watch.events import Problem

CREATED = datetime(2026, 6, 10, 16, 2, 11, tzinfo=UTC)
"""When the run of these tests was created."""


def a_case(name: str = "Valid user signs in", **fields: object) -> Case:
    """A test that passed in 4.21 s; or, with `status="failed"`, a failed one with an error."""
    if fields.get("status") == "failed":
        fields = {"error": "expect(locator).toBeVisible() failed", **fields}
    return Case.read(_sent({"name": name, "status": "passed", "duration_ms": 4210, **fields}))


def an_artifact(path: str = "trace/locked-out-user.zip", **fields: object) -> Artifact:
    """A trace of 470 KiB."""
    return Artifact.read({"kind": "trace", "path": path, "size": 482_133, **fields})


def a_run(**fields: object) -> Run:
    """A run consistent with its status and tests: by default the documentation's, with three tests, one of them failed.

    With `status="passed"` all tests pass; with `status="running"` it has no tests, no artifacts and no end yet, and
    with `started_utc=None` beside it, it is queued. The summary counts the given tests.
    """
    status = fields.get("status", "failed")
    common = {
        "run_id": 214,
        "status": status,
        "feature_id": 12,
        "feature_name": "Login Functionality",
        "config": "Default",
        "site_url": "https://shop.acme.example",
        "created_utc": "2026-06-10T16:02:11Z",
        "started_utc": "2026-06-10T16:02:19Z",
        "finished_utc": None if status == "running" else "2026-06-10T16:02:54Z",
        "tests": _tests_of(status),
        "artifacts": [an_artifact()] if status == "failed" else [],
        "log": "Error: 1 failed" if status == "failed" else None,
    }
    run = Run.read(_sent(common | fields))
    if "summary" in fields or not run.tests:
        return run
    # the service counts what is neither of the two words as other
    counts = [sum(case.status == word for case in run.tests) for word in ("passed", "failed")]
    summary = dict(zip(("passed", "failed", "other"), (*counts, len(run.tests) - sum(counts)), strict=True))
    return Run.read(_sent(common | fields | {"summary": summary | {"total": len(run.tests)}}))


def _sent(fields: dict[str, object]) -> dict[str, Any]:
    """Fields by the API's names; models among their values become objects, except for tests, which are kept."""
    return {
        api_name(name): [each if isinstance(each, Case) else by_api_name(each) for each in value]
        if isinstance(value, list | tuple)
        else by_api_name(value)
        for name, value in fields.items()
    }


def a_digest(**fields: object) -> dict[str, object]:
    """The same run as in an API response, in camelCase, ready for `json.dumps`."""
    digest: dict[str, object] = json.loads(json.dumps(by_api_name(a_run(**fields)), default=datetime.isoformat))
    return digest


def run_at(scenario: str, seconds: float) -> Run:
    """The run of a demo scenario, `seconds` after it was created."""
    digest = stamped(SCENARIOS[scenario].digest_at(seconds), started=CREATED, speed=1)
    return Reader().read(json.dumps(digest).encode())


def _tests_of(status: object) -> list[Case]:
    if status == "running":
        return []
    last = "passed" if status == "passed" else "failed"
    return [
        a_case("Valid user signs in"),
        a_case("Invalid password is rejected", duration_ms=3804),
        a_case("Locked-out user sees an error", status=last, duration_ms=9120),
    ]


def digest_body(**fields: object) -> bytes:
    return json.dumps(a_digest(**fields)).encode()


def error_body(error: str, message: object) -> bytes:
    return json.dumps({"error": error, "message": message}).encode()


def odd_digest(digest: Json) -> Json:
    """Unknown fields and words, nulls, other types, absences."""
    tests: list[Json] = [{"name": None}, {}, {"name": "t", "durationMs": -1}, {"name": "u", "durationMs": 1e308}]
    return {
        "runId": 214,
        "status": "quarantined",
        "startedUtc": "2026-06-10T18:02:19.5+02:00",
        "finishedUtc": "2026-06-10T16:02:31",
        "createdUtc": None,
        "tests": [*tests, {"name": "v", "durationMs": 0.25, "status": "exploded", "verdict": [{}]}],
        "log": ["one", "two"],
        "unknown": {"deep": [None]},
    }


def a_link(path: str, size: int | None, url: str) -> ArtifactLink:
    return ArtifactLink(Artifact(kind="trace", path=path, size=size), SignedLink(url))


OFFLINE = Unreachable("Cannot reach testvibe.acme.example.", "Check your network.")


def with_tests(run: Run, *tests: Case) -> Run:
    return replace(run, tests=tests, summary=None)


def ended(run: Run, status: str) -> Run:
    return replace(run, status=status, finished_utc=CREATED + timedelta(seconds=43))


def a_problem(error: Exception = OFFLINE, *, failures: int = 1, wait: float = 2.0, is_final: bool = False) -> Problem:
    assert isinstance(error, Unreachable | Refused | Faulty)
    return Problem(error, since=1002.0, failures=failures, next_at=wait, is_final=is_final)


ANSWERED = datetime(2026, 6, 10, 16, 30, tzinfo=UTC)
LONG_AGO = {"started_utc": ANSWERED - timedelta(minutes=20), "finished_utc": ANSWERED - timedelta(minutes=19)}

PASSED = a_run(status="passed", tests=(a_case(name="Valid user signs in", status="passed"),), **LONG_AGO)
FAILED = a_run(status="failed", tests=(a_case(name="Locked-out user", status="failed", error="no"),), **LONG_AGO)
RUNNING_NOW = a_run(status="running", started_utc=ANSWERED, finished_utc=None)

FEATURE = '''\
# language: en
@auth @smoke # why
Feature: Login
  A user "signs in" first.

  Background:
    Given the shop is open

  Rule: strangers stay out
  Scenario Outline: <user> sees <count> items
    When "bob" adds 12.5 of <count>
    Then he sees
      | a | b \\| c |
    """
    Scenario: only text
    """
    Examples:
      | user |
  Example: Locked out
  Szenario: Gesperrt
    Angenommen es ist so
'''
"""A feature file with everything that Gherkin has."""

NOT_SHOWN = set(
    map(chr, [*range(9), *range(11, 32), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
)
"""Characters that a terminal would act on, and those that turn the direction of a text."""

_DIAGNOSED_FEATURE = """\
@auth
Feature: Login
  Scenario: Signs in
    Given a user
  Scenario: Locked out
    Given a user "who is locked out"
"""
SPEC = "import { test } from '@playwright/test';\ntest('Locked out', async ({ page }) => {\n});\n"
DIAGNOSIS: dict[str, Any] = {
    "runId": 214,
    "failures": [
        {"name": "Login > Password reset", "status": "failed", "error": "the whole reset"},
        {"name": "Login > Locked out", "status": "failed", "error": "\x1b[31mthe whole error\x1b[39m\nof the lock"},
    ],
    "gherkin": _DIAGNOSED_FEATURE,
    "specs": [{"path": "tests/login.spec.ts", "content": SPEC}],
    "logTail": "\x1b[31mlast words\x1b[39m",
    "oddity": "nobody knows",
    "artifactLinks": [{"url": "https://store.example/t.zip?sig=SECRET"}],
    "report": "https://store.example/r.html?sig=SECRET",
}


class Diagnoses:
    """Answers requests for a diagnosis in turn, with the last answer from then on."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self.answers = list(answers)
        self.requests = 0
        self.released = asyncio.Event()
        self.released.set()

    async def __call__(self) -> Diagnosis:
        self.requests += 1
        await self.released.wait()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return read_diagnosis(json.dumps(answer).encode())


KEY = "tvb_" + "AbCd1234" + "x" * 35
PROJECT = "01234567-89ab-cdef-0123-456789abcdef"
SERVER = "https://testvibe.acme.example"
ENOUGH = {"TESTVIBE_SERVER": SERVER, "TESTVIBE_API_KEY": KEY, "TESTVIBE_PROJECT": PROJECT}


class Place:
    """A repository with a working folder in it, and the user's configuration folder."""

    def __init__(self, root: Path) -> None:
        self.config = root / "config"
        self.repository = root / "repository"
        self.cwd = self.repository / "tests" / "e2e"
        self.trusted: set[str] = set()
        self.config.mkdir()
        self.cwd.mkdir(parents=True)
        (self.repository / ".git").mkdir()

    def shared(self, text: str, folder: Path | None = None) -> Path:
        path = (folder or self.repository) / ".tvtui.toml"
        path.write_text(text, "utf-8")
        return path

    def own(self, text: str, mode: int = 0o600) -> Path:
        path = self.config / "config.toml"
        path.write_text(text, "utf-8")
        path.chmod(mode)
        return path

    def load(self, environ: Mapping[str, str] = ENOUGH, **flags: object) -> Settings:
        return load(flags, environ, self.cwd, self.config, self.trusted)

    def problems(self, environ: Mapping[str, str] = ENOUGH, **flags: object) -> tuple[str, ...]:
        with pytest.raises(SettingsError) as caught:
            self.load(environ, **flags)
        assert KEY not in f"{caught.value!r} {caught.value} {caught.value.warnings}"
        assert str(caught.value) == "\n".join(caught.value.problems)
        return caught.value.problems

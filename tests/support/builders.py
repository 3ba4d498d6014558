"""What tests are made of: one line for each run, test, artifact or digest, with only what matters spelled out."""

from __future__ import annotations

from datetime import UTC, datetime

from tvtui.testvibe.models import Artifact, Case, Run

CREATED = datetime(2026, 6, 10, 16, 2, 11, tzinfo=UTC)
"""When the run of these tests was created."""


def a_case(name: str = "Valid user signs in", **fields: object) -> Case:
    """A test that passed in 4.21 s; or, with `status="failed"`, one that tells an error."""
    if fields.get("status") == "failed":
        fields = {"error": "expect(locator).toBeVisible() failed", **fields}
    return Case.model_validate({"name": name, "status": "passed", "duration_ms": 4210, **fields})


def an_artifact(path: str = "trace/locked-out-user.zip", **fields: object) -> Artifact:
    """A trace of 470 KiB."""
    return Artifact.model_validate({"kind": "trace", "path": path, "size": 482_133, **fields})


def a_run(**fields: object) -> Run:
    """A run that fits its status and its tests: by default the documentation's, of three tests, one of them failed.

    With `status="passed"` all tests pass; with `status="running"` it has no tests, no artifacts and no end yet, and
    with `started_utc=None` beside it, it is queued. The summary counts the tests that are given.
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
    run = Run.model_validate(common | fields)
    if "summary" in fields or not run.tests:
        return run
    return Run.model_validate(common | fields | {"summary": run.counts._asdict()})


def a_digest(**fields: object) -> dict[str, object]:
    """The same run as the API answers it, in camelCase, ready for `json.dumps`."""
    return a_run(**fields).model_dump(mode="json", by_alias=True)


def _tests_of(status: object) -> list[Case]:
    if status == "running":
        return []
    last = "passed" if status == "passed" else "failed"
    return [
        a_case("Valid user signs in"),
        a_case("Invalid password is rejected", duration_ms=3804),
        a_case("Locked-out user sees an error", status=last, duration_ms=9120),
    ]

"""No secret is written into the journal, wherever it was."""

from __future__ import annotations

import re
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.builders import CREATED, a_case, a_run, an_artifact
from tests.support.journal import PROJECT, SERVER
from tvtui.journal.journal import Journal
from tvtui.journal.recording import Head
from tvtui.journal.store import Store
from tvtui.testvibe.errors import Unreachable
from tvtui.testvibe.models import Run
from tvtui.watch.controls import Controls
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.watched_run import WatchedRun

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.SECRETsignature_-x"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nSECRETabcdefghijklmnop\nSECRET==\n-----END RSA PRIVATE KEY-----"
SECRETS = {
    "an API key": "tvb_SECRET78" + "x" * 35,
    "a bearer token": "Authorization: Bearer SECRET.abc-123",
    "a header of a request": "  - x-api-key: SECRET",
    "a cookie": "Cookie: sid=SECRET; theme=SECRET",
    "a lone bearer token": "curl -H 'bearer SECRETabcdefghijklmnop'",
    "a web token": f"got {JWT} back",
    "a private key": PEM,
    "the end of a private key": "SECRETabcdefghijklmnop\nSECRET==\n-----END PRIVATE KEY-----",
    "a signed link": "https://store.example/t.zip?se=1&sig=SECRET%3D",
    "a password": 'password="SECRET"',
    "a token in a query": "/login?token=SECRET&x=1",
    "credentials in a link": "postgres://ada:SECRET@db/x",
    "a token of GitHub": "ghp_SECRETabcdefghijklmnopqrstuv",
    "a key of AWS": "AKIASECRETSECRETSECR",
    "a coloured password": "pass\x1b[31mword=SECRET\x1b[0m",
}
LINES = {name for name, secret in SECRETS.items() if "\n" in secret or "\x1b" in secret}
"""Names have one line and no colour."""


def a_run_full_of(secret: str, *, in_names: bool) -> Run:
    name = secret if in_names else "x"
    return a_run(
        config=f"Mobile {name}",
        feature_id=f"f {name}",
        feature_name=f"Login {name}",
        site_url=f"https://ada:SECRET@shop.example/?key=SECRET{name}",
        tests=[
            a_case(f"signs in {name}"),
            a_case("fails", status=f"odd {name}", error=f"expected {secret}\nline"),
            a_case("fails, too", status="failed", error=secret),
        ],
        artifacts=[an_artifact(f"trace/{name}.zip", kind=f"trace {name}")],
        log=f"first\n{secret}\nlast",
        status="failed",
    )


async def record(folder: Path, run: Run, secret: str, *, keeps_texts: bool = True) -> None:
    journal = Journal(folder, SERVER, PROJECT, keeps_texts=keeps_texts, closing_seconds=60)
    running = replace(run, status="running", finished_utc=None, log=None)
    times = [CREATED + timedelta(seconds=seconds) for seconds in (10, 20)]
    problem = Problem(Unreachable(f"No answer: {secret}", f"Try {secret}"), 1005.0, 1, 1010.0)

    async def happen(_controls: Controls) -> AsyncIterator[Snapshot | Problem]:
        yield Snapshot(running, 1000.0, times[0], 1002.0, is_final=False)
        yield problem
        yield Snapshot(run, 1010.0, times[1], None, is_final=True)

    watched = WatchedRun(run.run_id, happen, recall=journal.recall)
    journal.record(watched)
    await watched.follow()
    journal.close()
    assert journal.trouble == ""


def contents(folder: Path) -> Iterator[str]:
    """Everything that is written, names of files included, decompressed."""
    for path in folder.rglob("*"):
        yield path.name
        if not path.is_file():
            continue
        head, _, body = path.read_bytes().partition(b"\n")
        yield head.decode()
        if path.name.startswith("index"):
            line, _, body = body.partition(b"\n")
            yield line.decode()
        if body:
            yield zlib.decompress(body).decode("utf-8", "replace")


def only_head(folder: Path) -> Head:
    (head,) = Store(folder).listing().heads
    return head


@pytest.mark.parametrize("name", SECRETS)
async def test_secrets_are_masked_in_every_field(tmp_path: Path, name: str) -> None:
    secret = SECRETS[name]
    await record(tmp_path / "journal", a_run_full_of(secret, in_names=name not in LINES), secret)
    everything = "\n".join(contents(tmp_path / "journal"))
    assert "signs in" in everything
    assert "first" in everything
    # of an API key, its first characters may be shown
    assert re.findall(r".{0,40}(?<!tvb_)SECRET.{0,20}|SECRET78x", everything) == []
    assert only_head(tmp_path / "journal").masked >= 3


@pytest.mark.parametrize("name", sorted(SECRETS))
async def test_without_texts_there_is_nothing_to_mask_but_names(tmp_path: Path, name: str) -> None:
    secret = SECRETS[name]
    await record(tmp_path / "journal", a_run_full_of("x", in_names=False), secret, keeps_texts=False)
    everything = "\n".join(contents(tmp_path / "journal"))
    for text in ("first", "expected", "answer", "SECRET"):
        assert text not in everything


async def test_what_holds_no_secret_is_recorded_as_it_is_shown(tmp_path: Path) -> None:
    run = a_run(log="a\x1b[0;31mb=c\x1b[2K", tests=[a_case("a \x07= b")])
    await record(tmp_path / "journal", run, "nothing")
    head = only_head(tmp_path / "journal")
    recorded = Store(tmp_path / "journal").load(head).run
    assert head.masked == 0
    assert (recorded.log, recorded.tests[0].name) == (str(run.log), "a = b")


async def test_a_test_whose_name_holds_a_secret_is_found_again(tmp_path: Path) -> None:
    name = "signs in with password=hunter2"
    folder = tmp_path / "journal"
    for run_id, status in ((1, "passed"), (2, "failed")):
        run = a_run(run_id=run_id, tests=[a_case(name, status=status), a_case("other")])
        await record(folder, run, "nothing")
    journal = Journal(folder, SERVER, PROJECT)
    past = await journal.recall(a_run(run_id=3))
    watched = WatchedRun(3, lambda _controls: iter(()))  # type: ignore[arg-type, return-value]  # never polled
    watched.past = past
    run = a_run(run_id=3, tests=[a_case(name, status="failed")])
    watched.apply(Snapshot(run, 1000.0, CREATED, None, is_final=True))
    assert watched.history is not None
    assert watched.history.of(watched.rows[0]).since == 2
    assert watched.history.gone == ("other",)
    assert "hunter2" not in "".join(contents(folder))

"""Requesting a diagnosis: answers, refusals and older servers."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.support.builders import a_digest, error_body
from tests.support.http import PATH, SETTINGS, Handler, assert_no_secrets, raising, replying
from tvtui.testvibe.client import Answer, Client
from tvtui.testvibe.diagnosis import Diagnosis, Undiagnosed
from tvtui.testvibe.errors import ClientError, Faulty, NotFound, Refused, Unreachable, Unreadable
from tvtui.testvibe.server import request_diagnosis

NOT_FOUND = error_body("not_found", "Run 214 was not found.")


def client(handler: Handler) -> Client:
    return Client(SETTINGS, transport=httpx.MockTransport(handler))


async def diagnosed(handler: Handler) -> Diagnosis | Undiagnosed:
    """What the front end receives."""
    async with client(handler) as asked:

        async def diagnose() -> Diagnosis:
            return await asked.diagnose(214)

        async def fetch() -> Answer:
            return await asked.get_run(214)

        return await request_diagnosis(diagnose, fetch)


async def test_a_diagnosis_is_requested_under_the_run() -> None:
    paths: list[str] = []

    def keep(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return httpx.Response(200, stream=httpx.ByteStream(b'{"runId": 214, "logTail": "boom"}'))

    async with client(keep) as asked:
        diagnosis = await asked.diagnose(214)
    assert paths == [f"{PATH}/diagnosis"]
    assert diagnosis.passages[0].text == "boom"


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        (replying(401, error_body("unauthorized", "No.")), Refused),
        (replying(503), Faulty),
        (replying(404, NOT_FOUND), NotFound),
        (replying(body=b"<!doctype html><title>Sign in</title>"), Unreadable),
        (replying(body=b"[]"), Unreadable),
        (replying(body=b'{"runId": 7}'), Unreadable),
        (raising(httpx.ConnectError("no")), Unreachable),
    ],
)
async def test_errors_are_explained(handler: Handler, kind: type[ClientError]) -> None:
    async with client(handler) as asked:
        with pytest.raises(ClientError) as raised:
            await asked.diagnose(214)
    assert type(raised.value) is kind
    assert_no_secrets(raised.value)


def server(diagnosis: tuple[int, bytes], digest: tuple[int, bytes]) -> Handler:
    def reply(request: httpx.Request) -> httpx.Response:
        status, body = diagnosis if request.url.path.endswith("/diagnosis") else digest
        return httpx.Response(status, stream=httpx.ByteStream(body))

    return reply


DIGEST = json.dumps(a_digest()).encode()


async def test_a_server_that_knows_the_run_but_no_diagnosis_is_an_older_one() -> None:
    for body in (NOT_FOUND, b"", b"<html>404</html>"):
        assert await diagnosed(server((404, body), (200, DIGEST))) == Undiagnosed(is_offered=False)


async def test_a_missing_run_is_reported_and_can_be_retried() -> None:
    answer = await diagnosed(server((404, NOT_FOUND), (404, NOT_FOUND)))

    assert isinstance(answer, Undiagnosed)
    assert answer.is_offered
    assert answer.what.startswith("Run 214 was not found in project")


async def test_an_error_after_a_404_does_not_mean_an_older_server() -> None:
    answer = await diagnosed(server((404, NOT_FOUND), (502, b"")))

    assert isinstance(answer, Undiagnosed)
    assert answer.is_offered
    assert "502" in answer.what


async def test_other_errors_are_explained() -> None:
    answer = await diagnosed(server((401, error_body("unauthorized", "No.")), (200, DIGEST)))

    assert isinstance(answer, Undiagnosed)
    assert answer.is_offered
    assert "rejected the API key" in answer.what
    assert answer.advice

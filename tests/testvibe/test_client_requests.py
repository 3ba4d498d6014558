"""Requests for links to artifacts, and for a new run, which is never repeated."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict

import httpx
import pytest

from tests.support.builders import a_run, error_body
from tests.support.http import (
    PATH,
    PROJECT,
    SETTINGS,
    ChunkedBody,
    Connection,
    Handler,
    assert_no_secrets,
    listening,
    raising,
    replying,
)
from tvtui.testvibe.client import Client
from tvtui.testvibe.errors import (
    Busy,
    ClientError,
    Conflict,
    Faulty,
    NotFound,
    Refused,
    Uncertain,
    Unreachable,
    Unreadable,
)
from tvtui.testvibe.links import ArtifactLink, SignedLink, read_links
from tvtui.testvibe.models import Artifact

URL = "https://store.example/a/trace.zip?sig=SECRET"
ROW = {"kind": "trace", "path": "trace/locked-out-user.zip", "size": 482_133, "url": URL}


def client(handler: Handler) -> Client:
    return Client(SETTINGS, transport=httpx.MockTransport(handler))


class TestLinks:
    """`get_run_artifacts`."""

    async def links(self, body: bytes) -> tuple[ArtifactLink, ...]:
        async with client(replying(body=body)) as asked:
            return await asked.get_artifacts(214)

    async def test_are_requested_under_the_run(self) -> None:
        paths: list[str] = []

        def keep(request: httpx.Request) -> httpx.Response:
            paths.append(request.url.path)
            return httpx.Response(200, stream=ChunkedBody(b"[]"))

        async with client(keep) as asked:
            assert await asked.get_artifacts(214) == ()
        assert paths == [f"{PATH}/artifacts"]

    async def test_come_with_their_artifacts(self) -> None:
        (link,) = await self.links(json.dumps([ROW]).encode())
        assert link.artifact == Artifact(kind="trace", path="trace/locked-out-user.zip", size=482_133)
        assert link.url is not None
        assert link.url.reveal() == URL

    async def test_are_never_shown(self) -> None:
        (link,) = await self.links(json.dumps([ROW]).encode())
        for shown in (repr(link), str(link), f"{link.url}", repr(asdict(link))):
            assert "SECRET" not in shown
            assert "store.example" not in shown

    @pytest.mark.parametrize("url", [None, 7, "", "https://x/\x1b[2J", "https://x/\n", "https://ü.example"])
    async def test_that_are_invalid_are_none(self, url: object) -> None:
        (link,) = await self.links(json.dumps([{**ROW, "url": url}]).encode())
        assert link.url is None

    @pytest.mark.parametrize("body", [b"", b"{}", b"7", b"[[", b'{"artifacts": []}'])
    async def test_of_another_form_are_an_error(self, body: bytes) -> None:
        with pytest.raises(Unreadable) as raised:
            await self.links(body)
        assert "not a list of artifacts" in raised.value.what

    async def test_one_odd_row_does_not_hide_the_others(self) -> None:
        odd, good = await self.links(json.dumps([7, ROW]).encode())
        assert odd == ArtifactLink(Artifact(path="(unreadable row 1)"), None)
        assert good.url is not None

    async def test_nulls_are_skipped(self) -> None:
        assert await self.links(b"null") == await self.links(b"[null]") == ()

    def test_with_foreign_text_are_cleaned(self) -> None:
        (link,) = read_links(json.dumps([{**ROW, "path": "a\x1b[2J/b\x00"}]).encode())
        assert str(link.artifact.path) == "a/b"

    def test_the_repr_of_a_link_hides_it(self) -> None:
        assert "SECRET" not in f"{SignedLink(URL)!r} {SignedLink(URL)}"


class TestDispatch:
    """`run_feature`."""

    async def failure(self, handler: Handler, feature: int | str = 12) -> ClientError:
        async with client(handler) as asked:
            with pytest.raises(ClientError) as raised:
                await asked.run_feature(feature, config="Default")
        assert_no_secrets(raised.value)
        return raised.value

    async def test_sends_the_given_values_and_returns_the_new_run(self) -> None:
        sent: list[httpx.Request] = []

        async def accept(request: httpx.Request) -> httpx.Response:
            sent.append(request)
            return httpx.Response(202, json={"runId": 215, "featureId": 12})

        async with client(accept) as asked:
            assert await asked.run_feature(12, config="Mobile", site_url="https://shop.acme.example") == 215
            assert await asked.run_feature("Log in / out?") == 215
        first, second = sent
        assert (first.method, first.url.path) == ("POST", f"/api/v1/ops/projects/{PROJECT}/features/12/run")
        assert json.loads(first.content) == {"config": "Mobile", "siteUrl": "https://shop.acme.example"}
        assert first.headers["content-type"] == "application/json"
        assert second.url.raw_path.endswith(b"/features/Log%20in%20%2F%20out%3F/run")
        assert json.loads(second.content) == {}

    async def test_a_conflict_quotes_the_server(self) -> None:
        error = await self.failure(replying(409, error_body("conflict", "The feature is not generated.")))
        assert type(error) is Conflict
        assert "The server says: The feature is not generated." in error.what

    async def test_an_unknown_feature_is_named(self) -> None:
        error = await self.failure(replying(404, error_body("not_found", "")), "Lo\x1b[2Jgin")
        assert type(error) is NotFound
        assert error.what.startswith(f"Feature “Login” was not found in project {PROJECT}.")

    @pytest.mark.parametrize(("status", "kind"), [(401, Refused), (400, Faulty), (429, Busy)])
    async def test_a_refusal_is_not_uncertain(self, status: int, kind: type[ClientError]) -> None:
        assert type(await self.failure(replying(status, error_body("code", "No.")))) is kind

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    async def test_a_failed_server_may_have_started_it(self, status: int) -> None:
        error = await self.failure(replying(status))
        assert type(error) is Uncertain
        assert "The run may or may not have started." in str(error)

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"runId": null}', b'{"runId": true}', b'{"runId": "one"}'])
    async def test_an_answer_without_a_run_id_is_uncertain(self, body: bytes) -> None:
        assert type(await self.failure(replying(202, body))) is Uncertain

    @pytest.mark.parametrize("run_id", ["215", 215.0])
    async def test_a_run_id_may_be_written_in_another_way(self, run_id: object) -> None:
        async with client(replying(202, json.dumps({"runId": run_id}).encode())) as asked:
            assert await asked.run_feature(12) == 215

    async def test_sends_back_what_the_server_sent_and_not_what_is_shown(self) -> None:
        sent: list[httpx.Request] = []

        async def accept(request: httpx.Request) -> httpx.Response:
            sent.append(request)
            return httpx.Response(202, json={"runId": 215})

        site, config, feature = "https://shop.acme.example/?v=2&sig=SECRET", "Mobile\u2028\tnew", "Log\tin"
        run = a_run(feature_id=None, feature_name=feature, config=config, site_url=site)
        assert "SECRET" not in f"{run.site_url} {run!r} {json.dumps(run.site_url)}"
        assert run.feature_name is not None

        async with client(accept) as asked:
            await asked.run_feature(run.feature_name, config=run.config, site_url=run.site_url)
        assert sent[0].url.raw_path.endswith(b"/features/Log%09in/run")
        assert json.loads(sent[0].content) == {"config": config, "siteUrl": site}

    async def test_without_a_connection_nothing_has_started(self) -> None:
        assert type(await self.failure(raising(httpx.ConnectError("no")))) is Unreachable

    @pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
    @pytest.mark.parametrize("location", ["/elsewhere", "https://login.example/", None])
    async def test_a_redirect_is_not_followed_and_is_uncertain(self, status: int, location: str | None) -> None:
        asked: list[httpx.URL] = []

        async def redirect(request: httpx.Request) -> httpx.Response:
            asked.append(request.url)
            return httpx.Response(status, headers={} if location is None else {"location": location})

        assert type(await self.failure(redirect)) is Uncertain
        assert len(asked) == 1

    @pytest.mark.parametrize("name", [".", "..", " .. "])
    async def test_a_name_that_is_a_path_segment_is_not_requested(self, name: str) -> None:
        asked: list[httpx.URL] = []

        async def accept(request: httpx.Request) -> httpx.Response:
            asked.append(request.url)
            return httpx.Response(202, json={"runId": 215})

        error = await self.failure(accept, name)
        assert str(error) == ("A feature named “.” or “..” cannot be started by its name. Use its number.")
        assert asked == []

    @pytest.mark.parametrize("name", ["caf\udce9", a_run(feature_name="a\ud800b").feature_name])
    async def test_a_name_that_cannot_be_encoded_is_not_requested(self, name: str) -> None:
        error = await self.failure(replying(202, b"{}"), name)
        assert str(error).endswith("cannot be started by it. Use its number.")

    async def test_a_lost_answer_is_not_requested_again(self) -> None:
        requests: list[httpx.Request] = []

        async def never_respond(request: httpx.Request) -> httpx.Response:
            requests.append(request)
            await request.extensions["trace"]("http11.send_request_headers.started", {})
            await asyncio.get_running_loop().create_future()
            raise AssertionError

        async with Client(SETTINGS, transport=httpx.MockTransport(never_respond), limit=0.01) as asked:
            with pytest.raises(Uncertain) as raised:
                await asked.run_feature(12)
        assert len(requests) == 1
        assert "did not respond within 0.01 s. The run may or may not have started." in str(raised.value)


async def test_overlapping_requests_do_not_affect_each_other() -> None:
    asked_first, released = asyncio.Event(), asyncio.Event()

    async def answer(connection: Connection) -> None:
        if connection.number == 1:
            asked_first.set()
            await released.wait()
        await connection.answer()

    async with listening(answer) as server, Client(server.settings) as asked:
        slow = asyncio.ensure_future(asked.get_run(214))
        await asked_first.wait()
        with pytest.raises(ClientError):
            # another run's digest: a failure that must not take the slow one's connection away
            await asked.get_run(7)
        assert (await asked.get_run(214)).run == a_run()
        released.set()
        assert (await slow).run == a_run()

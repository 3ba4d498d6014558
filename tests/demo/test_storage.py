"""The demo's storage over real sockets: signed links that expire, ranges, and no keys."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import pytest

from tests.support.builders import CREATED
from tests.support.clock import FakeClock
from tests.support.server import LOCKED_OUT_TRACE, get_artifact, get_link, get_manifest, request_url, thread_names
from tvtui.demo.scenarios import Scenario
from tvtui.demo.server import DemoServer
from tvtui.demo.timeline import Json


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Iterator[DemoServer]:
    """A server whose run ended long ago."""
    with DemoServer(clock=clock.now, started=CREATED) as server:
        clock.skip(60)
        yield server


def serving(*rows: Json) -> DemoServer:
    """A server whose run has only these artifacts."""
    return DemoServer(Scenario("mine", "", lambda _seconds: {"runId": 214, "status": "failed", "artifacts": [*rows]}))


def test_every_artifact_of_the_default_run_has_the_announced_size(server: DemoServer) -> None:
    rows = get_manifest(server)
    bodies = {str(row["path"]): request_url(str(row["url"])) for row in rows}

    assert len(rows) == 18
    assert {row["path"]: row["size"] for row in rows} == {path: len(got.body) for path, got in bodies.items()}
    assert all(got.status == 200 and got.headers["Accept-Ranges"] == "bytes" for got in bodies.values())
    assert all(get_artifact(server, path) == got.body for path, got in bodies.items())
    with zipfile.ZipFile(io.BytesIO(bodies[LOCKED_OUT_TRACE].body)) as trace:
        assert "test.trace" in trace.namelist()
    assert bodies["report/index.html"].body.lstrip().startswith(b"<!DOCTYPE html>")


def test_artifacts_appear_as_in_the_digest(server: DemoServer, clock: FakeClock) -> None:
    for at, there in ((0, 0), (2.9, 0), (29, 0), (31, 16), (34, 18)):
        clock.skip(at - clock.passed)
        assert len(get_manifest(server)) == there


def test_links_lead_to_another_host_without_the_key(server: DemoServer) -> None:
    url = get_link(server)
    request_url(url, Range="bytes=0-9")

    assert url.startswith(f"{server.storage_url}/artifacts/214/")
    assert server.storage_url != server.url
    (request,) = server.storage_requests
    assert (request.number, request.method, request.run_id, request.artifact) == (1, "GET", 214, LOCKED_OUT_TRACE)
    assert (request.is_keyed, request.fault, request.headers["range"]) == (False, None, "bytes=0-9")
    assert server.api_key not in repr(server.storage_requests)
    assert url.partition("sig=")[2] not in repr(server.storage_requests)
    assert len(server.requests) == 1


def test_a_key_that_is_sent_to_the_storage_is_recorded_and_rejected(server: DemoServer) -> None:
    got = request_url(get_link(server), Authorization=f"Bearer {server.api_key}")

    assert (got.status, got.code) == (400, "InvalidAuthenticationInfo")
    assert server.storage_requests[0].is_keyed
    assert server.api_key not in repr(server.storage_requests)


def test_a_link_is_valid_for_a_minute_and_a_fresh_one_for_another(server: DemoServer, clock: FakeClock) -> None:
    url = get_link(server)
    clock.skip(59.9)
    assert request_url(url).status == 200

    clock.skip(0.1)
    late = request_url(url)

    assert (late.status, late.code) == (403, "AuthenticationFailed")
    error = ElementTree.fromstring(late.body.decode("utf-8-sig"))
    assert "Expiry [Wed, 10 Jun 2026 16:04:11 GMT]" in str(error.findtext("AuthenticationErrorDetail"))
    assert request_url(get_link(server)).status == 200


def test_the_lifetime_of_a_link_can_be_set() -> None:
    clock = FakeClock()
    with DemoServer("many-artifacts", link_seconds=0.5, clock=clock.now) as server:
        url = str(get_manifest(server)[0]["url"])
        clock.skip(0.4)
        assert request_url(url).status == 200
        clock.skip(0.2)
        assert request_url(url).status == 403


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (r"\?.*", ""),
        (r"sig=[^&]*", "sig="),
        (r"sig=[^&]*", "sig=%00%FF%F0"),
        (r"sig=[^&]*", "x=1"),
        (r"(sig=[^&]*)", r"\1&sig=x"),
        (r"(sig=[^&]*)", r"\1&&="),
        (r"se=2026", "se=2027"),
        (r"se=[^&]*", "se=tomorrow"),
        (r"sp=r", "sp=rw"),
        (r"sv=[^&]*", "sv="),
        (r"/\d+/trace/", "/0/trace/"),
        (r"/artifacts/214/", "/artifacts/215/"),
        (r"/artifacts/214/", "/artifacts/../artifacts/214/"),
        (r"/trace/.*\?", "/%2e%2e/%2e%2e/runs/login-and-checkout.json?"),
        (r"/artifacts/214/.*\?", "/%2F..%5C%00?"),
        (r"\?", "?" + "&".join(f"x{number}=" for number in range(100)) + "&"),
    ],
)
def test_a_modified_link_is_rejected(server: DemoServer, said: str, meant: str) -> None:
    url, changes = re.subn(said, meant, get_link(server), count=1)
    got = request_url(url)

    assert changes == 1
    assert (got.status, got.code) == (403, "AuthenticationFailed")


def test_a_link_of_another_server_is_rejected(server: DemoServer) -> None:
    with DemoServer("many-artifacts") as other:
        foreign = urlsplit(str(get_manifest(other)[0]["url"]))

    assert request_url(f"{server.storage_url}{foreign.path}?{foreign.query}").status == 403


def test_an_invalid_link_is_answered_in_xml_that_quotes_nothing(server: DemoServer) -> None:
    got = request_url(f"{server.storage_url}/{quote('<script>alert(1)</script>')}?<script>")

    assert (got.status, got.headers["Content-Type"]) == (403, "application/xml")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert b"script" not in got.body
    assert (server.storage_requests[0].run_id, server.storage_requests[0].artifact) == (None, None)


def test_an_artifact_that_is_no_longer_listed_is_not_found(server: DemoServer, clock: FakeClock) -> None:
    url = get_link(server)
    clock.skip(-clock.passed)

    got = request_url(url)

    assert (got.status, got.code) == (404, "BlobNotFound")
    assert (server.storage_requests[0].run_id, server.storage_requests[0].artifact) == (None, None)


def test_only_get_is_supported(server: DemoServer) -> None:
    posted, deleted = request_url(get_link(server), "POST"), request_url(get_link(server), "DELETE")

    assert (posted.status, posted.code) == (405, "UnsupportedHttpVerb")
    assert (deleted.status, deleted.code) == (501, "UnsupportedHttpVerb")


@pytest.mark.parametrize(
    ("requested", "part"),
    [
        ("bytes=0-9", slice(0, 10)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=0-99999999", slice(0, None)),
        ("bytes=-99999999", slice(0, None)),
    ],
)
def test_a_range_can_be_requested(server: DemoServer, requested: str, part: slice) -> None:
    whole = get_artifact(server)
    got = request_url(get_link(server), Range=requested)
    start, stop, _ = part.indices(len(whole))

    assert (got.status, got.body) == (206, whole[part])
    assert got.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(whole)}"


@pytest.mark.parametrize("requested", ["bytes=", "bytes=-", "bytes=9-3", "bytes=0-1,4-5", "lines=0-1", "bytes=a-b"])
def test_an_invalid_range_is_answered_with_the_whole_file(server: DemoServer, requested: str) -> None:
    got = request_url(get_link(server), Range=requested)

    assert (got.status, got.body) == (200, get_artifact(server))
    assert "Content-Range" not in got.headers


@pytest.mark.parametrize("beyond", ["bytes={size}-", "bytes={size}-{size}", "bytes=99999999-", "bytes=-0"])
def test_a_range_beyond_the_end_is_rejected(server: DemoServer, beyond: str) -> None:
    size = len(get_artifact(server))
    got = request_url(get_link(server), Range=beyond.format(size=size))

    assert (got.status, got.code, got.headers["Content-Range"]) == (416, "InvalidRange", f"bytes */{size}")


def test_a_range_is_sent_only_if_the_file_is_the_same(server: DemoServer) -> None:
    etag = request_url(get_link(server)).headers["ETag"]

    assert request_url(get_link(server), Range="bytes=5-", **{"If-Range": etag}).status == 206
    assert request_url(get_link(server), Range="bytes=5-", **{"If-Range": '"another"'}).status == 200


def test_an_unknown_artifact_is_filler_that_differs_at_every_offset() -> None:
    size = 3_221_225_472
    with serving({"kind": "video", "path": "videos/whole-run.webm", "size": size}) as server:
        url = get_link(server, "videos/whole-run.webm")
        first, last = request_url(url, Range="bytes=65530-65560"), request_url(url, Range="bytes=-20")

    assert first.body == b"\0" * 6 + b"000000000000001\n" + b"\0" * 9
    assert (last.status, len(last.body), last.headers["Content-Range"]) == (
        206,
        20,
        f"bytes {size - 20}-{size - 1}/{size}",
    )


@pytest.mark.parametrize(
    "path", ["../../.ssh/id", "/etc/passwd", "", "a//b", "x\x00\n.zip", "\ud800", "a?b#c&sig=", "ö"]
)
@pytest.mark.parametrize("size", [None, -1, True, "12 KiB", 10**30])
def test_links_of_hostile_rows_work(path: str, size: object) -> None:
    with serving({"kind": "trace", "path": path, "size": size}, {}) as server:
        urls = [str(row["url"]) for row in get_manifest(server)]
        assert [len(request_url(url).body) for url in urls] == [1_000, 1_000]

    assert ".." not in urls[0]
    assert urls[0].isascii()


def test_many_artifacts_are_real_ones_under_other_names() -> None:
    with DemoServer("many-artifacts") as server:
        rows = get_manifest(server)
        assert len({row["path"] for row in rows}) == len(rows) == 200
        for row in rows[:30]:
            body = request_url(str(row["url"])).body
            assert len(body) == row["size"]
            assert body[:4] in {b"PK\x03\x04", b"\x89PNG", b"\x1aE\xdf\xa3"}


def test_traces_of_generated_runs_can_be_opened() -> None:
    clock = FakeClock()
    with DemoServer("large", clock=clock.now) as server:
        clock.skip(60)
        rows = get_manifest(server)
        assert len(rows) == 25
        for row in rows[::8]:
            assert zipfile.is_zipfile(io.BytesIO(request_url(str(row["url"])).body))


def test_closing_ends_the_threads_of_the_storage() -> None:
    with DemoServer() as server:
        assert thread_names("demo-")
        host = server.storage_url

    assert not thread_names("demo-")
    with pytest.raises(ConnectionRefusedError):
        request_url(f"{host}/")

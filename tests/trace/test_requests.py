"""Requests: what failed, when, and nothing secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvtui.text.clean import clean_block, clean_line
from tvtui.trace.records import Request
from tvtui.trace.requests import Asked, as_curl, asked, by_time, exchange, failed_first

WHERE = ("0-trace.network", 10, 20)
URL = "http://shop.test/api/orders?page=1"


def an_entry(url: str = URL, **changes: Any) -> dict[str, Any]:
    response = {"status": 200, "content": {"size": 31, "mimeType": "application/json", "_file": "resources/a.json"}}
    return {
        "request": {"method": "GET", "url": url},
        "response": response,
        "time": 15.5,
        "_monotonicTime": 4000,
        **changes,
    }


def a_line(entry: object) -> bytes:
    return json.dumps({"type": "resource-snapshot", "snapshot": entry}).encode()


def read(url: str = URL, **changes: Any) -> Request:
    found = asked("0-trace.trace", WHERE, a_line(an_entry(url, **changes)))
    assert found
    return found.request


def test_an_entry_becomes_a_request() -> None:
    assert read() == Request(
        method="GET",
        url=URL,
        start=0.0,
        status=200,
        seconds=0.0155,
        content_type="application/json",
        size=31,
        entry="resources/a.json",
        where=WHERE,
    )


@pytest.mark.parametrize(
    ("response", "failed", "status"),
    [
        ({"status": 399}, False, 399),
        ({"status": 400}, True, 400),
        ({"status": 503}, True, 503),
        ({"status": -1}, True, None),
        ({"status": 200, "_failureText": "net::ERR_ABORTED"}, True, 200),
        ({}, True, None),
        ("none", True, None),
        ({"status": "200"}, True, None),
        ({"status": [200]}, True, None),
    ],
)
def test_no_answer_a_reason_and_a_status_from_400_are_failures(
    response: object, failed: bool, status: int | None
) -> None:
    request = read(response=response)
    assert (request.failed, request.status) == (failed, status)


def test_a_duration_of_minus_one_is_unknown_and_old_formats_name_bodies_by_their_digest() -> None:
    request = read(
        time=-1, response={"status": 200, "content": {"size": -1, "mimeType": "x-unknown", "_sha1": "b.html"}}
    )
    assert (request.seconds, request.size, request.content_type, request.entry) == (None, None, "", "resources/b.html")


def test_what_is_no_request_is_none() -> None:
    for line in (b"", b"[]", b"{", a_line(None), a_line({"response": {}}), b"\xff", a_line({"request": []})):
        assert asked("0-trace.trace", WHERE, line) is None


@pytest.mark.parametrize("number", ["1e999", "NaN", "-1e400", "9" * 5000, '"x"', "null"])
def test_numbers_that_are_none_are_unknown(number: str) -> None:
    line = a_line(an_entry(time="T")).replace(b'"T"', number.encode())
    found = asked("0-trace.trace", WHERE, line)
    assert found is None or found.request.seconds is None


def test_requests_come_by_time_on_the_clock_of_their_file() -> None:
    request = read()
    wall = datetime(2026, 11, 29, 12, 0, 1, tzinfo=UTC).timestamp() * 1000
    found = [
        Asked(request._replace(url="late"), "a.trace", 5000, None),
        Asked(request._replace(url="early"), "b.trace", 100, None),
        Asked(request._replace(url="by the wall clock"), "b.trace", None, wall),
        Asked(request._replace(url="before the trace"), "a.trace", 900, None),
    ]
    ordered = by_time(found, {"a.trace": -1000, "b.trace": 0}, wall - 1000)
    assert [(each.url, each.start) for each in ordered] == [
        ("before the trace", -0.1),
        ("early", 0.1),
        ("by the wall clock", 1.0),
        ("late", 4.0),
    ]
    assert by_time(found[2:3], {}, None)[0].start == 0.0


def test_the_time_of_day_counts_where_there_is_no_other() -> None:
    line = a_line(an_entry(_monotonicTime=None, startedDateTime="2026-11-29T12:00:00.250Z"))
    found = asked("0-trace.trace", WHERE, line)
    assert found
    assert (found.time, found.wall) == (None, datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp() * 1000 + 250)
    strange: object
    for strange in ({}, "yesterday", "9999-99-99", 7):
        found = asked("0-trace.trace", WHERE, a_line(an_entry(startedDateTime=strange)))
        assert found
        assert found.wall is None


def test_failed_ones_come_first_but_not_what_the_test_has_aborted() -> None:
    ok = Request("GET", "ok", 0.0, 200)
    refused = Request("GET", "refused", 4.0, None, failed=True, failure="net::ERR_REFUSED")
    silent = Request("GET", "silent", 1.0, None, failed=True)
    broken = Request("GET", "broken", 3.0, 500, failed=True)
    missing = Request("GET", "missing", 2.0, 404, failed=True)
    aborted = Request("GET", "aborted", 0.5, None, failed=True, failure="net::ERR_FAILED", is_aborted=True)
    ordered = failed_first([ok, missing, aborted, broken, silent, refused])
    assert [each.url for each in ordered] == ["refused", "silent", "broken", "missing", "ok", "aborted"]


SECRET = "hunter2hunter2"


@pytest.mark.parametrize(
    "query",
    [
        f"token={SECRET}&page=1",
        f"page=1&access_token={SECRET}",
        f"page=1&X-Api-Key={SECRET}",
        f"page=1&authorization={SECRET}",
        f"page=1&refreshToken={SECRET}",
        f"page=1&sig={SECRET}",
        f"page=1&X-Amz-Signature={SECRET}",
        f"page=1&%74oken={SECRET}",
        f"page=1&next=https%3A%2F%2Fx.y%2F%3Fsig%3D{SECRET}",
        f"page=1#id_token={SECRET}",
        f"page=1&session_jwt={SECRET}",
    ],
)
def test_secrets_in_addresses_are_masked_and_the_rest_is_kept(query: str) -> None:
    url = read(f"https://shop.test/a?{query}").url
    assert SECRET not in url
    assert "page=1" in url


def test_credentials_and_keys_in_addresses_are_masked() -> None:
    assert read(f"https://me:{SECRET}@shop.test/a").url == "https://…@shop.test/a"
    assert "A" * 40 not in read(f"https://shop.test/tvb_{'A' * 43}/b").url


HEADERS = [
    {"name": "Accept", "value": "*/*"},
    {"name": "Authorization", "value": f"Bearer {SECRET}"},
    {"name": "Cookie", "value": f"sid={SECRET}"},
    {"name": "X-Api-Key", "value": SECRET},
    {"name": "Proxy-Authorization", "value": SECRET},
    {"name": "X-CSRF-Token", "value": SECRET},
    {"name": "Referer", "value": f"https://shop.test/?token={SECRET}"},
    {"name": ":path", "value": "/a"},
    {"name": "Host", "value": "shop.test"},
]


def a_post() -> dict[str, Any]:
    posted = {"mimeType": "application/json", "text": '{"q": "it\'s"}'}
    request = {"method": "POST", "url": f"https://shop.test/a?token={SECRET}", "headers": HEADERS, "postData": posted}
    response = {"status": 200, "statusText": "OK", "headers": [{"name": "Set-Cookie", "value": f"sid={SECRET}"}]}
    return {"request": request, "response": response, "serverIPAddress": "127.0.0.1"}


def test_details_and_their_command_hide_every_secret_until_they_are_asked_for() -> None:
    masked = exchange(a_post())
    assert SECRET not in repr(masked)
    assert SECRET not in as_curl(masked)
    assert ("Authorization", "…") in masked.request_headers
    uncovered = exchange(a_post(), is_masked=False)
    assert ("Authorization", f"Bearer {SECRET}") in uncovered.request_headers
    assert SECRET in as_curl(uncovered)


def test_a_request_is_copied_as_a_command() -> None:
    command = as_curl(exchange(a_post()))
    assert command.startswith("curl 'https://shop.test/a?token=…' -X POST -H 'Accept: */*'")
    assert command.endswith("""--data-raw '{"q": "it'"'"'s"}'""")
    assert ":path" not in command
    assert "Host" not in command
    assert as_curl(exchange({"request": {"method": "GET", "url": URL}})) == f"curl '{URL}'"
    assert as_curl(exchange(a_post()), "body of a file").endswith("--data-raw 'body of a file'")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.just("\x1b[2J\u202ehttp://x?a=b"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["request", "response", "headers", "name", "value", "url", "status", "content", "postData"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


@settings(derandomize=True, database=None, deadline=None, max_examples=100)
@given(st.fixed_dictionaries({"request": JSON, "response": JSON, "time": JSON, "startedDateTime": JSON}))
def test_any_json_is_a_clean_request_or_none(entry: dict[str, Any]) -> None:
    found = asked("0-trace.trace", WHERE, a_line(entry))
    for text in (found.request.url, found.request.method, found.request.failure) if found else ():
        assert clean_line(text) == text
    details = exchange(entry)
    for name, value in (*details.request_headers, *details.response_headers):
        assert (clean_line(name), clean_line(value)) == (name, value)
    assert clean_block(details.posted) == details.posted
    as_curl(details)

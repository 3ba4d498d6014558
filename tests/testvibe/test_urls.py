"""URLs of requests: what is requested where, and which are rejected."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvtui.testvibe.connection import origin, parse_url


@pytest.mark.parametrize(
    ("text", "origin_of_it", "target"),
    [
        ("https://a.example", "https://a.example", "/"),
        ("HTTPS://A.Example/B?c=D#e", "https://a.example", "/B?c=D"),
        ("https://a.example:443/", "https://a.example", "/"),
        ("http://a.example:80?c", "http://a.example", "/?c"),
        ("http://a.example:8080/", "http://a.example:8080", "/"),
        ("https://user:pass@a.example:8443/x", "https://a.example:8443", "/x"),
        ("https://a.example@b.example/x", "https://b.example", "/x"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443", "/x"),
        ("https://127.0.0.1/x", "https://127.0.0.1", "/x"),
        ("https://a_b.example./x", "https://a_b.example.", "/x"),
        ("https://stra\u00dfe.example", "https://xn--strae-oqa.example", "/"),
        ("https://xn--strae-oqa.example", "https://xn--strae-oqa.example", "/"),
        ("https://a.example/a%2Fb%3f;c=1/d e/\u00e9", "https://a.example", "/a%2Fb%3f;c=1/d%20e/%C3%A9"),
        # a signed link is sent as it is: each other character would break the signature
        ("https://a.example/x?sig=a%2Bb+c/d==&t=2:0Z", "https://a.example", "/x?sig=a%2Bb+c/d==&t=2:0Z"),
    ],
)
def test_what_is_requested(text: str, origin_of_it: str, target: str) -> None:
    url = parse_url(text)
    assert url is not None
    assert (origin(url), url.raw_path.decode()) == (origin_of_it, target)


@pytest.mark.parametrize(
    "text",
    [
        *("", "a.example", "/x", "//a.example/x", "ftp://a.example", "file:///etc/passwd", "https:/a.example"),
        *("https://", "https://:443", "https://?x", "https://a.example:65536", "https://a.example:x"),
        *("https://[::1", "https://[::g]", "https://xn--", "https://\u2603\u200b.example"),
        *("https://a\x1b.example", "https://a\n.example", "https://a.example/" + "x" * 65_536),
        "https://a.example/\ud800",
    ],
)
def test_others_are_rejected(text: str) -> None:
    assert parse_url(text) is None


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/x?y", "https://a.example:8443/x?y"),
        ("x", "https://a.example:8443/b/x"),
        ("../x", "https://a.example:8443/x"),
        ("?y", "https://a.example:8443/b/c?y"),
        ("//b.example/x", "https://b.example/x"),
        ("http://b.example/", "http://b.example/"),
        ("", "https://a.example:8443/b/c?d"),
    ],
)
def test_a_location_may_be_relative(location: str, target: str) -> None:
    assert str(parse_url(location, httpx.URL("https://a.example:8443/b/c?d"))) == target


def test_a_location_may_be_relative_to_an_ipv6_address() -> None:
    assert str(parse_url("/x", httpx.URL("http://[::1]:8080"))) == "http://[::1]:8080/x"


@settings(derandomize=True, database=None, deadline=None)
@given(st.text("htps:/[]@?#%.\\ \x1b\u00e9\u0434a1&;=") | st.text())
def test_any_text_is_a_url_whose_request_is_printable_ascii_or_none(text: str) -> None:
    base = httpx.URL("http://b.example")
    absolute = (text, f"https://{text}", f"https://a.example/{text}")
    for url in (*map(parse_url, absolute), parse_url(text, base)):
        if url is not None:
            requested = origin(url) + url.raw_path.decode("ascii")
            assert requested.isascii()
            assert requested.isprintable()
            assert " " not in requested

"""URLs of requests: what is requested where, and which are rejected."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvtui.testvibe.urls import Url, ascii_host, parse_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://a.example", Url("https", "a.example", None, "/")),
        ("HTTPS://A.Example:443/B?c=D#e", Url("https", "a.example", None, "/B?c=D")),
        ("http://a.example:80?c", Url("http", "a.example", None, "/?c")),
        ("http://a.example:8080/", Url("http", "a.example", 8080, "/")),
        ("https://user:pass@a.example/x", Url("https", "a.example", None, "/x")),
        ("https://a.example@b.example/x", Url("https", "b.example", None, "/x")),
        ("https://[2001:DB8:0::1]:8443/x", Url("https", "2001:db8::1", 8443, "/x")),
        ("https://127.0.0.1/x", Url("https", "127.0.0.1", None, "/x")),
        ("https://a_b.example./x", Url("https", "a_b.example.", None, "/x")),
        ("https://stra\u00dfe.example", Url("https", "xn--strae-oqa.example", None, "/")),
        ("https://xn--strae-oqa.example", Url("https", "xn--strae-oqa.example", None, "/")),
        ("https://a.example/a%2Fb%3f;c=1/d e/\u00e9", Url("https", "a.example", None, "/a%2Fb%3f;c=1/d%20e/%C3%A9")),
        ("https://a.example/x?sig=a%2Bb+c/d==&t=2026-01-01T00:00:00Z", None),
    ],
)
def test_what_is_requested(text: str, url: Url | None) -> None:
    """The query of a signed link is sent as it is: each other character would break the signature."""
    expected = url or Url("https", "a.example", None, text.removeprefix("https://a.example"))
    assert parse_url(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "a.example", "/x", "//a.example/x", "ftp://a.example", "file:///etc/passwd", "https:/a.example"),
        *("https://", "https://:443", "https://?x", "https://a b/", "https://a\\b/", "https://a%2eb/", "https://a,b/"),
        *(
            "https://a.example:0",
            "https://a.example:65536",
            "https://a.example:x",
            "https://[::1",
            "https://[::1%25eth0]",
        ),
        *(
            "https://[::g]",
            "https://xn--",
            "https://\u2603\u200b.example",
            "https://a\x1b.example",
            "https://a\n.example",
        ),
        *("https://.example", "https://" + "a" * 256, "https://a.example/" + "x" * 65_536, "https://a.example/\ud800"),
    ],
)
def test_others_are_rejected(text: str) -> None:
    assert parse_url(text) is None


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/x?y#z", "https://a.example:8443/x?y"),
        ("x", "https://a.example:8443/b/x"),
        ("../x", "https://a.example:8443/x"),
        ("?y", "https://a.example:8443/b/c?y"),
        ("//b.example/x", "https://b.example/x"),
        ("http://b.example", "http://b.example/"),
        ("", "https://a.example:8443/b/c?d"),
    ],
)
def test_a_location_may_be_relative(location: str, target: str) -> None:
    assert str(parse_url(location, Url("https", "a.example", 8443, "/b/c?d"))) == target


def test_a_location_may_be_relative_to_an_ipv6_address() -> None:
    base = Url("http", "::1", 8080)
    assert (base.netloc, base.origin) == ("[::1]:8080", "http://[::1]:8080")
    assert parse_url("/x", base) == Url("http", "::1", 8080, "/x")


def test_an_origin_is_safe_to_show() -> None:
    url = parse_url("https://user:pass@a.example:8443/x?sig=SECRET")
    assert url is not None
    assert url.origin == "https://a.example:8443"


@settings(derandomize=True, database=None, deadline=None)
@given(st.text("htps:/[]@?#%.\\ \x1b\u00e9\u0434a1&;=") | st.text())
def test_any_text_is_a_url_that_is_read_again_as_itself_or_none(text: str) -> None:
    for each in (
        parse_url(text),
        parse_url(f"https://a.example/{text}"),
        parse_url(text, Url("http", "b.example", None)),
    ):
        if each is not None:
            assert str(each).isascii()
            assert str(each).isprintable()
            assert " " not in str(each)
            assert ascii_host(each.host) == each.host
            assert parse_url(str(each)) == each

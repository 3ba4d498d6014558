"""Choosing the proxy for a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tvtui.testvibe.connection import find_proxy

Environ = Callable[..., None]


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> Iterator[Environ]:
    """Sets these variables, and no other proxy variable."""
    with monkeypatch.context() as patch:

        def put(**variables: str) -> None:
            for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUEST_METHOD"):
                patch.delenv(name, raising=False)
                patch.delenv(name.upper(), raising=False)
            for name, value in variables.items():
                patch.setenv(name, value)

        put()
        yield put


def test_without_any_the_connection_is_direct(environ: Environ) -> None:
    assert find_proxy("https", "testvibe.example", 443) is None


def test_each_scheme_has_its_own_proxy(environ: Environ) -> None:
    environ(HTTPS_PROXY="http://secure.proxy:3128", http_proxy="plain.proxy:3128")
    assert find_proxy("https", "testvibe.example", 443) == "http://secure.proxy:3128"
    assert find_proxy("http", "testvibe.example", 80) == "http://plain.proxy:3128"


def test_all_proxy_is_the_last_resort(environ: Environ) -> None:
    environ(ALL_PROXY="socks5://any.proxy:1080", HTTPS_PROXY="http://secure.proxy")
    assert find_proxy("http", "testvibe.example", 80) == "socks5://any.proxy:1080"
    assert find_proxy("https", "testvibe.example", 443) == "http://secure.proxy"


@pytest.mark.parametrize(
    ("exceptions", "host"),
    [
        ("*", "testvibe.example"),
        ("testvibe.example", "testvibe.example"),
        ("TestVibe.Example", "testvibe.example"),
        ("other.example, testvibe.example", "testvibe.example"),
        ("acme.example", "testvibe.acme.example"),
        (".acme.example", "testvibe.acme.example"),
        ("*.acme.example", "testvibe.acme.example"),
        ("testvibe.example:8443", "testvibe.example"),
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.2.3:8443", "10.1.2.3"),
        ("10.0.0.0/8", "10.1.2.3"),
        ("10.1.2.3/8", "10.1.2.3"),
        ("fd00::/8", "fd00::1"),
        ("[fd00::1]", "fd00::1"),
        ("[fd00::1]:8443", "fd00::1"),
    ],
)
def test_exceptions_are_direct(exceptions: str, host: str, environ: Environ) -> None:
    environ(HTTPS_PROXY="http://proxy.example:3128", NO_PROXY=exceptions)
    assert find_proxy("https", host, 8443) is None


@pytest.mark.parametrize(
    ("exceptions", "host"),
    [
        ("", "testvibe.example"),
        (",, ,", "testvibe.example"),
        ("vibe.example", "testvibe.example"),
        ("testvibe.example:443", "testvibe.example"),
        ("testvibe.example.org", "testvibe.example"),
        ("10.0.0.0/8", "11.1.2.3"),
        ("10.0.0.0/99", "10.0.0.1"),
        ("10.0.0.0/8", "fd00::1"),
        (":8443", "testvibe.example"),
        (".", "testvibe.example"),
    ],
)
def test_other_hosts_are_not_direct(exceptions: str, host: str, environ: Environ) -> None:
    environ(HTTPS_PROXY="http://proxy.example:3128", NO_PROXY=exceptions)
    assert find_proxy("https", host, 8443) == "http://proxy.example:3128"

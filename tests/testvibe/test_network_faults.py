"""The explanations of failed requests."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest

from tvtui.testvibe.errors import ClientError, Unreachable
from tvtui.testvibe.network_faults import explain

HOST = "testvibe.example"
BROKE_OFF = Unreachable("It broke off.")


def wrapped(*causes: BaseException) -> Exception:
    """These errors as the libraries wrap them, the innermost last."""
    error: BaseException | None = None
    for cause in reversed(causes):
        cause.__cause__ = error
        error = cause
    outer = ConnectionError("All connection attempts failed")
    outer.__cause__ = error
    return outer


def explained(error: BaseException, *, proxy: str | None = None, has_answered: bool = False) -> ClientError:
    check = "Check TESTVIBE_SERVER"
    return explain(error, HOST, proxy, has_answered=has_answered, broke_off=BROKE_OFF, check_server=check)


def verification(message: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED]")
    error.verify_message = message
    return error


@pytest.mark.parametrize(
    ("cause", "what", "advice"),
    [
        (ConnectionRefusedError(), f"The connection was refused by {HOST}.", "that the server is running"),
        (socket.gaierror(socket.EAI_NONAME, "x"), f"Cannot find the host {HOST}.", "TESTVIBE_SERVER, or your network"),
        (OSError(errno.ENETUNREACH, "x"), f"No route to {HOST}: the network is unreachable.", "VPN"),
        (TimeoutError(), f"The connection to {HOST} timed out.", "VPN"),
        (ConnectionResetError(), f"The connection was reset by {HOST}.", "VPN"),
        (BrokenPipeError(), f"The connection was reset by {HOST}.", "VPN"),
        (OSError(errno.EIO, "x"), f"The connection to {HOST} failed.", "VPN"),
        (verification("self-signed certificate"), "is not trusted (TLS): self-signed certificate.", "SSL_CERT_FILE"),
        (verification("certificate has expired"), "certificate has expired.", "this machine's clock"),
        (verification("Hostname mismatch, certificate is not valid for 'x'."), "valid for 'x'.", "TESTVIBE_SERVER"),
        (ssl.SSLCertVerificationError("no more"), "is not trusted (TLS): unknown reason.", "SSL_CERT_FILE"),
        (ssl.SSLError("no more"), f"No secure connection (TLS) to {HOST}: unknown reason.", "TESTVIBE_SERVER"),
    ],
)
def test_each_cause_has_its_explanation(cause: BaseException, what: str, advice: str) -> None:
    for error in (wrapped(cause), wrapped(OSError("outer"), cause), wrapped(ExceptionGroup("many", [wrapped(cause)]))):
        fault = explained(error)
        assert what in fault.what
        assert advice in fault.advice


@pytest.mark.parametrize("cause", [ConnectionRefusedError(), socket.gaierror(socket.EAI_NONAME, "x")])
def test_a_proxy_is_named_instead_of_the_server(cause: BaseException) -> None:
    fault = explained(wrapped(cause), proxy="proxy.example:3128")
    assert "proxy.example:3128" in fault.what
    assert HOST not in fault.what
    assert "HTTPS_PROXY" in fault.advice


def test_an_interrupted_answer_is_mentioned() -> None:
    fault = explained(wrapped(ConnectionResetError()), has_answered=True)
    assert fault.what == f"The connection was reset by {HOST} while sending its response."


@pytest.mark.parametrize("is_hidden", [False, True])
def test_contexts_count_even_if_hidden(is_hidden: bool) -> None:
    error = OSError("outer")
    error.__context__ = ConnectionRefusedError()
    error.__suppress_context__ = is_hidden
    assert "refused" in explained(error).what


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_too_many_open_files_are_named(number: int) -> None:
    error = explained(wrapped(OSError(number, "Too many open files")))
    assert error.what == f"There are too many open files to connect to {HOST}."
    assert error.advice == "Watch fewer runs, or raise the limit (ulimit -n)."


def test_circular_causes_end() -> None:
    one, two = OSError("one"), OSError("two")
    one.__cause__, two.__cause__ = two, one
    assert explained(one).what == f"The connection to {HOST} failed."


@pytest.mark.parametrize(
    "cause",
    [
        ConnectionRefusedError(),
        socket.gaierror(socket.EAI_NONAME, "x"),
        verification("Hostname mismatch"),
        ssl.SSLError("no more"),
    ],
)
def test_a_url_that_is_not_a_setting_gets_no_advice_on_settings(cause: BaseException) -> None:
    assert (
        explain(wrapped(cause), HOST, None, has_answered=False, broke_off=BROKE_OFF).advice
        == "Check your network or VPN."
    )

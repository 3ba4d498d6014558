"""What every test is spared: proxies and certificates of the machine it runs on, and signals that nobody hears."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

_DEAF_IN_THE_BACKGROUND = ("SIGHUP", "SIGINT", "SIGQUIT")


@pytest.fixture(autouse=True, scope="session")
def hearing() -> None:
    """A shell's background jobs and nohup ignore signals, which the watch respects and tests would wait for in vain."""
    for name in _DEAF_IN_THE_BACKGROUND:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)


@pytest.fixture(autouse=True)
def environ() -> Iterator[pytest.MonkeyPatch]:
    """No proxy and no certificates but those that a test sets, by this patch."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir"):
            patch.delenv(name, raising=False)
            patch.delenv(name.upper(), raising=False)
        yield patch

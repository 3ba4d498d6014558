"""What every test is spared: proxies and certificates of the machine it runs on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def environ() -> Iterator[pytest.MonkeyPatch]:
    """No proxy and no certificates but those that a test sets, by this patch."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir"):
            patch.delenv(name, raising=False)
            patch.delenv(name.upper(), raising=False)
        yield patch

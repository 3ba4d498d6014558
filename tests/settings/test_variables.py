"""An empty environment variable is an unset one."""

from __future__ import annotations

from tvtui.settings.variables import unset_empty


def test_empty_variables_that_libraries_read_are_removed() -> None:
    read = ["NO_COLOR", "TEXTUAL_DRIVER", "TEXTUAL", "XDG_CONFIG_HOME", "HOME", "COLUMNS", "LINES", "TERM"]
    read += ["SSL_CERT_FILE", "SSL_CERT_DIR", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "TMPDIR"]
    environ = dict.fromkeys(read, "")
    unset_empty(environ)
    assert environ == {}


def test_others_stay() -> None:
    environ = {"GIT_PAGER": "", "LESS": "", "NO_COLOR": "0", "http_proxy": "http://proxy:8080", "MY_TERM": ""}
    before = dict(environ)
    unset_empty(environ)
    assert environ == before

"""Signed links that tests and logs tell: what opens them is shown, copied and printed nowhere."""

from __future__ import annotations

import json

import pytest

from tests.support.app import watching_live
from tests.support.builders import a_case, a_digest, a_run
from tests.support.clock import FakeClock, LeapingClock
from tests.support.server import in_turn, serving, settings_for
from tests.support.server import serving_live as serving_lines
from tests.support.watch import watch_server
from tvtui.cli.request import Mode
from tvtui.demo import faults
from tvtui.demo.faults import Fault
from tvtui.demo.timeline import Json
from tvtui.testvibe.models import Reader
from tvtui.text.redact import quoted, without_signatures

SECRET = "SECRETSIG"
AZURE = f"https://store.blob.example/t.zip?sv=1&sp=r&sig={SECRET}%2B%3D"
AMAZON = f"https://s3.example/t.zip?X-Amz-Date=1&X-Amz-Signature={SECRET}"


def tells_a_link() -> Fault:
    """A right answer of a run that says signed links in every place."""

    def edit(digest: Json) -> Json:
        told = f"see {AZURE} and {AMAZON} there"
        return {
            **digest,
            **dict.fromkeys(("featureName", "config", "siteUrl"), told),
            "status": "failed",
            "finishedUtc": digest["createdUtc"],
            "tests": [{"name": told, "status": "failed", "error": f"\x1b[31m{told}\x1b[39m\nover"}],
            "artifacts": [{"kind": "trace", "path": told}],
            "log": f"{told}\nend of the log",
        }

    return faults.edited("tells a link", edit)


async def test_no_screen_and_no_clipboard_holds_one() -> None:
    clock = FakeClock()
    with serving(clock=clock) as server:
        server._faults = in_turn(*[tells_a_link()] * 9)
        async with watching_live(settings_for(server), clock=clock, size=(200, 40)) as onlooker:
            await onlooker.sees("see https://store.blob.example/t.zip?… and https://s3.example/t.zip?… there")
            for keys in (("n",), ("y",), ("l",), ("y",), ("Y",), ("escape", "tab", "tab", "y")):
                await onlooker.press(*keys)
                assert SECRET not in onlooker.text + onlooker.app.clipboard
            assert SECRET not in repr(onlooker.event)


@pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
def test_nor_do_lines(mode: Mode, capsys: pytest.CaptureFixture[str]) -> None:
    clock = LeapingClock()
    with serving_lines(clock=clock) as server:
        server._faults = in_turn(*[tells_a_link()] * 9)
        assert watch_server(settings_for(server), clock, mode) == 1
    out, err = capsys.readouterr()
    assert "https://store.blob.example/t.zip?" in out
    assert SECRET not in out + err


@pytest.mark.parametrize(
    "link",
    [
        rb"https://s.example/t?sv=1&sig=SECRETSIG",
        rb"https://s.example/t\u003fsv=1\u0026sig\u003dSECRETSIG",
        rb"https://s.example/t?a=1\u0026\u0073\u0069\u0067=SECRETSIG",
        # as a log tells JSON, and JSON in JSON
        rb"https://s.example/t\\u003fsig\\u003dSECRETSIG",
        rb"https://s.example/t?a=1\\\\u0026sig=SECRETSIG",
        rb"https%3A%2F%2Fs.example%2Ft%3Fsv%3D1%26sig%3DSECRETSIG",
        rb"https%253A%252F%252Fs.example%253Fsig%253DSECRETSIG",
        rb"https://s.example/t?a=1&amp;sig=SECRETSIG",
        rb"https://s.example/t?a=1&#38;sig=SECRETSIG",
        rb"//s.example/t#access_token=SECRETSIG",
        rb"https://s.example/t?a=1&s\u001b[7mig\u001b[27m=SECRETSIG",
        rb"https://s.example/t?\u001b[7ma=1&\u001b[27msig=SECRET\u001b[7mSECRETSIG\u001b[0m",
        rb"https://s.example/t?a=1&X-Amz-Credential=SECRETSIG/x",
        rb"https://s.example/t?GoogleAccessId=a&Expires=1&Signature=SECRETSIG",
    ],
)
@pytest.mark.parametrize("before", [b"", b"# 100% \\\\d a=1 [href=x] #id ?\\n"])
def test_however_a_server_writes_it(link: bytes, before: bytes) -> None:
    text = before + link + rb" and more"
    case = b'{"name": "%b", "status": "failed", "error": "%b"}' % (text, text)
    run = Reader().read(b'{"runId": 1, "status": "failed", "log": "%b", "tests": [%b]}' % (text, case))
    for shown in (run.log or "", run.tests[0].error or "", run.tests[0].name):
        assert "SECRET" not in shown
        assert "s.example" in shown
        assert shown.endswith(" and more")


@pytest.mark.parametrize(
    "text",
    [
        "Expected: https://s.example/cart?step=2&page=3#top",
        "100% of C:\\tests\\a=1 and a & b = c ? d : e",
        "\x1b[31mlocator('#sig')\x1b[39m #sig ?token [token=1]",
        "\\d+ sig=1, &amp; token = 2",
    ],
)
def test_what_holds_no_secret_stays_as_it_is(text: str) -> None:
    run = a_run(log=text, tests=[a_case(error=text)])
    assert (run.log, run.tests[0].error) == (text, text)


def test_a_colour_that_ends_within_a_link_ends_behind_it() -> None:
    run = a_run(log=f"\x1b[31m{AZURE}\x1b[39m plain")
    assert run.log == "\x1b[31mhttps://store.blob.example/t.zip?…\x1b[39m plain"


def test_a_servers_own_words_hold_none_in_an_error() -> None:
    assert quoted(f"no {AZURE} here") == "no https://store.blob.example/t.zip?… here"


def test_nearly_all_text_is_not_looked_at_by_python(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def look(text: str) -> str:
        looked.append(text)
        return without_signatures(text)

    monkeypatch.setattr("tvtui.testvibe.fields.without_signatures", look)
    error = "\x1b[31mlocator('#id[href=x]')\x1b[39m\nWhat?\n50% & more\n"
    tests = [a_case(f"case[a={number}]", status="failed", error=error) for number in range(50)]
    body = json.dumps(a_digest(tests=tests, site_url=None, config=None, feature_name=None, log=error)).encode()
    looked.clear()
    Reader().read(body)
    assert not [text for text in looked if "case" in text or "locator" in text]

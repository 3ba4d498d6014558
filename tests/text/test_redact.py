"""Secrets in text: signed links, keys and passwords are never displayed, copied or printed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import faults
from tests.support.app import watching_live
from tests.support.builders import CREATED, a_case, a_run
from tests.support.clock import FakeClock
from tests.support.server import serving, settings_for
from tests.support.watch import watch_server
from tvtui.demo.faults import Fault
from tvtui.demo.timeline import Json
from tvtui.testvibe.models import Reader
from tvtui.text.redact import (
    contains_key,
    is_key,
    is_key_name,
    is_secret_name,
    mask,
    mask_parameters,
    masked_block,
    quoted,
    redact,
    redact_block,
    without_signatures,
)
from tvtui.watch.request import Mode

SECRET = "SECRETSIG"
AZURE = f"https://store.blob.example/t.zip?sv=1&sp=r&sig={SECRET}%2B%3D"
KEY = "tvb_" + "Ab3" * 14 + "x"
AMAZON = f"https://s3.example/t.zip?X-Amz-Date=1&X-Amz-Signature={SECRET}"


def has_signed_links() -> Fault:
    """A valid answer with signed links in every text."""

    def edit(digest: Json) -> Json:
        text = f"see {AZURE} and {AMAZON} there"
        return {
            **digest,
            **dict.fromkeys(("featureName", "config", "siteUrl"), text),
            "status": "failed",
            "finishedUtc": digest["createdUtc"],
            "tests": [{"name": text, "status": "failed", "error": f"\x1b[31m{text}\x1b[39m\nover"}],
            "artifacts": [{"kind": "trace", "path": text}],
            "log": f"{text}\nend of the log",
        }

    return faults.edited("has signed links", edit)


async def test_neither_the_screen_nor_the_clipboard_contains_a_signature() -> None:
    clock = FakeClock()
    with serving(clock=clock, always=has_signed_links()) as server:
        async with watching_live(settings_for(server), clock=clock, size=(200, 40)) as watched:
            await watched.sees("see https://store.blob.example/t.zip?… and https://s3.example/t.zip?… there")
            for keys in (("n",), ("y",), ("l",), ("y",), ("Y",), ("escape", "tab", "tab", "y")):
                await watched.press(*keys)
                assert SECRET not in watched.text + watched.app.clipboard
            assert SECRET not in repr(watched.event)


@pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
def test_printed_lines_contain_no_signature(mode: Mode, capsys: pytest.CaptureFixture[str]) -> None:
    clock = FakeClock(CREATED, leaps=True)
    with serving(clock=clock, scenario="default", always=has_signed_links()) as server:
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
        # JSON in a log, and JSON in JSON
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
def test_signatures_are_found_in_every_notation(link: bytes, before: bytes) -> None:
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
def test_text_without_secrets_is_unchanged(text: str) -> None:
    run = a_run(log=text, tests=[a_case(error=text)])
    assert (run.log, run.tests[0].error) == (text, text)


def test_a_colour_that_ends_within_a_link_ends_after_it() -> None:
    run = a_run(log=f"\x1b[31m{AZURE}\x1b[39m plain")
    assert str(run.log) == "\x1b[31mhttps://store.blob.example/t.zip?…\x1b[39m plain"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("?a=1&sig=X", "?…"),
        ("a?b?sig=X end", "a?b?… end"),
        ("a#b?c&sig=X", "a#b?…"),
        ("/a#b=1&sig=X", "/a?…"),
        ("what? see /a&sig=X", "what? see /a?…"),
        ("/a?b=1&sig=X&token=Y, /c?d=1 and ?sig=Z", "/a?… /c?d=1 and ?…"),
        ("'/a?b=1&sig=X' '/c?d=1'", "'/a?…' '/c?d=1'"),
    ],
)
def test_the_whole_query_with_a_signature_is_replaced_and_nothing_else(text: str, shown: str) -> None:
    assert without_signatures(text) == shown


def test_quoted_text_is_one_short_redacted_line() -> None:
    assert quoted(f"no {AZURE} here") == "no https://store.blob.example/t.zip?… here"
    assert quoted(" \x1b[2Ja\nb ") == "a b"
    assert quoted(f"{KEY} password=SECRET //user:SECRET@proxy") == "tvb_Ab3Ab3Ab… password=… //…@proxy"
    assert quoted("x" * 300) == "x" * 199 + "…"
    assert quoted("x" * 300, 60) == "x" * 59 + "…"
    assert quoted("x" * 60, 60) == "x" * 60


def test_text_in_quotation_marks_is_said_to_have_contained_control_characters() -> None:
    assert quoted("ab", marks="'") == "'ab'"
    for text in ("a\x1b[31mb", "a\u202eb", "a\x00b"):
        assert quoted(text, marks='"') == '"ab" (contains control characters)'
    assert quoted("\n" + "x" * 99, 5, "'") == "'xxxx…' (contains control characters)"


@pytest.mark.parametrize(
    "text",
    [
        "a // b @ c, https://h/a@b and user@host",
        "self.token: str = settings.password  # the secret",
        "secrets=1, tokens=2, design=3",
        f"{KEY[:12]} and tvb_12345678",
    ],
)
def test_text_that_only_resembles_secrets_is_unchanged(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "{'token': b'SECRET', u'pwd': u'SECRET', 'secret': Rb'SECRET'}",
            "{'token': b'…', u'pwd': u'…', 'secret': Rb'…'}",
        ),
        ('password="SECRET\n SECRET" left', 'password="…" left'),
        ('password="SECRET SECRET\nleft', 'password="…"\nleft'),
        ('api_key = "SECRET"\ttoken =\tSECRET left', 'api_key = "…"\ttoken =\t… left'),
        ("if token == 'SECRET' or {:secret => 'SECRET'}", "if token == '…' or {:secret => '…'}"),
        ("passwd=SECRET pwd=SECRET left", "passwd=… pwd=… left"),
        ("Authorization: Basic SECRET left", "Authorization: Basic … left"),
        ("proxy-authorization: Bearer SECRET left", "proxy-authorization: Bearer … left"),
        ("- x-api-key: SECRET SECRET\n- x-request-id: left", "- x-api-key: …\n- x-request-id: left"),
        ("X-Auth-Token: SECRET\nleft", "X-Auth-Token: …\nleft"),
        ('{"x-api-key": "SECRET", "left": 1}', '{"x-api-key": "…", "left": 1}'),
        ("set-cookie: sid=SECRET; Path=/\ncookie: left", "set-cookie: …\ncookie: left"),
        ("(Authorization: Bearer SECRET).", "(Authorization: Bearer …)."),
        ("[Authorization: Basic SEC)RET=], left", "[Authorization: Basic … left"),
        ("{'Authorization': 'Basic SECRET', 'left': 1}", "{'Authorization': '…', 'left': 1}"),
        ("postgres://user:SEC/SECRET@db left", "postgres://…@db left"),
        ("http://proxy:8080/left@1 http://h/left@1", "http://proxy:8080/left@1 http://h/left@1"),
    ],
)
def test_secrets_are_found_in_every_notation(text: str, shown: str) -> None:
    assert redact(text) == shown
    assert redact(shown) == shown


def test_redacting_is_idempotent() -> None:
    text = redact(f"{KEY} password='a b' sig=X //user:pw@h?q {AZURE}")
    assert text == "tvb_Ab3Ab3Ab… password='…' sig=… //…@h?… https://store.blob.example/t.zip?…"
    assert redact(text) == text


@pytest.mark.parametrize(
    "unit",
    [
        "https://x/",
        "//",
        "a://",
        "?",
        "&sig=",
        "?a=b%",
        "\\u0026",
        "//u:p@",
        "//u:p",
        "//u:p/",
        "sig='",
        "sig=\"sig='",
        "sig=\\",
        "sig =",
        "sig= ",
        "sig:b",
        "authorization: ",
        "x-amz-",
        "x-key:",
        "cookie:",
        "cookie: a",
        "tvb_",
        "eyJ",
        "eyJabcdef.",
        "bearer ",
        "bearer a",
        "sk-",
        "ghp_",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "abcdefghijklmnop\n",
    ],
)
def test_redacting_takes_linear_time(unit: str) -> None:
    started = time.process_time()
    redact(unit * (100_000 // len(unit)))
    masked_block(unit * (100_000 // len(unit)))
    mask_parameters(unit * (100_000 // len(unit)))
    # It takes some hundredths of a second; quadratic time would be more than a hundred times that.
    assert time.process_time() - started < 5


def test_a_well_formed_key_is_shown_by_its_first_characters() -> None:
    assert is_key(KEY)
    assert mask(KEY) == "tvb_Ab3Ab3Ab…"
    for other in ("", "tvb_short", KEY + "x", KEY[:-1] + "-", KEY + "\n", "secret" * 8):
        assert not is_key(other)
        assert mask(other) == "…"


def test_a_truncated_key_is_recognized_unless_only_its_public_part_is_left() -> None:
    assert contains_key(f"# {KEY[:13]}")
    assert not contains_key(f"# {KEY[:12]}")


def test_names_of_keys_are_recognized_however_they_are_written() -> None:
    for name in ("api_key", "Api-Key", "APIKEY", "--api-key", "--token", "key"):
        assert is_key_name(name)
    for name in ("keys", "--no-key", "monkey", "project", ""):
        assert not is_key_name(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"a\nsee {AZURE} and\n{KEY}", f"a\nsee https://store.blob.example/t.zip?… and\n{mask(KEY)}"),
        ("GET https://shop.example/?page=2&q=a", "GET https://shop.example/?page=2&q=a"),
        ("password: 'x' --token=abc //ada:pw@host", "password: 'x' --token=… //…@host"),
        ("\x1b[31mfailed\x1b[0m", "\x1b[31mfailed\x1b[0m"),
        (f"\x1b[31mtvb_\x1b[0m{KEY[4:]}", mask(KEY)),
        (f"t.zip?s\x1b[1mig={SECRET}", "t.zip?…"),
        ("sent Bearer abcdef.123-456~x== and more", "sent Bearer … and more"),
        ("bearer authentication is required", "bearer authentication is required"),
        (f"Bearer {KEY}", f"Bearer {mask(KEY)}"),
        ("'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig_-x'", "'…'"),
        ("eyJ is how a token begins", "eyJ is how a token begins"),
        ("ghp_0123456789abcdefghij glpat-0123456789abcdefghij xoxb-0123456789 AKIA0123456789ABCDEF", "… … … …"),
        ("a\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nb", "a\n…\nb"),
        ("-----BEGIN EC PRIVATE KEY-----\nMIIE", "…"),
        ('{"key": "-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----\\n"}', '{"key": "…\\n"}'),
        (f"log\n…{'ab+/' * 5}\n{'cd+/' * 16}\nef==\n-----END RSA PRIVATE KEY-----\nb", "log\n…\n…\nb"),
        ("first\nsecond\n-----BEGIN CERTIFICATE-----", "first\nsecond\n-----BEGIN CERTIFICATE-----"),
    ],
)
def test_a_block_keeps_its_lines_colours_and_ordinary_queries(text: str, shown: str) -> None:
    assert redact_block(text) == shown


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Locked-out user sees an error (1 = 1)", 0),
        (f"{KEY} and password={SECRET}", 2),
        ("already masked: token=…", 0),
        (f"-----BEGIN PRIVATE KEY-----\n…{SECRET}", 1),
        ("pass\x1b[1mword=x", 1),
    ],
)
def test_masked_secrets_are_counted(text: str, count: int) -> None:
    masked, found = masked_block(text)
    assert (masked, found) == (redact_block(text), count)
    assert masked_block(masked) == (masked, 0)


@given(
    st.lists(
        st.sampled_from(
            [
                *(
                    "token",
                    "sig",
                    "password",
                    "authorization",
                    "Bearer ",
                    "tvb_",
                    "eyJ",
                    "ghp_",
                    "sk-",
                    "AKIA",
                    "xoxb-",
                    "x-api-key",
                    "cookie",
                ),
                *("=", "%3D", "\\u003d", ":", '"', "'", "?", "&", "//", "@", "\n", " ", "\x1b[1m", "…", ".", "\\"),
                *("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "a1b2c3d4e5f6g7h8i9j0k1l2m3n4", "x"),
            ]
        ),
        max_size=9,
    )
)
@settings(deadline=None, max_examples=300)
def test_what_is_not_searched_has_no_secret(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert masked_block(text)[0] == redact_block(text)


def test_names_of_secret_headers_and_parameters_are_recognized() -> None:
    for name in ("Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "X-CSRF-Token", "sig"):
        assert is_secret_name(name)
    for name in ("accessToken", "refresh_token", "X-Amz-Signature", "client_secret", "session.jwt"):
        assert is_secret_name(name)
    for name in ("Accept", "page", "author", "cookies", "tokens", "keyword", "signal", "secretary", ""):
        assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://shop.example/a?page=2&q=a%20b#top", "https://shop.example/a?page=2&q=a%20b#top"),
        (f"https://shop.example/a?page=2&token={SECRET}&q=a", "https://shop.example/a?page=2&token=…&q=a"),
        (f"https://shop.example/a#access%5Ftoken={SECRET}", "https://shop.example/a#access%5Ftoken=…"),
        (
            f"https://shop.example/a?next={AZURE.replace('&', '%26').replace('?', '%3F')}",
            "https://shop.example/a?next=…",
        ),
        ("https://ada:pw@shop.example/a", "https://…@shop.example/a"),
        (f"https://shop.example/{KEY}", f"https://shop.example/{mask(KEY)}"),
        (f"theme=dark; session_token={SECRET}; x=y", "theme=dark; session_token=…; x=y"),
        ("https://shop.example/a?empty=&flag&=", "https://shop.example/a?empty=&flag&="),
    ],
)
def test_only_the_values_of_secret_parameters_are_masked(url: str, shown: str) -> None:
    assert mask_parameters(url) == shown
    assert mask_parameters(shown) == shown

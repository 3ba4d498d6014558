"""The values that settings accept: servers, keys, numbers, run IDs, and what is reported about other values."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.http import KEY
from tvtui.settings.api_key import ApiKey
from tvtui.settings.settings import Settings, SettingsError, load
from tvtui.settings.values import NotifyStyle, is_loopback, parse_run_id, parse_server, require_host

OTHER_KEY = "tvb_" + "Zz" * 21 + "9"
SERVER = "https://testvibe.acme.example"

ENOUGH = {
    "TESTVIBE_SERVER": SERVER,
    "TESTVIBE_API_KEY": KEY,
    "TESTVIBE_PROJECT": "01234567-89ab-cdef-0123-456789abcdef",
}


class Place:
    """A user's configuration folder, and an environment with everything that is required."""

    def __init__(self, config: Path) -> None:
        self.config = config

    def load(self, **flags: object) -> Settings:
        return load(flags, ENOUGH, None, self.config)

    def problem(self, **flags: object) -> str:
        with pytest.raises(SettingsError) as caught:
            self.load(**flags)
        (problem,) = caught.value.problems
        assert KEY not in f"{caught.value!r} {caught.value}"
        return problem


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


class TestInterval:
    """A number of seconds within limits."""

    @pytest.mark.parametrize("value", ["0.5", "2", "3600", 0.5, 10])
    def test_is_accepted_in_range(self, place: Place, value: object) -> None:
        assert place.load(interval=value).interval == float(str(value))

    @pytest.mark.parametrize("value", ["0.4", "3601", "-1", "nan", "inf", "x", "", "1e999"])
    def test_is_rejected_out_of_range(self, place: Place, value: str) -> None:
        problem = place.problem(interval=value)
        assert problem.startswith("--interval: must be a number of seconds from 0.5 to 3600")

    @pytest.mark.parametrize("value", ['"2"', "true", "0", "nan", "9" * 400])
    def test_must_be_a_number_in_a_file(self, place: Place, value: str) -> None:
        path = place.config / "config.toml"
        path.write_text(f"interval = {value}", "utf-8")
        problem = place.problem()
        assert problem.startswith(f"{path}, interval: must be a number")
        assert len(problem) < 300


class TestNotify:
    """A way to send notifications, by name."""

    @pytest.mark.parametrize("way", NotifyStyle)
    def test_can_be_set_in_a_file_and_overridden_by_a_flag(self, place: Place, way: NotifyStyle) -> None:
        path = place.config / "config.toml"
        path.write_text(f'notify = "{way}"', "utf-8")
        assert place.load().notify is way
        assert place.load(no_notify=True).notify is NotifyStyle.OFF

    def test_by_default_depends_on_the_terminal(self, place: Place) -> None:
        assert place.load().notify is NotifyStyle.AUTO

    @pytest.mark.parametrize(("value", "hint"), [('"growl"', ""), ("true", ", in quotes"), ("9", ", in quotes")])
    def test_anything_else_is_rejected_with_the_valid_values(self, place: Place, value: str, hint: str) -> None:
        path = place.config / "config.toml"
        path.write_text(f"notify = {value}", "utf-8")
        assert place.problem().startswith(
            f"{path}, notify: must be one of auto, osc9, osc99, osc777, bell, off{hint}, not "
        )


class TestServer:
    """A normalized URL, or an error that shows no secret."""

    @pytest.mark.parametrize(
        ("given", "normal"),
        [
            ("https://testvibe.acme.example/", SERVER),
            ("HTTPS://TestVibe.Acme.Example", SERVER),
            ("https://testvibe.acme.example:443", SERVER),
            ("https://testvibe.acme.example:8443/team/a/", SERVER + ":8443/team/a"),
            ("https://[2001:DB8:0::1]:8443", "https://[2001:db8::1]:8443"),
            ("https://bücher.example", "https://bücher.example"),
            ("http://localhost:80/", "http://localhost"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://127.9.9.9", "http://127.9.9.9"),
            ("http://[::1]:8080/x", "http://[::1]:8080/x"),
            ("https://under_score.example:", "https://under_score.example"),
        ],
    )
    def test_is_normalized(self, given: str, normal: str) -> None:
        assert parse_server(given) == normal
        assert parse_server(normal) == normal

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "testvibe.acme.example",
            "ftp://testvibe.acme.example",
            "https://",
            "https:///path",
            "https://a..b",
            "https://" + "a" * 64 + ".example",
            "https://a b",
            "https://a\x1b[2J.example",
            "https://a\nb",
            "https://host:99999",
            "https://host:0",
            "https://host:port",
            "https://[::1",
            "https://[::1%eth0]",
            "https://[v1.x]",
            "https://h%41.example",
            "https://host\\@evil",
            "https://host/a{b}",
            "https://\ud800.example",
        ],
    )
    def test_anything_else_is_refused(self, place: Place, text: str) -> None:
        problem = place.problem(server=text)
        assert problem.startswith("--server: ")
        assert "https://HOST[:PORT][/PREFIX]" in problem
        assert problem.isprintable()

    def test_removed_control_characters_are_named(self, place: Place) -> None:
        """What is left could be right."""
        problem = place.problem(server="https://evil\x1b[31m.example")
        assert problem.startswith("--server: 'https://evil.example' (contains control characters) is not a server URL.")
        with pytest.raises(ValueError, match=r"^'214' \(contains control characters\) is not a run ID"):
            parse_run_id("\x1b[31m214")

    @pytest.mark.parametrize("text", ["https://me:secret@h", "https://h/?key=secret", "https://h/#secret"])
    def test_possible_secrets_in_it_are_not_shown(self, place: Place, text: str) -> None:
        problem = place.problem(server=text)
        assert "secret" not in problem
        assert "without a user name" in problem

    def test_a_key_in_the_wrong_place_is_masked(self, place: Place) -> None:
        for name in ("server", "project", "interval", "timeout"):
            problem = place.problem(**{name: f"x {KEY}"})
            assert "tvb_AbCd1234…" in problem

    @pytest.mark.parametrize(
        "host", ["testvibe.acme.example", "10.0.0.1", "127.1", "0.0.0.0", "[::]", "localhost.evil"]
    )
    def test_plain_http_is_rejected_except_to_this_machine(self, place: Place, host: str) -> None:
        problem = place.problem(server=f"http://{host}")
        assert "unencrypted" in problem
        assert "--insecure-http" in problem
        settings = place.load(server=f"http://{host}", insecure_http=True)
        assert settings.server == f"http://{host}"
        assert settings.insecure_http

    def test_a_long_value_is_truncated(self, place: Place) -> None:
        problem = place.problem(server="x" * 5000)
        assert len(problem) < 200
        assert "…" in problem

    @given(st.text())
    def test_raises_only_value_error(self, text: str) -> None:
        try:
            server = parse_server(text)
        except ValueError:
            return
        assert server == parse_server(server)

    def test_loopback(self) -> None:
        assert is_loopback("LocalHost")
        assert not is_loopback("127.0.0.1.evil.example")


class TestApiKey:
    """Masked unless it is revealed."""

    def test_is_masked_unless_revealed(self, place: Place) -> None:
        settings = place.load()
        shown = [
            f"{settings}",
            repr(settings),
            f"{settings.api_key}",
            f"{settings.api_key!r}",
            f"{settings.api_key:>60}",
        ]
        shown += [str([settings.api_key]), repr(copy.deepcopy(settings))]
        assert all(KEY[12:] not in text for text in shown)
        assert all("tvb_AbCd1234…" in text for text in shown)
        assert settings.api_key.reveal() == KEY

    def test_equality_and_hash(self) -> None:
        assert ApiKey(KEY) == ApiKey(KEY)
        assert ApiKey(KEY) != ApiKey(OTHER_KEY)
        assert ApiKey(KEY) != KEY
        assert len({ApiKey(KEY), ApiKey(KEY)}) == 1

    @pytest.mark.parametrize(
        ("written", "shown"),
        [
            (KEY, "tvb_AbCd1234…"),
            (f"Bearer {KEY}, {KEY}!", "Bearer tvb_AbCd1234…, tvb_AbCd1234…!"),
            (f"\x1b[1mtvb_\x1b[m{KEY[4:]}", "\x1b[1mtvb_\x1b[mAbCd1234…"),
            (f"trimmed at its end {KEY[:30]}", "trimmed at its end tvb_AbCd1234…"),
            (f"{KEY[30:]} trimmed at its beginning", "… trimmed at its beginning"),
            (f"C:\\{KEY}\\u0041 é", "C:\\tvb_AbCd1234…\\u0041 é"),
            ("tvb_AbCd1234 and other words: EfGh567", "tvb_AbCd1234 and other words: EfGh567"),
        ],
    )
    def test_is_masked_in_json_in_every_notation(self, written: str, shown: str) -> None:
        key = ApiKey(KEY)
        as_usual, in_utf8 = json.dumps([written]), json.dumps([written], ensure_ascii=False)
        in_escapes = "".join(f"\\u{ord(char):04X}" for char in written)
        for body in (as_usual, in_utf8, f'["{in_escapes}"]'):
            assert json.loads(key.masked_in(body.encode())) == [shown]

    def test_json_without_the_key_is_unchanged(self) -> None:
        body = b'{"name": "it\\u0027s 5 \\u003C 6", "path": "C:\\\\u0041"}'
        assert ApiKey(KEY).masked_in(body) == body

    @pytest.mark.parametrize(
        "text", ["", KEY[:-1], KEY + "x", "tvb-" + KEY[4:], KEY[4:], KEY[:-1] + "_", KEY[:-1] + "é"]
    )
    def test_a_malformed_key_is_rejected_without_being_shown(self, text: str) -> None:
        with pytest.raises(ValueError, match=rf"\(47 characters\), got {len(text)}") as caught:
            ApiKey(text)
        assert KEY[4:20] not in str(caught.value)


class TestRunId:
    """A number or a link."""

    @pytest.mark.parametrize(
        "text",
        [
            "214",
            " 214 ",
            "#214",
            "https://testvibe.acme.example/projects/x/runs/214",
            "http://h/runs/214/",
            "0214",
            "https://h/runs/214?tab=tests",
            "https://h/runs/214/?next=/runs/5#/runs/6",
            "https://h/runs/214#/runs/6",
            "https://h/app#/projects/x/runs/214",
            "https://h/#/runs/214?tab=tests",
        ],
    )
    def test_is_recognized(self, text: str) -> None:
        assert parse_run_id(text) == 214

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "#",
            "0",
            "-1",
            "2.5",
            "two",
            "##214",
            "٢١٤",
            "https://h/runs/",
            "https://h/run/214",
            "runs/214",
            "9" * 19,
            "214?tab=tests",
            "https://h/?next=/runs/214",
            "https://h/runs/?/runs/214",
            "https:////runs/214",
            "https://[h/runs/214",
        ],
    )
    def test_anything_else_is_rejected(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"is not a run ID\. Use a number or a link ending in /runs/214\."):
            parse_run_id(text)

    @pytest.mark.parametrize("host", ["bücher.example", "xn--bcher-kva.example", "BÜCHER.example", "bücher.example."])
    def test_the_host_of_a_link_may_be_spelled_as_in_a_browser(self, host: str) -> None:
        require_host(f"https://{host}/runs/214", "https://bücher.example", "--server")
        with pytest.raises(ValueError, match=r"points to .*, but tvtui is configured for bücher\.de"):
            require_host(f"https://{host}/runs/214", "https://bücher.de", "--server")

    def test_hostile_text_is_cleaned_before_it_is_shown(self) -> None:
        with pytest.raises(ValueError, match="not a run ID") as caught:
            parse_run_id("\x1b]0;owned\x07" + KEY)
        assert str(caught.value).isprintable()
        assert KEY not in str(caught.value)

"""An API key belongs to a server: no file of a repository can send it to one that the user has not named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import ENOUGH, KEY, PROJECT, SERVER, Place
from tvtui.settings.settings import SettingsError
from tvtui.settings.values import shown_origin

OTHER_KEY = "tvb_" + "Zz" * 21 + "9"
OTHER = "https://other.example"
ONLY_KEY = {"TESTVIBE_API_KEY": KEY, "TESTVIBE_PROJECT": PROJECT}
NO_KEY = {"TESTVIBE_PROJECT": PROJECT}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


class TestEnvironment:
    """`TESTVIBE_API_KEY`."""

    def test_serves_the_server_in_the_environment_whatever_the_files_say(self, place: Place) -> None:
        place.shared(f'server = "{OTHER}"')
        place.own(f'server = "https://own.example"\napi_key = "{OTHER_KEY}"')
        settings = place.load()
        assert (settings.server, settings.api_key.reveal()) == (SERVER, KEY)

    def test_serves_a_server_that_is_an_option(self, place: Place) -> None:
        place.shared(f'server = "{SERVER}"')
        assert place.load(ONLY_KEY, server=OTHER).api_key.reveal() == KEY
        assert place.load(ENOUGH, server=OTHER).api_key.reveal() == KEY

    def test_serves_the_server_in_the_users_file_wherever_else_that_is_named(self, place: Place) -> None:
        place.own(f'server = "{SERVER}/team"\napi_key = "{OTHER_KEY}"')
        assert place.load(ONLY_KEY).api_key.reveal() == KEY
        place.shared(f'server = "{SERVER}:443/other/"')
        settings = place.load(ONLY_KEY)
        assert (settings.server, settings.api_key.reveal()) == (f"{SERVER}/other", KEY)

    @pytest.mark.parametrize("own", ["", 'server = "https://own.example"', f'[keys]\n"{SERVER}" = "{OTHER_KEY}"'])
    def test_does_not_serve_a_server_that_only_a_repository_names(self, own: str, place: Place) -> None:
        place.own(own)
        path = place.shared(f'server = "{OTHER}/team"')
        with pytest.raises(SettingsError) as caught:
            place.load(ONLY_KEY)
        (problem,) = caught.value.problems
        assert problem == (
            f"The server in {path} is {OTHER}, which you have not trusted with your API key: "
            f"run tvtui trust {OTHER} or set TESTVIBE_SERVER."
        )
        assert caught.value.untrusted == (OTHER, str(path))
        place.trusted = {OTHER}
        settings = place.load(ONLY_KEY)
        assert (settings.server, settings.api_key.reveal()) == (f"{OTHER}/team", KEY)

    @pytest.mark.parametrize(
        "trusted", ["http://other.example", "https://other.example:8443", "https://sub.other.example"]
    )
    def test_trust_is_for_scheme_host_and_port(self, trusted: str, place: Place) -> None:
        place.shared(f'server = "{OTHER}"')
        place.trusted = {trusted}
        with pytest.raises(SettingsError, match="have not trusted"):
            place.load(ONLY_KEY)

    def test_other_problems_come_first(self, place: Place) -> None:
        """The user is only asked about a server with which everything else would work."""
        place.shared(f'server = "{OTHER}"\ninterval = 0')
        with pytest.raises(SettingsError) as caught:
            place.load(ONLY_KEY)
        assert len(caught.value.problems) == 2
        assert caught.value.untrusted is None
        place.shared(f'server = "{OTHER}"')
        assert "not an API key" in place.problems({**ONLY_KEY, "TESTVIBE_API_KEY": KEY[:-1]})[1]

    def test_is_not_preferred_to_the_key_of_the_server_if_the_variables_name_another_one(self, place: Place) -> None:
        place.own(f'[keys]\n"{OTHER}" = "{OTHER_KEY}"')
        assert place.load(ENOUGH, server=OTHER).api_key.reveal() == OTHER_KEY
        assert place.load(ONLY_KEY, server=OTHER).api_key.reveal() == KEY
        assert place.load(ENOUGH).api_key.reveal() == KEY

    def test_a_file_that_cannot_be_read_may_name_the_server(self, place: Place) -> None:
        place.shared(f'server = "{OTHER}"')
        path = place.own("=")
        (problem,) = place.problems(ONLY_KEY)
        assert problem.startswith(f"{path}, line 1")


class TestOwnFile:
    """`api_key` and `[keys]` in `config.toml`."""

    def test_the_key_serves_only_the_server_beside_it(self, place: Place) -> None:
        path = place.own(f'server = "{SERVER}"\napi_key = "{KEY}"')
        assert place.load(NO_KEY).api_key.reveal() == KEY
        shared = place.shared(f'server = "{OTHER}"')
        for flags, named in [({}, f"server in {shared}"), ({"server": OTHER}, "--server")]:
            (problem,) = place.problems(NO_KEY, **flags)
            assert problem == (
                f"No API key is set for {OTHER}, which comes from {named} (api_key in {path} is only for the server in "
                f'that file): export TESTVIBE_API_KEY=tvb_…, or add [keys."{OTHER}"] with api_key = "tvb_…" to {path}.'
            )

    def test_the_key_alone_serves_no_server(self, place: Place) -> None:
        place.own(f'api_key = "{KEY}"')
        (problem,) = place.problems({**NO_KEY, "TESTVIBE_SERVER": SERVER})
        assert problem.startswith(f"No API key is set for {SERVER}, which comes from TESTVIBE_SERVER (api_key in ")

    @pytest.mark.parametrize("written", ['[keys."{}"]\napi_key = "{}"', '[keys]\n"{}" = " {} "'])
    def test_each_server_can_have_its_own_key(self, written: str, place: Place) -> None:
        place.own(
            f'server = "{SERVER}"\napi_key = "{KEY}"\n[keys]\n"app.help" = "f1"\n'
            + written.replace("[keys]\n", "").format("HTTPS://Other.example:443/", OTHER_KEY)
        )
        settings = place.load(NO_KEY)
        assert (settings.server, settings.api_key.reveal()) == (SERVER, KEY)
        place.shared(f'server = "{OTHER}/team"')
        settings = place.load(NO_KEY)
        assert (settings.server, settings.api_key.reveal()) == (f"{OTHER}/team", OTHER_KEY)
        assert settings.keys == {"app.help": "f1"}
        assert settings.key_source == str(place.config / "config.toml")
        assert OTHER_KEY not in repr(settings)

    def test_a_key_that_others_can_read_is_reported(self, place: Place) -> None:
        place.own(f'[keys]\n"{OTHER}" = "{OTHER_KEY}"', 0o644)
        (warning,) = place.load().warnings
        assert "chmod 600" in warning
        assert OTHER_KEY not in warning


def test_a_repository_cannot_bring_a_key_along(place: Place) -> None:
    place.shared(f'server = "{OTHER}"\n[keys]\n"{OTHER}" = "{OTHER_KEY}"')
    problems = place.problems(NO_KEY)
    assert "contains an API key" in problems[0]
    assert problems[1].startswith("No API key is set")


@pytest.mark.parametrize(
    ("origin", "shown"),
    [
        ("https://testvibe.acme.example:8", "https://testvibe.acme.example:8"),
        ("https://testvibe.аcme.ею:8", "https://testvibe.аcme.ею:8 (https://testvibe.xn--cme-5cd.xn--e1a4c:8)"),
    ],
)
def test_letters_that_look_like_others_are_spelled_out(origin: str, shown: str) -> None:
    assert shown_origin(origin) == shown

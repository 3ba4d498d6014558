"""Which runs have a common history."""

from __future__ import annotations

import pytest

from tests.support.builders import a_run
from tests.support.journal import PROJECT, SERVER
from tvtui.journal.suite import Suite, site_key, suite_of
from tvtui.testvibe.models import Run


def suite(run: Run, server: str = SERVER, project: str = PROJECT) -> Suite:
    found = suite_of(run, server, project)
    assert found is not None
    return found


def test_runs_of_a_feature_and_configuration_in_a_project_belong_together() -> None:
    run = suite(a_run())
    assert suite(a_run(run_id=9, status="passed", feature_name="Renamed", site_url="https://other.example")) == run
    assert suite(a_run(), project=PROJECT.upper()) == run
    others = [
        suite(a_run(feature_id=13)),
        suite(a_run(config="Mobile")),
        suite(a_run(config=None)),
        suite(a_run(), project="11234567-89ab-cdef-0123-456789abcdef"),
        suite(a_run(), server="https://other.example"),
    ]
    assert len({each.key for each in (run, *others)}) == 6


def test_without_an_id_the_name_of_the_feature_counts() -> None:
    assert suite(a_run(feature_id=None)) == suite(a_run(feature_id="Login Functionality"))
    assert suite_of(a_run(feature_id=None, feature_name=None), SERVER, PROJECT) is None


def test_the_name_of_its_folder_reveals_nothing() -> None:
    key = suite(a_run()).key
    assert key.isalnum()
    assert "login" not in key.lower()


@pytest.mark.parametrize(
    ("url", "key"),
    [
        (None, ""),
        ("", ""),
        ("https://shop.acme.example", "https://shop.acme.example"),
        ("HTTPS://Shop.ACME.example:443/", "https://shop.acme.example"),
        ("http://shop.acme.example:80/a/?x=1#top", "http://shop.acme.example/a"),
        ("https://ada:pw@shop.acme.example:8443/A", "https://shop.acme.example:8443/A"),
        ("https://[bad", "https://[bad"),
        ("https://shop:x/", "https://shop:x/"),
    ],
)
def test_sites_are_compared_without_what_does_not_matter(url: str | None, key: str) -> None:
    assert site_key(url) == key

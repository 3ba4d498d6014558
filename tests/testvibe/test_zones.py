"""Where links may lead."""

from __future__ import annotations

import pytest

from tvtui.testvibe.zones import Zone, zone_of


@pytest.mark.parametrize(
    ("host", "zone"),
    [
        ("93.184.216.34", Zone.PUBLIC),
        ("2606:4700::1111", Zone.PUBLIC),
        ("64:ff9b::5db8:d822", Zone.PUBLIC),
        ("10.1.2.3", Zone.PRIVATE),
        ("192.168.0.1", Zone.PRIVATE),
        ("100.64.0.1", Zone.PRIVATE),
        ("224.0.0.1", Zone.PRIVATE),
        ("fd00::1", Zone.PRIVATE),
        ("::ffff:10.1.2.3", Zone.PRIVATE),
        ("64:ff9b::a01:203", Zone.PRIVATE),
        ("169.254.169.254", Zone.LINK_LOCAL),
        ("fe80::1%eth0", Zone.LINK_LOCAL),
        ("127.0.0.1", Zone.LOOPBACK),
        ("127.8.9.1", Zone.LOOPBACK),
        ("::1", Zone.LOOPBACK),
        ("::ffff:127.0.0.1", Zone.LOOPBACK),
        ("0.0.0.0", Zone.LOOPBACK),
        ("::", Zone.LOOPBACK),
        ("LocalHost", Zone.LOOPBACK),
        ("localhost.", Zone.LOOPBACK),
        ("blob.example", None),
        ("", None),
    ],
)
def test_the_zone_of_a_host(host: str, zone: Zone | None) -> None:
    assert zone_of(host) is zone


@pytest.mark.parametrize(
    ("server", "reached"),
    [
        (Zone.PUBLIC, {Zone.PUBLIC}),
        (Zone.PRIVATE, {Zone.PUBLIC, Zone.PRIVATE}),
        (Zone.LINK_LOCAL, {Zone.PUBLIC, Zone.LINK_LOCAL}),
        (Zone.LOOPBACK, {Zone.PUBLIC, Zone.PRIVATE, Zone.LOOPBACK}),
    ],
)
def test_links_lead_to_the_servers_own_zone_or_outwards(server: Zone, reached: set[Zone]) -> None:
    assert {zone for zone in Zone if server.may_lead_to(zone)} == reached

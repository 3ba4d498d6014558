"""Zones of the network, by address: what a link from a server may lead to."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from enum import Enum
from typing import Any

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Zone(Enum):
    """Where an address is, in words for a sentence."""

    PUBLIC = "a public address"
    PRIVATE = "a private address"
    LINK_LOCAL = "a link-local address"
    """Also where clouds keep the credentials of a machine: 169.254.169.254."""
    LOOPBACK = "this machine"

    def may_lead_to(self, other: Zone) -> bool:
        """Whether a link from a server here may lead there: to the same zone, or outwards.

        A server can make its clients send requests with its links, and must not reach through them what it cannot
        reach itself.
        """
        return other in {Zone.PUBLIC, self} or (self is Zone.LOOPBACK and other is Zone.PRIVATE)


def zone_of(host: str) -> Zone | None:
    """The zone of an IP address or of `localhost`; None if `host` is another name."""
    if host.lower().rstrip(".") == "localhost":
        return Zone.LOOPBACK
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        embedded = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF) if address in _NAT64 else address.ipv4_mapped
        address = embedded or address
    # connecting to 0.0.0.0 reaches this machine
    if address.is_loopback or address.is_unspecified:
        return Zone.LOOPBACK
    if address.is_link_local:
        return Zone.LINK_LOCAL
    return Zone.PUBLIC if address.is_global and not address.is_multicast else Zone.PRIVATE


def zone_of_connection(event: str, info: Mapping[str, Any]) -> Zone | None:
    """The zone of the peer, if an event of the transport (httpcore's trace extension) is that it has just connected."""
    if event != "connection.connect_tcp.complete":
        return None
    peer = info["return_value"].get_extra_info("server_addr")
    return zone_of(str(peer[0])) if peer else None

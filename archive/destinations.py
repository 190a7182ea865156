"""Where the service may send webhooks to: it must not be made to talk to machines that only it can reach.

Source: OWASP, "Server-Side Request Forgery Prevention"; docs/webhooks.md.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from archive.errors import InvalidInput

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Iterable[str]]
MAX_URL_CHARACTERS = 500
_TRANSLATED = ip_network("64:ff9b::/96")  # NAT64: an IPv4 address in the last 32 bits


class DestinationRefused(Exception):
    """A name that leads where the service may not send; caught where it was asked."""


def resolve(host: str, port: int) -> Iterable[str]:
    """Raises OSError for a name that is not known."""
    return {str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}


@dataclass(frozen=True, slots=True)
class Destinations:
    """hosts: names, *.names, addresses and networks of ARCHIVE_WEBHOOK_HOSTS; none: any host with public addresses."""

    hosts: tuple[str, ...] = ()
    resolve: Resolve = resolve

    def check(self, url: str) -> SplitResult:
        """What can be said of an address without asking for its name. Raises InvalidInput."""
        parts = _split(url)
        host = str(parts.hostname)
        literal = _address(host)
        loopback = host == "localhost" or (literal is not None and literal.is_loopback)
        if parts.scheme != "https" and not loopback:
            raise InvalidInput("webhook.url_not_https", field="url")
        if literal is not None and not self._open(literal, named=False):
            raise InvalidInput("webhook.host_not_allowed", field="url", host=host)
        if literal is None and self.hosts and not self._named(host) and not self._networks():
            raise InvalidInput("webhook.host_not_allowed", field="url", host=host)
        return parts

    def address(self, host: str, port: int) -> str:
        """The address to connect to. Every address of the name must be allowed: which one answers is not ours to say.

        Raises DestinationRefused, or OSError for a name that is not known.
        """
        found = sorted(self.resolve(host, port))
        named = self._named(host)
        addresses = [ip_address(each.partition("%")[0]) for each in found]
        if not addresses or not all(self._open(each, named=named) for each in addresses):
            raise DestinationRefused(host)
        return str(addresses[0])

    def _open(self, address: Address, *, named: bool) -> bool:
        """named: its name is on the list."""
        inner = _carried(address)
        if inner.is_link_local or inner.is_multicast or inner.is_unspecified or inner.is_reserved:
            return False
        listed = named or any(inner in network for network in self._networks() if network.version == inner.version)
        return listed or (not self.hosts and inner.is_global)

    def _named(self, host: str) -> bool:
        lowered = host.lower().rstrip(".")
        return any(
            lowered.endswith(listed[1:]) if listed.startswith("*.") else lowered == listed for listed in self.hosts
        )

    def _networks(self) -> list[Network]:
        return [network for listed in self.hosts if (network := _network(listed)) is not None]


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        whole = parts.scheme in {"https", "http"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    printable = url.isascii() and url.isprintable() and not set(' "<>\\^`{|}') & set(url)
    if not whole or not printable or len(url) > MAX_URL_CHARACTERS or parts.fragment or "@" in parts.netloc:
        raise InvalidInput("webhook.url_unreadable", field="url", maximum=MAX_URL_CHARACTERS)
    return parts


def _address(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _network(listed: str) -> Network | None:
    try:
        return ip_network(listed, strict=False)
    except ValueError:
        return None


def _carried(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that only leads there."""
    if isinstance(address, IPv6Address):
        if address in _TRANSLATED:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address

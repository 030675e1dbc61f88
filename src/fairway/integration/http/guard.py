"""Where integrations may connect to (contract section 15.6).

Addresses in mappings' data and in events come from strangers, so nothing in the network around is reached, except what
the operator named: hosts of the integration's own settings, and those of the allow-list.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from yarl import URL

from fairway.kit.errors import InvalidRequest
from fairway.kit.http import DestinationPolicy, DestinationRefused

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_ANY = DestinationPolicy(private_networks=True)
_PUBLIC = DestinationPolicy(private_networks=False)


class OutboundGuard:
    """Args:
    enabled: false: the network around is open for every host. Metadata services never are.
    allowed: names of hosts, ``*.name`` for everything below, addresses and CIDR networks, ``unix:///path`` for sockets.
    """

    def __init__(self, *, enabled: bool = True, allowed: Iterable[str] = ()) -> None:
        self.enabled = enabled
        self._hosts: set[str] = set()
        self._suffixes: list[str] = []
        self._networks: list[Network] = []
        self._sockets: set[str] = set()
        for entry in allowed:
            if entry.strip().startswith("unix://"):
                self._sockets.add(entry.strip().removeprefix("unix://"))
            else:
                self._allow(entry.strip().lower())

    def _allow(self, entry: str) -> None:
        if not entry:
            return
        if "/" in entry or entry.replace(".", "").isdigit() or ":" in entry:
            try:
                self._networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                raise InvalidRequest(f'"{entry}" is neither a host nor a network such as 10.0.0.0/8') from None
        elif entry.startswith("*."):
            self._suffixes.append(entry[1:])
        else:
            self._hosts.add(entry.rstrip("."))

    def trusts(self, url: URL) -> bool:
        """Whether the host may be in the network around because the operator named it."""
        host = (url.host or "").lower().rstrip(".")
        return not self.enabled or host in self._hosts or any(host.endswith(suffix) for suffix in self._suffixes)

    def refusal(self, host: str) -> str | None:
        """Why a numeric address is refused, none when it is allowed; for hosts that nobody named."""
        never = _ANY.refusal(host)
        if never is not None or not self.enabled or _PUBLIC.refusal(host) is None:
            return never
        address = ipaddress.ip_address(host.partition("%")[0])
        plain = getattr(address, "ipv4_mapped", None) or address
        if any(plain in network for network in self._networks if network.version == plain.version):
            return None
        return "private networks are closed; the outbound allow-list opens them by host or network"

    def require_socket(self, path: str) -> None:
        """Unix sockets are of this machine, so they are as closed as private networks.

        Raises:
            DestinationRefused: nobody named it.
        """
        if self.enabled and path not in self._sockets:
            raise DestinationRefused(f'"unix://{path}" may not be reached from here: sockets of the machine are closed')

    def require_behind_proxy(self, url: URL) -> None:
        """A proxy resolves names itself, so only addresses and the proxy's own host can be told here.

        Raises:
            DestinationRefused: the host of ``url`` is a refused address.
        """
        host = url.host or ""
        if self.trusts(url):
            return
        try:
            ipaddress.ip_address(host)
        except ValueError:
            reason = "it is the proxy's own host" if host == "localhost" or host.endswith(".localhost") else None
        else:
            reason = self.refusal(host)
        if reason is not None:
            raise DestinationRefused(f'"{host}" may not be reached from here: {reason}')


class TrustedHosts:
    """The address policy of hosts that the operator named: everything but metadata services."""

    def refusal(self, host: str) -> str | None:
        """As of :meth:`OutboundGuard.refusal`."""
        return _ANY.refusal(host)

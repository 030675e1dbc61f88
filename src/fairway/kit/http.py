"""Outgoing HTTP: one pooled client with time-outs, bounded answers, bounded retries and a policy on destinations.

URLs come from users (webhooks, change-log destinations), so the client must not become a way into the network the
portal stands in. The policy is applied to the address that a socket is about to connect to: whatever a name resolved
to before, and whatever it resolves to the next time, that is the address which counts.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
from yarl import URL

from fairway.kit.errors import InvalidRequest, Unavailable

_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "169.254.169.254",  # AWS, Azure, Google and most others; link-local anyway
        "fd00:ec2::254",  # AWS over IPv6
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure host agent
        "192.0.0.192",  # Oracle
    )
)
_SHARED = ipaddress.ip_network("100.64.0.0/10")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
REFUSED_BY_POLICY = "destination refused by policy"
_REDIRECTS = (301, 302, 303, 307, 308)
_METHOD_KEPT = (307, 308)
_MOST_REDIRECTS = 5
_RETRIED = (408, 425, 429, 500, 502, 503, 504)
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0
_CHUNK = 65_536

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class DestinationRefused(InvalidRequest):
    """The URL leads to where the portal must not go."""

    code = "destination_refused"


class RemoteUnavailable(Unavailable):
    """The other side did not answer: no connection, or no answer in time."""

    code = "remote_unavailable"


class AnswerTimedOut(RemoteUnavailable):
    """The connection stood, and the answer did not come in time: the other side may have acted."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool = False
    """The body was longer than asked for and is cut."""

    @property
    def ok(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300


class DestinationPolicy:
    """Which addresses may be connected to."""

    def __init__(self, *, private_networks: bool) -> None:
        self._private_networks = private_networks

    def refusal(self, host: str) -> str | None:
        """Why a numeric address is refused, none when it is allowed."""
        address = _embedded(ipaddress.ip_address(host.partition("%")[0]))
        if address in _METADATA or address.is_link_local:
            return "link-local and metadata addresses are never allowed"
        reserved = address.is_reserved and (address.version == 4 or not address.is_private)
        if address.is_multicast or address.is_unspecified or reserved:
            return "it is not the address of a host"
        local = address.is_private or address.is_loopback or (address.version == 4 and address in _SHARED)
        if local and not self._private_networks:
            return "private networks are turned off; FAIRWAY_OUTGOING_PRIVATE_NETWORKS=true allows them"
        return None


def _embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


class HttpClient:
    """Sends requests to anyone. Safe to share; open until :meth:`aclose`."""

    def __init__(self, policy: DestinationPolicy, *, pool: int = 64, user_agent: str = "fairway") -> None:
        self._policy = policy
        self._pool = pool
        self._user_agent = user_agent
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout_seconds: float = 30,
        attempts: int = 1,
        max_answer_bytes: int = 1_048_576,
    ) -> Answer:
        """One request. With more than one of ``attempts`` it is sent again, after a pause with jitter, when the other
        side cannot be reached or says that it is overloaded; ask for it only where twice does no harm. Redirects are
        followed within the origin only, because signatures and secrets are meant for that one.

        Raises:
            DestinationRefused: the URL is none, or leads where the policy forbids.
            RemoteUnavailable: no answer, after all attempts.
        """
        target = parse_url(url)
        for attempt in range(1, attempts + 1):
            try:
                answer = await self._follow(method, target, headers or {}, body, timeout_seconds, max_answer_bytes)
            except RemoteUnavailable:
                if attempt == attempts:
                    raise
                await asyncio.sleep(_pause(attempt, None))
                continue
            if answer.status not in _RETRIED or attempt == attempts:
                return answer
            await asyncio.sleep(_pause(attempt, answer.headers.get("retry-after")))
        raise AssertionError("unreachable")

    async def aclose(self) -> None:
        """Closes every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _follow(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None, seconds: float, most: int
    ) -> Answer:
        for _ in range(_MOST_REDIRECTS + 1):
            answer = await self._once(method, url, headers, body, seconds, most)
            location = answer.headers.get("location")
            follow = _REDIRECTS if method in ("GET", "HEAD") else _METHOD_KEPT
            if answer.status not in follow or location is None:
                return answer
            target = url.join(parse_url(location, base=url))
            if target.origin() != url.origin():
                raise DestinationRefused(f'"{url.origin()}" redirects to another origin, "{target.origin()}"')
            url = target
        raise DestinationRefused(f'"{url.origin()}" redirects more than {_MOST_REDIRECTS} times')

    async def _once(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None, seconds: float, most: int
    ) -> Answer:
        session = self._open()
        limits = aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, 10))
        sent = {"user-agent": self._user_agent, **{name.lower(): value for name, value in headers.items()}}
        try:
            async with session.request(
                method, url, headers=sent, data=body, timeout=limits, allow_redirects=False
            ) as response:
                content, truncated = await read_bounded(response, most)
                found = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, found, content, truncated)
        except aiohttp.ClientConnectorError as error:
            if REFUSED_BY_POLICY in str(error.os_error):
                raise DestinationRefused(f'"{url.host}" may not be reached from here: {error.os_error}') from None
            raise RemoteUnavailable(f'"{url.origin()}" cannot be reached: {error.os_error}') from None
        except aiohttp.ConnectionTimeoutError:
            raise RemoteUnavailable(f'"{url.origin()}" cannot be reached: no connection in time') from None
        except TimeoutError:
            raise AnswerTimedOut(f'"{url.origin()}" did not answer within {seconds:g} s') from None
        except aiohttp.ClientError as error:
            raise RemoteUnavailable(f'"{url.origin()}" broke off: {error}') from None
        except ValueError as error:
            raise InvalidRequest(f'The request to "{url.origin()}" cannot be sent: {error}') from None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = guarded_connector(self._policy, limit=self._pool)
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            )
        return self._session


class AddressPolicy(Protocol):
    """Decides about addresses."""

    def refusal(self, host: str) -> str | None:
        """Why a numeric address is refused, none when it is allowed."""
        ...


def require_allowed(policy: AddressPolicy, address: str) -> None:
    """Raises:
    OSError: ``policy`` refuses the numeric address; :data:`REFUSED_BY_POLICY` is in its text.
    """
    refusal = policy.refusal(address)
    if refusal is not None:
        raise OSError(f"{REFUSED_BY_POLICY}: {address}: {refusal}")


def guarded_connector(policy: AddressPolicy, *, limit: int, tls: ssl.SSLContext | bool = True) -> aiohttp.TCPConnector:
    """A pool of connections that asks ``policy`` about each address that is about to be connected to; a refusal is that
    of :func:`require_allowed`."""

    def guarded(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, peer = info
        require_allowed(policy, peer[0])
        return socket.socket(family, kind, protocol)

    return aiohttp.TCPConnector(limit=limit, socket_factory=guarded, ssl=tls)


def parse_url(text: str, base: URL | None = None) -> URL:
    """``text`` as a URL; relative ones are fine with a ``base``, which is not joined.

    Raises:
        DestinationRefused: it is no http or https URL.
    """
    try:
        url = URL(text)
        whole = base.join(url) if base is not None else url
        port = whole.port
    except ValueError as error:
        raise DestinationRefused(f'"{text[:200]}" is not a URL: {error}') from None
    if whole.scheme not in ("http", "https") or not whole.host or not port:
        raise DestinationRefused(f'"{text[:200]}" is not an http or https URL')
    return url


async def read_bounded(response: aiohttp.ClientResponse, most: int) -> tuple[bytes, bool]:
    """At most ``most`` bytes of an answer, and whether there were more."""
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_chunked(_CHUNK):
        parts.append(part)
        size += len(part)
        if size > most:
            response.close()
            return b"".join(parts)[:most], True
    return b"".join(parts), False


def _pause(attempt: int, retry_after: str | None) -> float:
    """Exponential with jitter; what the other side asks for counts when it is short."""
    pause = _FIRST_PAUSE * 2.0 ** (attempt - 1)
    if retry_after is not None and retry_after.isascii() and retry_after.isdigit():
        pause = max(pause, float(retry_after))
    return min(pause, _LONGEST_PAUSE) * random.uniform(0.5, 1.0)  # noqa: S311 jitter

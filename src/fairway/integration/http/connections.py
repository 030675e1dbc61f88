"""Pooled connections to third parties: pools for hosts the operator named, for strangers and for proxies."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.client_exceptions import UnixClientConnectorError
from yarl import URL

from fairway.integration.http.answer import HttpAnswer
from fairway.integration.http.errors import ThirdPartyBroken
from fairway.integration.http.guard import OutboundGuard, TrustedHosts
from fairway.integration.http.settings import HttpFigures, HttpSettings
from fairway.integration.http.urls import shown
from fairway.integration.http.way import DIRECT, ClientTls, Way
from fairway.kit.http import REFUSED_BY_POLICY, DestinationRefused, guarded_connector, read_bounded
from fairway.kit.proxy import proxy_for
from fairway.kit.tls import trust

_MOST_OF_ERRORS = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer; ``sent`` is whether the server may have acted."""

    reason: str
    sent: bool
    hopeless: bool = False
    """It would fail the same way again."""


class Connections:
    """Open until :meth:`aclose`."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self.figures = HttpFigures()
        self._tls = trust(settings.ca_file, verify=settings.verify, strict=settings.strict)
        self._contexts: dict[ClientTls, ssl.SSLContext] = {}
        self._sessions: dict[tuple[str, Way], aiohttp.ClientSession] = {}
        self._timeout = aiohttp.ClientTimeout(total=settings.timeout_seconds, sock_connect=settings.connect_seconds)

    async def exchange(
        self,
        method: str,
        url: URL,
        headers: Mapping[str, str],
        content: bytes | None,
        max_bytes: int,
        way: Way = DIRECT,
    ) -> HttpAnswer | Failed:
        """One request, without following redirects.

        Raises:
            DestinationRefused: the guard forbids the address.
            ThirdPartyBroken: the answer is longer than ``max_bytes``.
        """
        self.figures.requests += 1
        try:
            async with self._asked(method, url, headers, content, way) as response:
                return await self._answer(method, url, response, max_bytes)
        except (aiohttp.ClientError, OSError) as error:
            return self._failed(url, error)

    @asynccontextmanager
    async def opened(
        self, method: str, url: URL, headers: Mapping[str, str], content: bytes | None, way: Way, silence: float | None
    ) -> AsyncIterator[aiohttp.ClientResponse | Failed]:
        """An answer that may last; ``silence`` is for how many seconds nothing may come.

        Raises:
            DestinationRefused: the guard forbids the address.
        """
        self.figures.requests += 1
        connect = self._settings.connect_seconds
        lasting = aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=silence)
        asked = self._asked(method, url, headers, content, way, lasting)
        try:
            response = await asked.__aenter__()
        except (aiohttp.ClientError, OSError) as error:
            yield self._failed(url, error)
            return
        try:
            yield response
        finally:
            response.close()  # what has not come yet is not waited for

    async def whole(self, method: str, url: URL, response: aiohttp.ClientResponse) -> HttpAnswer | Failed:
        """The answer of :meth:`opened` when it is an error, whose body is short."""
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                return await self._answer(method, url, response, _MOST_OF_ERRORS)
        except (aiohttp.ClientError, OSError) as error:
            return self._failed(url, error)

    def _failed(self, url: URL, error: aiohttp.ClientError | OSError) -> Failed:
        """Raises:
        DestinationRefused: that is what it was.
        """
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            return Failed(f"its certificate is not trusted: {error.certificate_error}", sent=False, hopeless=True)
        if isinstance(error, aiohttp.ClientConnectorError):
            if REFUSED_BY_POLICY in str(error.os_error):
                raise DestinationRefused(f'"{url.host}" may not be reached from here: {error.os_error}') from None
            if isinstance(error, UnixClientConnectorError):
                return Failed(f'"unix://{error.path}" cannot be reached: {error.os_error}', sent=False)
            return Failed(f"it cannot be reached: {error.os_error}", sent=False)
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return Failed("it cannot be reached: no connection in time", sent=False)
        if isinstance(error, TimeoutError):
            return Failed(f"no answer within {self._settings.timeout_seconds:g} s", sent=True)
        return Failed(f"the connection broke off: {type(error).__name__}", sent=True)

    async def aclose(self) -> None:
        """Closes every connection."""
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            await session.close()

    def _asked(
        self,
        method: str,
        url: URL,
        headers: Mapping[str, str],
        content: bytes | None,
        way: Way,
        timeout: aiohttp.ClientTimeout | None = None,
    ) -> Any:
        proxy = None if way.socket else proxy_for(str(url), self._settings.environment)
        more: dict[str, Any] = {"timeout": timeout} if timeout is not None else {}
        if way.tls is not None and way.tls.server_name is not None:
            more["server_hostname"] = way.tls.server_name
        return self._session(url, proxy, way).request(
            method, url, headers=headers, data=content, allow_redirects=False, proxy=proxy, **more
        )

    async def _answer(self, method: str, url: URL, response: aiohttp.ClientResponse, max_bytes: int) -> HttpAnswer:
        body, truncated = await read_bounded(response, max_bytes)
        self.figures.bytes_read += len(body)
        if truncated:
            text = f'{method} "{shown(url)}" answered with more than {max_bytes} bytes'
            raise ThirdPartyBroken(text, url=shown(url), answered=response.status)
        return HttpAnswer(method, url, response.status, response.headers, body)

    def _session(self, url: URL, proxy: str | None, way: Way) -> aiohttp.ClientSession:
        guard = self._settings.guard
        if way.socket is not None:
            guard.require_socket(way.socket)
            return self._open("socket", None, way)
        if proxy is not None:
            guard.require_behind_proxy(url)
            return self._open("proxy", None, way)
        if guard.trusts(url):
            return self._open("named", TrustedHosts(), way)
        return self._open("stranger", guard, way)

    def _open(self, name: str, policy: OutboundGuard | TrustedHosts | None, way: Way) -> aiohttp.ClientSession:
        if (name, way) not in self._sessions:
            self._sessions[name, way] = aiohttp.ClientSession(
                connector=self._connector(policy, way),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                headers={"user-agent": self._settings.user_agent, "accept": "application/json"},
                trust_env=False,
            )
        return self._sessions[name, way]

    def _connector(self, policy: OutboundGuard | TrustedHosts | None, way: Way) -> aiohttp.BaseConnector:
        if way.socket is not None:
            return aiohttp.UnixConnector(way.socket, limit=self._settings.pool)
        tls = self._tls if way.tls is None else self._context(way.tls)
        if policy is None:
            return aiohttp.TCPConnector(limit=self._settings.pool, ssl=tls)
        return guarded_connector(policy, limit=self._settings.pool, tls=tls)

    def _context(self, tls: ClientTls) -> ssl.SSLContext:
        if tls not in self._contexts:
            self._contexts[tls] = tls.context()
        return self._contexts[tls]

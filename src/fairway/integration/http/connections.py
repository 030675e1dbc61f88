"""Pooled connections to third parties: pools for hosts the operator named, for strangers and for proxies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from yarl import URL

from fairway.integration.http.answer import HttpAnswer
from fairway.integration.http.errors import ThirdPartyBroken
from fairway.integration.http.guard import OutboundGuard, TrustedHosts
from fairway.integration.http.settings import HttpFigures, HttpSettings
from fairway.integration.http.urls import shown
from fairway.kit.http import REFUSED_BY_POLICY, DestinationRefused, guarded_connector, read_bounded
from fairway.kit.proxy import proxy_for
from fairway.kit.tls import trust


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
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._timeout = aiohttp.ClientTimeout(total=settings.timeout_seconds, sock_connect=settings.connect_seconds)

    async def exchange(
        self, method: str, url: URL, headers: Mapping[str, str], content: bytes | None, max_bytes: int
    ) -> HttpAnswer | Failed:
        """One request, without following redirects.

        Raises:
            DestinationRefused: the guard forbids the address.
            ThirdPartyBroken: the answer is longer than ``max_bytes``.
        """
        self.figures.requests += 1
        try:
            return await self._exchange(method, url, headers, content, max_bytes)
        except aiohttp.ClientConnectorCertificateError as error:
            return Failed(f"its certificate is not trusted: {error.certificate_error}", sent=False, hopeless=True)
        except aiohttp.ClientConnectorError as error:
            if REFUSED_BY_POLICY in str(error.os_error):
                raise DestinationRefused(f'"{url.host}" may not be reached from here: {error.os_error}') from None
            return Failed(f"it cannot be reached: {error.os_error}", sent=False)
        except aiohttp.ConnectionTimeoutError:
            return Failed("it cannot be reached: no connection in time", sent=False)
        except TimeoutError:
            return Failed(f"no answer within {self._settings.timeout_seconds:g} s", sent=True)
        except (aiohttp.ClientError, OSError) as error:
            return Failed(f"the connection broke off: {type(error).__name__}", sent=True)

    async def aclose(self) -> None:
        """Closes every connection."""
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            await session.close()

    async def _exchange(
        self, method: str, url: URL, headers: Mapping[str, str], content: bytes | None, max_bytes: int
    ) -> HttpAnswer:
        proxy = proxy_for(str(url), self._settings.environment)
        async with self._session(url, proxy).request(
            method, url, headers=headers, data=content, allow_redirects=False, proxy=proxy
        ) as response:
            body, truncated = await read_bounded(response, max_bytes)
            self.figures.bytes_read += len(body)
            if truncated:
                text = f'{method} "{shown(url)}" answered with more than {max_bytes} bytes'
                raise ThirdPartyBroken(text, url=shown(url), answered=response.status)
            return HttpAnswer(method, url, response.status, response.headers, body)

    def _session(self, url: URL, proxy: str | None) -> aiohttp.ClientSession:
        if proxy is not None:
            self._settings.guard.require_behind_proxy(url)
            return self._open("proxy", None)
        guard = self._settings.guard
        return self._open("named", TrustedHosts()) if guard.trusts(url) else self._open("stranger", guard)

    def _open(self, name: str, policy: OutboundGuard | TrustedHosts | None) -> aiohttp.ClientSession:
        if name not in self._sessions:
            self._sessions[name] = aiohttp.ClientSession(
                connector=self._connector(policy),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                headers={"user-agent": self._settings.user_agent, "accept": "application/json"},
                trust_env=False,
            )
        return self._sessions[name]

    def _connector(self, policy: OutboundGuard | TrustedHosts | None) -> aiohttp.TCPConnector:
        if policy is None:
            return aiohttp.TCPConnector(limit=self._settings.pool, ssl=self._tls)
        return guarded_connector(policy, limit=self._settings.pool, tls=self._tls)

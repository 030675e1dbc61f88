"""The client of third parties: pooled and bounded, patient where that helps (contract sections 15.3 to 15.6)."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp
import orjson
from yarl import URL

from fairway.integration.http.answer import HttpAnswer
from fairway.integration.http.call import Call, Content, again, no_stream, too_long, unavailable
from fairway.integration.http.connections import Connections, Failed
from fairway.integration.http.errors import (
    ThirdPartyBroken,
)
from fairway.integration.http.limits import Limiter, Limiters
from fairway.integration.http.paging import Paging, links, walk
from fairway.integration.http.settings import HttpFigures, HttpSettings
from fairway.integration.http.streams import Lines
from fairway.integration.http.tokens import TokenSource
from fairway.integration.http.urls import Params, joined, shown
from fairway.integration.http.way import DIRECT, ClientTls, Way, address_of
from fairway.integration.model import RawItem
from fairway.kit.hints import asked_pause
from fairway.kit.http import parse_url
from fairway.kit.pacing import Lane

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_METHOD_KEPT = frozenset({307, 308})
_MOST_REDIRECTS = 5


class ThirdPartyHttp:
    """Safe to share; open until :meth:`aclose`. :meth:`view` gives clients of one address and credential, which share
    connections and limits with this one.

    Args:
        base_url: put in front of paths. Credentials and headers of the client go to its origin only.
            ``unix:///path`` is a unix socket.
        headers: of every request.
        token: a credential that changes; on a 401 it is renewed, and the request sent once more.
        tls: certificates for the origin of ``base_url``.
    """

    def __init__(
        self,
        settings: HttpSettings | None = None,
        *,
        base_url: str | None = None,
        headers: Mapping[str, str] | None = None,
        token: TokenSource | None = None,
        tls: ClientTls | None = None,
    ) -> None:
        self.settings = settings or HttpSettings()
        self._connections = Connections(self.settings)
        self._limiters = Limiters(self.settings, self._connections.figures)
        self._base: URL | None = None
        socket: str | None = None
        if base_url:
            self._base, socket = address_of(base_url)
        self._way = Way(socket, tls)
        self._headers = _lowered(headers)
        self._token = token
        self._lane: Lane = "pass"
        self._per_minute: float | None = None
        self._credential = _fingerprint(self._headers, token, self._way)

    def view(
        self,
        base_url: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        token: TokenSource | None = None,
        lane: Lane | None = None,
        tls: ClientTls | None = None,
        per_minute: float | None = None,
    ) -> Self:
        """This client with another address, more headers, another credential or its own certificates. ``lane`` "event"
        goes first, and uses the part of rate limits that resyncs leave. ``per_minute`` spaces requests evenly, for
        servers that do not tell their limits; all views of an address and credential share the spaces."""
        other = copy.copy(self)
        if base_url:
            other._base, socket = address_of(base_url)
            other._way = Way(socket, tls)
        elif tls is not None:
            other._way = Way(self._way.socket, tls)
        other._headers = {**({} if base_url else self._headers), **_lowered(headers)}
        other._token = token or (None if base_url and headers else self._token)
        other._lane = lane or self._lane
        other._per_minute = per_minute or (None if base_url else self._per_minute)
        other._credential = _fingerprint(other._headers, other._token, other._way)
        return other

    @property
    def figures(self) -> HttpFigures:
        """Counts, of all views together."""
        return self._connections.figures

    @property
    def limits_left(self) -> Mapping[str, int]:
        """Requests left of rate limits, by origin."""
        return self._limiters.left

    async def send(
        self,
        method: str,
        url: str,
        *,
        params: Params | None = None,
        json: Any = None,
        content: Content | None = None,
        headers: Mapping[str, str] | None = None,
        retryable: bool | None = None,
        max_bytes: int | None = None,
    ) -> HttpAnswer:
        """One request, repeated where that is safe and helps. Answers of all statuses come back, apart from those that
        repeating did not get rid of.

        Args:
            url: a path below the base, or a whole URL.
            json: the body, or else ``content``.
            retryable: whether it may be sent again when it is not known what became of it; None: not for POST, PATCH.

        Raises:
            ThirdPartyUnavailable: no answer, or only overload, after all attempts.
            ThirdPartyBroken: it redirects without end, or the answer is longer than ``max_bytes``.
            DestinationRefused: the guard forbids the address.
            InvalidRequest: ``url`` is none.
        """
        body = Content(orjson.dumps(json), "application/json") if json is not None else content
        given = {**({"content-type": body.type} if body else {}), **_lowered(headers)}
        may = method in self.settings.retries.methods if retryable is None else retryable
        target = joined(self._base, url, params)
        call = Call(method, target, given, body.data if body else None, may, max_bytes or self.settings.max_bytes)
        async with self._limiters.of(str(target.origin()), self._credential) as limiter:
            return await self._repeat(call, limiter)

    async def get_json(
        self, url: str, *, params: Params | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """The document at ``url``.

        Raises:
            ThirdPartyError: as of :meth:`send`, or of the class of a status that is not 2xx, or it is no JSON.
        """
        return (await self.send("GET", url, params=params, headers=headers)).require_ok().json

    async def pages(
        self,
        url: str,
        *,
        params: Params | None = None,
        paging: Paging | None = None,
        items: str | Callable[[Any], Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[list[RawItem]]:
        """The items of a listing, page by page; empty pages are left out.

        Args:
            paging: how the next page is found; None: by ``Link`` headers.
            items: where a page's list is: a path such as ``data.values``, a function, or None for the whole document.
                Null at the path is an empty list, a missing name is an error; for servers that leave out what is empty
                give a function.

        Raises:
            ThirdPartyError: a page failed, is no list of objects, or was there before; or there are too many.
        """

        async def fetch(at: str, more: Params | None) -> HttpAnswer:
            return (await self.send("GET", at, params=more, headers=headers)).require_ok()

        async for page in walk(fetch, url, params, paging or links(), items):
            yield page

    @asynccontextmanager
    async def lines(
        self,
        url: str,
        *,
        method: str = "GET",
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        max_line: int = 4 * 1024 * 1024,
        silence_seconds: float | None = None,
        stopping: asyncio.Event | None = None,
    ) -> AsyncIterator[Lines]:
        """An answer that lasts, line by line: a watch, or a stream of events. It is asked for once; who wants it again
        after its end asks again. It counts for limits while it is opened, not while it lasts.

        Args:
            max_line: bytes of the longest line.
            silence_seconds: for how long nothing may come; None: for ever.
            stopping: ends the lines when it is set.

        Raises:
            ThirdPartyError: it cannot be reached, or of the class of a status that is not 2xx.
            DestinationRefused: the guard forbids the address.
        """
        call = Call(method, joined(self._base, url, params), _lowered(headers), None, False, self.settings.max_bytes)
        for last in (False, True):
            credentials = await self._credentials(call)
            async with self._opened(call, credentials, silence_seconds) as response:
                if not isinstance(response, HttpAnswer):
                    yield Lines(response, call.url, max_line, stopping)
                    return
            if last or response.status != 401 or not await self._renewed(call, credentials):
                raise no_stream(call, response)

    @asynccontextmanager
    async def _opened(
        self, call: Call, credentials: Mapping[str, str], silence: float | None
    ) -> AsyncIterator[aiohttp.ClientResponse | HttpAnswer]:
        """What comes, or the answer when it is an error."""
        headers, connections = {**credentials, **call.headers}, self._connections
        async with self._limiters.of(str(call.url.origin()), self._credential) as limiter:
            asked = connections.opened(call.method, call.url, headers, None, self._way_to(call.url), silence)
            async with limiter.turn(self._lane, self._per_minute):
                response = await asked.__aenter__()
            try:
                if isinstance(response, Failed):
                    raise unavailable(call, response, 1)
                limiter.note(response.headers)
                good = 200 <= response.status < 300
                found = response if good else await connections.whole(call.method, call.url, response)
                if isinstance(found, Failed):
                    raise unavailable(call, found, 1)
                yield found
            finally:
                await asked.__aexit__(None, None, None)

    async def aclose(self) -> None:
        """Closes every connection, of all views."""
        await self._connections.aclose()

    async def _repeat(self, call: Call, limiter: Limiter) -> HttpAnswer:
        renewed = False
        number = 0
        while True:
            credentials = await self._credentials(call)
            async with limiter.turn(self._lane, self._per_minute):
                outcome = await self._follow(call, credentials)
            if isinstance(outcome, HttpAnswer):
                limiter.note(outcome.headers)
                if outcome.status == 401 and not renewed and await self._renewed(call, credentials):
                    renewed = True
                    continue
                if not outcome.limited and outcome.status not in self.settings.retries.statuses:
                    return outcome
            number += 1
            await self._pause(call, outcome, number, limiter)

    def _way_to(self, url: URL) -> Way:
        """Sockets and certificates are for the client's own origin."""
        return self._way if self._base is not None and url.origin() == self._base.origin() else DIRECT

    async def _credentials(self, call: Call) -> Mapping[str, str]:
        if self._base is not None and call.url.origin() != self._base.origin():
            return {}
        found = dict(self._headers)
        if self._token is not None and "authorization" not in call.headers:
            found.update(await self._token.headers())
        return found

    async def _renewed(self, call: Call, credentials: Mapping[str, str]) -> bool:
        if self._token is None or not credentials or "authorization" in call.headers:
            return False
        known = await self._token.headers()
        if not known.items() <= credentials.items():
            return True  # somebody renewed it meanwhile
        return await self._token.renew(known)

    async def _pause(self, call: Call, outcome: HttpAnswer | Failed, number: int, limiter: Limiter) -> None:
        """Waits for the next try.

        Raises:
            ThirdPartyUnavailable: there is none.
        """
        retries = self.settings.retries
        if number >= retries.attempts or not again(call, outcome):
            raise unavailable(call, outcome, number)
        self.figures.retries += 1
        limited = isinstance(outcome, HttpAnswer) and outcome.limited
        silent = limited and isinstance(outcome, HttpAnswer) and "retry-after" not in outcome.headers
        first = retries.first_limited_seconds if silent else retries.first_seconds
        pause = self._asked(call, outcome, limiter) or self._backoff(number, first)
        if limited:
            limiter.hold(pause)
        else:
            await self.settings.sleep(pause)

    def _backoff(self, number: int, first: float) -> float:
        retries = self.settings.retries
        pause = min(retries.longest_seconds, first * 2.0 ** (number - 1))
        return pause * random.uniform(1 - retries.jitter, 1 + retries.jitter)  # noqa: S311 jitter

    def _asked(self, call: Call, outcome: HttpAnswer | Failed, limiter: Limiter) -> float:
        """Seconds that the server wants to be left alone; 0 when it does not say."""
        if isinstance(outcome, Failed):
            return 0.0
        asked = asked_pause(outcome.headers.get("retry-after"), self.settings.clock.now())
        if asked is None:
            asked = limiter.pause()
        if asked > self.settings.retries.longest_asked_seconds:
            raise too_long(call, asked)
        return asked

    async def _follow(self, call: Call, credentials: Mapping[str, str]) -> HttpAnswer | Failed:
        """Redirects to another origin lose the credentials, and are refused when there is a body."""
        url, method, content = call.url, call.method, call.content
        headers, way = {**credentials, **call.headers}, self._way_to(call.url)
        for _ in range(_MOST_REDIRECTS + 1):
            outcome = await self._connections.exchange(method, url, headers, content, call.max_bytes, way)
            if isinstance(outcome, Failed) or outcome.status not in _REDIRECTS:
                return outcome
            location = outcome.headers.get("location")
            if location is None or (method not in ("GET", "HEAD") and outcome.status not in _METHOD_KEPT):
                return outcome
            target = url.join(parse_url(location, base=url))
            if target.origin() != url.origin():
                if content is not None:
                    raise ThirdPartyBroken(f"{call.place} redirects to another origin; the body is not sent there")
                headers, way = {name: headers[name] for name in ("accept",) if name in headers}, DIRECT
            url = target
        raise ThirdPartyBroken(f"{call.place} redirects more than {_MOST_REDIRECTS} times", url=shown(call.url))


def _lowered(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}


def _fingerprint(headers: Mapping[str, str], token: TokenSource | None, way: Way) -> str:
    """Tells credentials apart without giving them away."""
    parts: Sequence[str] = [f"{name}:{headers[name]}" for name in sorted(headers)]
    return hashlib.sha256("\n".join([*parts, str(id(token) if token else 0), str(hash(way))]).encode()).hexdigest()[:16]

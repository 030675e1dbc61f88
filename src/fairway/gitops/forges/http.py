"""The HTTP client of all forges: pooled and bounded, patient where that helps, and quiet where it would do harm.

Section 4.0 of the contract, and section 14 for where requests may go.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import aiohttp
from yarl import URL

from fairway import __version__
from fairway.gitops.forges.answers import HttpAnswer, Judge, Verdict, judge, next_link
from fairway.gitops.forges.base import ForgeFigures
from fairway.gitops.forges.budget import Pace, RateBudget, Sleep
from fairway.gitops.forges.errors import ForgeBroken, ForgeRefused, ForgeUnavailable, ListingIncomplete, NotPermitted
from fairway.gitops.forges.gate import Circuit, Gate, Lane
from fairway.gitops.forges.kept import KeptAnswers, Key
from fairway.gitops.forges.requests import EVENT, PASS, RAW, Addresses, Content, How, Params
from fairway.kit.clock import Clock, SystemClock
from fairway.kit.errors import FairwayError
from fairway.kit.hints import asked_pause
from fairway.kit.http import REFUSED_BY_POLICY, AddressPolicy, DestinationRefused, guarded_connector, read_bounded
from fairway.kit.proxy import proxy_for
from fairway.kit.tls import trust

__all__ = ["EVENT", "PASS", "RAW", "Content", "ForgeHttp", "How", "HttpAnswer", "HttpOptions", "Lane", "Params"]

_RETRIED = frozenset({408, 500, 502, 503, 504})
_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "PATCH", "DELETE"})
_RETRIES = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0
_LONGEST_ASKED = 2 * 3600.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_METHOD_KEPT = frozenset({307, 308})
_MOST_REDIRECTS = 5
_MOST_PAGES = 10_000

Authorization = Callable[[], Awaitable[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """What clients of all forges have in common."""

    clock: Clock = field(default_factory=SystemClock)
    sleep: Sleep = asyncio.sleep
    concurrency: int = 16
    connect_seconds: float = 5.0
    total_seconds: float = 30.0
    ca_file: Path | None = None
    """Certificate authorities to trust beside those of the system."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Where ``HTTPS_PROXY`` and its kin are looked up."""
    user_agent: str = f"fairway/{__version__} (+gitops)"
    budget: RateBudget | None = None
    """Shared with other clients of the same credential."""
    policy: AddressPolicy | None = None
    """Which addresses may be connected to; None: all. Behind a proxy that is the proxy's business."""


class ForgeHttp:
    """Requests to one forge with one credential. Safe to share; open until :meth:`aclose`.

    Args:
        base_url: everything in front of the paths that calls are made with.
        authorization: headers of the credential of now.
        figures: where use is counted.
        judge: what answers of this forge mean, where the usual reading is not enough.
        pace: for forges that limit without saying so.
        renew: called on a refusal; true when other credentials can be had, and the request is sent once more.
    """

    def __init__(
        self,
        base_url: str,
        *,
        authorization: Authorization,
        figures: ForgeFigures,
        options: HttpOptions | None = None,
        judge: Judge = judge,
        pace: Pace | None = None,
        renew: Callable[[], bool] | None = None,
    ) -> None:
        self.options = options or HttpOptions()
        self.addresses = Addresses(base_url)
        self.figures = figures
        self.budget = self.options.budget or RateBudget(self.options.clock, self.options.sleep)
        self.gate = Gate(max(1, self.options.concurrency))
        self.circuit = Circuit(str(self.addresses.origin))
        self.pace = pace
        if pace is not None:
            self.gate.capacity = pace.parallel(self.options.concurrency)
        self._authorization = authorization
        self._judge = judge
        self._renew = renew
        self._session: aiohttp.ClientSession | None = None
        self._proxy = proxy_for(base_url, self.options.environment)
        self._timeout = aiohttp.ClientTimeout(
            total=self.options.total_seconds, sock_connect=self.options.connect_seconds
        )
        self._kept = KeptAnswers()

    async def get(self, path: str, *, params: Params | None = None, how: How = EVENT) -> HttpAnswer:
        """``GET``; errors as of :meth:`send`."""
        return await self.send("GET", path, params=params, how=how)

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        content: Content | None = None,
        how: How = EVENT,
    ) -> HttpAnswer:
        """One request, repeated where that is safe and helps. Answers of all statuses come back, except those below.

        ``path`` is below the base and quoted already (``requests.segment``), or a URL from a payload.

        Raises:
            ForgeUnavailable: no answer, or only 408, 429 and 5xx, after all attempts.
            ForgeRefused: 401, or 403 that is no rate limit; :class:`CircuitOpen` once nobody is asked any more;
                :class:`NotPermitted` where the forge says that the login is good.
            ForgeBroken: it redirects to another origin, or ``path`` is a URL of one.
            DestinationRefused: the policy forbids the address.
        """
        return await self._repeat(
            _Attempt(method, self.addresses.of(path, params), content, how, self.options.clock.now())
        )

    async def pages(
        self, path: str, *, params: Params | None = None, how: How = PASS, ends: frozenset[int] = frozenset()
    ) -> AsyncIterator[HttpAnswer]:
        """Answers of a listing that links its pages with ``Link: rel="next"``. Statuses of ``ends`` are handed over and
        end it.

        Raises:
            ListingIncomplete: a page failed or repeated, or there are too many.
        """
        seen: set[str] = set()
        at: str | None = str(self.addresses.of(path, params))
        while at is not None:
            if at in seen or len(seen) >= _MOST_PAGES:
                raise ListingIncomplete(f'The listing "{path}" does not end: page {len(seen) + 1} was there before')
            seen.add(at)
            answer = await self.page(at, how=how)
            if answer.status in ends:
                yield answer
                return
            if not answer.ok:
                raise ListingIncomplete(f'Page {len(seen)} of the listing "{path}" answered {answer.status}')
            yield answer
            at = next_link(answer)

    async def page(self, path: str, *, params: Params | None = None, how: How = PASS) -> HttpAnswer:
        """``GET`` of a page of a listing.

        Raises:
            ListingIncomplete: there was no answer.
            ForgeRefused: as of :meth:`send`.
        """
        try:
            return await self.get(path, params=params, how=how)
        except (ForgeUnavailable, ForgeBroken) as error:
            raise ListingIncomplete(f"A page of the listing could not be read: {error.message}") from error

    async def aclose(self) -> None:
        """Closes every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _repeat(self, attempt: _Attempt) -> HttpAnswer:
        renewed = False
        number = 0
        while True:
            outcome = await self._one(attempt)
            if isinstance(outcome, HttpAnswer):
                verdict = self._verdict(outcome, attempt.how)
                if verdict in (Verdict.REFUSED, Verdict.NOT_PERMITTED):
                    if verdict is Verdict.REFUSED and not renewed and self._renewed(attempt):
                        renewed = True
                        continue
                    self.circuit.note(verdict, outcome.status)
                    raise _refusal(outcome, verdict)
                self.circuit.note(verdict, outcome.status)
                if verdict is Verdict.FINE and outcome.status not in _RETRIED:
                    return outcome
            number += 1
            pause = self._next_pause(outcome, attempt, number)
            if pause is None:
                raise _unavailable(outcome, attempt, number)
            self.figures.retries += 1
            if pause:
                await self.options.sleep(pause)

    def _renewed(self, attempt: _Attempt) -> bool:
        own = "authorization" in attempt.how.headers
        return not own and self._renew is not None and self._renew()

    def _verdict(self, answer: HttpAnswer, how: How) -> Verdict:
        self.budget.note(how.resource, answer.headers)
        self.figures.budget_left = self.budget.left
        return (how.judge or self._judge)(answer)

    def _next_pause(self, outcome: HttpAnswer | _Failed, attempt: _Attempt, number: int) -> float | None:
        """Seconds to wait before the next try; None: there is none. Limits hold up everybody, not only this request."""
        if number > _RETRIES:
            return None
        backoff = random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (number - 1)))  # noqa: S311 jitter
        if isinstance(outcome, _Failed):
            return backoff if attempt.repeatable or not outcome.sent else None
        asked = asked_pause(outcome.headers.get("retry-after"), self.options.clock.now())
        if asked is not None and asked > _LONGEST_ASKED:
            return None
        if outcome.status in _RETRIED and outcome.status != 408 and not attempt.repeatable:
            return None
        if outcome.status in _RETRIED:
            return backoff if asked is None else asked
        return self._limited(attempt, asked, backoff)

    def _limited(self, attempt: _Attempt, asked: float | None, backoff: float) -> float:
        self.figures.rate_limited += 1
        resource = attempt.how.resource
        if self.pace is not None:
            self.pace.rejected(attempt.sent)
            if asked is None:
                return backoff if attempt.how.lane == "event" else 0.0  # passes wait for their turn
        self.budget.hold(resource, asked if asked is not None else self.budget.pause(resource) or backoff)
        return 0.0

    async def _one(self, attempt: _Attempt) -> HttpAnswer | _Failed:
        how = attempt.how
        self.circuit.check()
        headers = await self._headers(attempt)
        await self._enter(how)
        try:
            if self.circuit.trusted:
                return await self._exchange(attempt, headers)
            async with self.circuit.careful():
                return await self._exchange(attempt, headers)
        finally:
            self.gate.leave()

    async def _enter(self, how: How) -> None:
        """Waits for limits, then for a place. Whoever was limited meanwhile has told for everybody behind."""
        while True:
            limited = self.figures.rate_limited
            await self.budget.wait(how.resource, how.lane)
            if self.pace is not None:
                await self.pace.wait(how.lane)
            await self.gate.enter(how.lane)
            if self.figures.rate_limited == limited:
                return
            self.gate.leave()

    async def _exchange(self, attempt: _Attempt, headers: dict[str, str]) -> HttpAnswer | _Failed:
        how = attempt.how
        kept = self._kept.find(attempt.key) if how.conditional else None
        etag = kept.headers.get("etag") if kept is not None else how.etag
        if etag is not None:
            headers["if-none-match"] = etag
        attempt.sent = self.options.clock.now()
        try:
            answer = await self._follow(attempt, headers)
        except aiohttp.ClientConnectorError as error:
            if REFUSED_BY_POLICY in str(error.os_error):
                raise DestinationRefused(f'"{attempt.url.host}" may not be reached: {error.os_error}') from None
            return _Failed(f"it cannot be reached: {error.os_error}", sent=False)
        except (aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            return _Failed(f"it cannot be reached: {error or 'no connection in time'}", sent=False)
        except TimeoutError:
            return _Failed(f"no answer within {self.options.total_seconds:g} s", sent=True)
        except (aiohttp.ClientError, OSError) as error:
            return _Failed(f"the connection broke off: {error or type(error).__name__}", sent=True)
        if self.pace is not None:
            self._keep_pace(answer, self.pace)
        if answer.status == 304:
            self.figures.not_modified += 1
            return answer if kept is None else replace(kept, headers=answer.headers, not_modified=True)
        if how.conditional and answer.ok:
            self._kept.keep(attempt.key, answer)
        return answer

    def _keep_pace(self, answer: HttpAnswer, pace: Pace) -> None:
        if answer.status != 429:
            pace.served()
        self.gate.capacity = pace.parallel(self.options.concurrency)

    async def _headers(self, attempt: _Attempt) -> dict[str, str]:
        headers = dict(attempt.how.headers)
        if "authorization" not in headers:
            headers.update(await self._authorization())
        if attempt.content is not None:
            headers["content-type"] = attempt.content.type
        return headers

    async def _follow(self, attempt: _Attempt, headers: Mapping[str, str]) -> HttpAnswer:
        url = attempt.url
        for _ in range(_MOST_REDIRECTS + 1):
            answer = await self._exchange_once(attempt, url, headers)
            followed = _REDIRECTS if attempt.method in ("GET", "HEAD") else _METHOD_KEPT
            location = answer.headers.get("location")
            if answer.status not in followed or location is None:
                return answer
            url = self.addresses.require(location, base=url)
        raise ForgeBroken(f'"{attempt.url}" redirects more than {_MOST_REDIRECTS} times')

    async def _exchange_once(self, attempt: _Attempt, url: URL, headers: Mapping[str, str]) -> HttpAnswer:
        self.figures.requests += 1
        data = attempt.content.data if attempt.content is not None else None
        async with self._open().request(
            attempt.method, url, headers=headers, data=data, allow_redirects=False, proxy=self._proxy
        ) as response:
            body, truncated = await read_bounded(response, attempt.how.max_bytes)
            return HttpAnswer(response.status, response.headers, body, str(url), truncated)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=self._connector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                headers={"user-agent": self.options.user_agent, "accept": "application/json"},
            )
        return self._session

    def _connector(self) -> aiohttp.TCPConnector:
        policy, limit, tls = self.options.policy, self.options.concurrency, trust(self.options.ca_file)
        if policy is None or self._proxy is not None:
            return aiohttp.TCPConnector(limit=limit, ssl=tls)
        return guarded_connector(policy, limit=limit, tls=tls)


@dataclass(slots=True)
class _Attempt:
    method: str
    url: URL
    content: Content | None
    how: How
    sent: datetime
    """The last time."""

    @property
    def key(self) -> Key:
        return str(self.url), self.how.headers.get("accept", "")

    @property
    def repeatable(self) -> bool:
        return self.method in _REPEATABLE if self.how.repeatable is None else self.how.repeatable


@dataclass(frozen=True, slots=True)
class _Failed:
    """No answer; ``sent`` is whether the forge may have acted."""

    reason: str
    sent: bool


def _refusal(answer: HttpAnswer, verdict: Verdict) -> ForgeRefused:
    said = answer.body[:300].decode(errors="replace")
    if verdict is Verdict.NOT_PERMITTED:
        return NotPermitted(f'"{answer.url}" may not be used with these credentials ({answer.status})', cause=said)
    locked = "CAPTCHA" in answer.headers.get("x-authentication-denied-reason", "")
    hint = "; the account is locked until somebody logs in with a browser and solves a CAPTCHA" if locked else ""
    return ForgeRefused(f'"{answer.url}" refuses the credentials ({answer.status}){hint}', cause=said)


def _unavailable(outcome: HttpAnswer | _Failed, attempt: _Attempt, tries: int) -> FairwayError:
    reason = outcome.reason if isinstance(outcome, _Failed) else f"it answered {outcome.status}"
    return ForgeUnavailable(f'"{attempt.url}" is not available after {tries} tries: {reason}')

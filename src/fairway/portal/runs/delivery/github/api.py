"""The part of GitHub's REST API that dispatching needs, with its refusals in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from fairway.kit.clock import Clock
from fairway.kit.http import Answer
from fairway.kit.jsonio import dumps
from fairway.portal.runs.delivery.answers import json_of
from fairway.portal.runs.delivery.base import Refused, Undelivered
from fairway.portal.runs.delivery.sending import OVERLOADED, Request, Sender
from fairway.portal.runs.delivery.webhook import USER_AGENT

_VERSION = "2022-11-28"
_LONGEST_WAIT = 300.0
"""Seconds that a rate limit is waited for; a longer one ends the run with the time in its log."""


class Authorization(Protocol):
    """What goes into the ``Authorization`` header."""

    async def header(self, owner: str, repo: str) -> str:
        """For requests about a repository."""
        ...

    async def login(self) -> str | None:
        """As whom workflows are dispatched; none when GitHub does not tell."""
        ...


class GitHubApi:
    """Requests about repositories."""

    def __init__(self, base_url: str, sender: Sender, clock: Clock, authorization: Authorization) -> None:
        self._base = base_url.rstrip("/")
        self._sender = sender
        self._clock = clock
        self._authorization = authorization

    async def login(self) -> str | None:
        """As whom workflows are dispatched; none when GitHub does not tell."""
        return await self._authorization.login()

    async def call(
        self, method: str, owner: str, repo: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Answer:
        """A request below ``/repos/{owner}/{repo}``; any answer but a rate limit comes back.

        Raises:
            Undelivered: GitHub is away, or asks for a pause.
            Refused: GitHub asks for a long pause, or the credentials do not count.
        """
        url = f"{self._base}/repos/{quote(owner, safe='')}/{quote(repo, safe='')}{path}"
        headers = api_headers(await self._authorization.header(owner, repo))
        answer = await self._sender.send(
            Request(method, url, headers, None if body is None else dumps(body)), whole=True
        )
        self._check_pace(answer)
        if answer.status == 401:
            raise Refused(f"GitHub does not accept this portal's credentials: {said(answer)}", label="HTTP 401")
        return answer

    async def get(self, owner: str, repo: str, path: str, query: Mapping[str, str] | None = None) -> Any:
        """The JSON of a resource, none when there is no such thing."""
        answer = await self.call("GET", owner, repo, f"{path}?{urlencode(query)}" if query else path)
        if answer.status == 404:
            return None
        if not answer.ok:
            raise refusal(answer, "GitHub refused to read")
        return json_of(answer)

    def _check_pace(self, answer: Answer) -> None:
        limited = answer.status in (403, 429) and (
            answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers
        )
        if not limited:
            if answer.status in OVERLOADED:
                raise Undelivered(f"GitHub answered {answer.status}", self._sender.retry_after(answer))
            return
        wait = self._sender.retry_after(answer)
        reset = answer.headers.get("x-ratelimit-reset", "")
        if wait is None and reset.isdigit():
            wait = max(1.0, int(reset) - self._clock.now().timestamp())
        if wait is not None and wait > _LONGEST_WAIT:
            raise Refused(f"GitHub's rate limit is used up for another {wait / 60:.0f} minutes", label="Rate limit")
        raise Undelivered("GitHub's rate limit is used up", wait)


def api_headers(authorization: str) -> dict[str, str]:
    """Headers of every request."""
    return {
        "accept": "application/vnd.github+json",
        "authorization": authorization,
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "x-github-api-version": _VERSION,
    }


def said(answer: Answer) -> str:
    """GitHub's own words on one line."""
    body = json_of(answer)
    if not isinstance(body, Mapping):
        return f"status {answer.status}"
    errors = body.get("errors")
    more = [each.get("message", "") if isinstance(each, Mapping) else str(each) for each in errors or ()]
    return " ".join(" ".join([str(body.get("message", "")), *more]).split()) or f"status {answer.status}"


def refusal(answer: Answer, what: str) -> Refused:
    """A refused request as the run tells it."""
    return Refused(f"{what}: {said(answer)}", label=f"HTTP {answer.status}")

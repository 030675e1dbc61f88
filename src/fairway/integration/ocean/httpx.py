"""``http_async_client`` and the names of httpx that integrations use, over the framework's own client."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from fairway.integration.http import Content, HttpAnswer, ThirdPartyError, form
from fairway.integration.ocean import current

RAW_ITEM = dict[str, Any]
RAW_RESULT = list[RAW_ITEM]
ASYNC_GENERATOR_RESYNC_TYPE = AsyncIterator[RAW_RESULT]


class HTTPError(ThirdPartyError):
    """Something went wrong with a request."""


class RequestError(HTTPError):
    """There was no answer."""


class TimeoutException(RequestError):
    """There was none in time; the client beneath tells it as a :class:`RequestError`."""


class HTTPStatusError(HTTPError):
    """The answer is an error."""

    def __init__(self, message: str, *, response: Response) -> None:
        super().__init__(message, url=str(response.url), answered=response.status_code, cause=response.text[:300])
        self.response = response


class Response:
    """An answer."""

    def __init__(self, answer: HttpAnswer) -> None:
        self._answer = answer
        self.status_code = answer.status
        self.headers: Mapping[str, str] = answer.headers
        self.content = answer.body
        self.url = answer.url

    @property
    def text(self) -> str:
        """The body."""
        return self.content.decode(errors="replace")

    @property
    def is_success(self) -> bool:
        """2xx."""
        return self._answer.ok

    @property
    def is_error(self) -> bool:
        """4xx or 5xx."""
        return self.status_code >= 400

    @property
    def links(self) -> dict[str, dict[str, str]]:
        """The ``next`` of a ``Link`` header."""
        found = self._answer.next_link
        return {} if found is None else {"next": {"url": found, "rel": "next"}}

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ThirdPartyBroken: it is none.
        """
        return self._answer.json

    def raise_for_status(self) -> Response:
        """Itself.

        Raises:
            HTTPStatusError: it is no 2xx.
        """
        if not self._answer.ok:
            raise HTTPStatusError(f"{self._answer.place} answered {self.status_code}", response=self)
        return self


class BasicAuth:
    """A user and a password."""

    def __init__(self, username: str, password: str) -> None:
        self.header = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


class Client:
    """Its headers and its authentication are for every host it asks, as those of httpx; requests are paced, limited
    and repeated by the client of the hook."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.auth: BasicAuth | tuple[str, str] | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Any = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, Any] | None = None,
        content: bytes | str | None = None,
        auth: BasicAuth | Sequence[str] | None = None,
        **ignored: Any,
    ) -> Response:
        """One request. Timeouts and redirects are those of the settings and the client beneath.

        Raises:
            HTTPError: there is no answer after all attempts.
        """
        http = current.context("http_async_client").http
        body = None if content is None else Content(content.encode() if isinstance(content, str) else content, "")
        given = {**self.headers, **_authorization(auth or self.auth), **(headers or {})}
        try:
            answer = await http.send(
                method, str(url), params=params, headers=given, json=json, content=form(data) if data else body
            )
        except ThirdPartyError as error:
            raise RequestError(error.message, url=error.url, answered=error.answered, cause=error.cause) from error
        return Response(answer)

    async def get(self, url: str, **more: Any) -> Response:
        """``GET``."""
        return await self.request("GET", url, **more)

    async def post(self, url: str, **more: Any) -> Response:
        """``POST``."""
        return await self.request("POST", url, **more)

    async def put(self, url: str, **more: Any) -> Response:
        """``PUT``."""
        return await self.request("PUT", url, **more)

    async def patch(self, url: str, **more: Any) -> Response:
        """``PATCH``."""
        return await self.request("PATCH", url, **more)

    async def delete(self, url: str, **more: Any) -> Response:
        """``DELETE``."""
        return await self.request("DELETE", url, **more)


def _authorization(auth: BasicAuth | Sequence[str] | None) -> dict[str, str]:
    if auth is None:
        return {}
    made = auth if isinstance(auth, BasicAuth) else BasicAuth(*auth)
    return {"authorization": made.header}


http_async_client = Client()
"""As Ocean's. Several integrations in one process (tests) share its ``headers``."""

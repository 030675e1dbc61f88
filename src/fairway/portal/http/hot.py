"""Routes that carry most of the load, answered before the framework's own routing.

A bulk request spends more time in routing, dependency solving and exit stacks than in parsing its body. These few
routes are matched here by one expression each; the same functions stay registered with the framework, which
describes them.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fairway.kit.errors import FairwayError
from fairway.portal.caller import Caller
from fairway.portal.http.errors import refused
from fairway.portal.http.requests import current_caller
from fairway.portal.http.routing import decode_segment

Endpoint = Callable[[Request, str, Caller], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class HotRoute:
    """A method and a path with one parameter, such as ``/v1/blueprints/{blueprint_identifier}/entities/bulk``."""

    method: str
    path: str
    endpoint: Endpoint

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as an expression over the encoded path."""
        before, after = re.split(r"\{\w+\}", self.path)
        return re.compile(f"{re.escape(before)}([^/]+){re.escape(after)}")


class HotRoutes:
    """Answers the routes it is given and passes everything else on."""

    def __init__(self, app: ASGIApp, routes: Sequence[HotRoute]) -> None:
        self._app = app
        self._routes = [(route.method, route.pattern, route) for route in routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for method, pattern, route in self._routes:
                match = pattern.fullmatch(scope["path"]) if scope["method"] == method else None
                if match is not None:
                    scope["route"] = route
                    response = await self._answer(route, match[1], Request(scope, receive))
                    await response(scope, receive, send)
                    return
        await self._app(scope, receive, send)

    async def _answer(self, route: HotRoute, segment: str, request: Request) -> Response:
        try:
            caller = await current_caller(request)
            return await route.endpoint(request, decode_segment(segment), caller)
        except FairwayError as error:
            return refused(error)

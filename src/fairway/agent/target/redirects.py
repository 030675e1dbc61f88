"""Which redirects are followed.

Within the origin: always for GET and HEAD, and where the method is kept (307, 308) or meant to change (303). A 301 or
302 that answers a POST would have to become an empty GET; it is not followed then, and neither is one that leads to
another origin, which would be handed the headers. Unless the agent is told to (``foreign``), as the original does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from yarl import URL

from fairway.kit.http import Answer, DestinationRefused, parse_url

if TYPE_CHECKING:
    from fairway.agent.target.client import Request

_MOST = 5
_STATUSES = (301, 302, 303, 307, 308)
_PRIVATE = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(frozen=True, slots=True)
class Hop:
    """A request on its way."""

    request: Request
    url: URL
    number: int = 0


class Redirects:
    """The policy."""

    def __init__(self, *, foreign: bool) -> None:
        self._foreign = foreign

    def start(self, request: Request, url: URL) -> Hop:
        """The first hop."""
        return Hop(request, url)

    def following(self, hop: Hop, answer: Answer) -> Hop | None:
        """The next hop, none when ``answer`` is the last.

        Raises:
            DestinationRefused: it redirects, and that is not followed: the work has not been delivered.
        """
        location = answer.headers.get("location")
        if answer.status not in _STATUSES or not location:
            return None
        if hop.number == _MOST:
            raise DestinationRefused(f'"{hop.url.origin()}" redirects more than {_MOST} times')
        url = hop.url.join(parse_url(location, base=hop.url))
        request = hop.request
        if url.origin() != hop.url.origin():
            request = self._across(request, hop.url, url, answer.status)
        return Hop(self._turned(request, hop.url, answer.status), url, hop.number + 1)

    def _across(self, request: Request, before: URL, after: URL, status: int) -> Request:
        if not self._foreign:
            raise DestinationRefused(
                f'"{before.origin()}" redirects ({status}) to another origin, "{after.origin()}", which is not '
                "followed (FAIRWAY_AGENT_FOLLOW_REDIRECTS)"
            )
        kept = {name: value for name, value in request.headers.items() if name.lower() not in _PRIVATE}
        return replace(request, headers=kept)

    def _turned(self, request: Request, before: URL, status: int) -> Request:
        """The request that a redirect asks for: the same, or a GET without a body."""
        if status in (307, 308) or request.method.upper() in ("GET", "HEAD"):
            return request
        if status != 303 and not self._foreign:
            raise DestinationRefused(
                f'"{before.origin()}" answers {request.method} with a redirect ({status}) that would turn it into an '
                "empty GET, which is not followed (FAIRWAY_AGENT_FOLLOW_REDIRECTS)"
            )
        kept = {name: value for name, value in request.headers.items() if name.lower() != "content-type"}
        return replace(request, method="GET", body=None, headers=kept)

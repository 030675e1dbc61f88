"""WEBHOOK to the portal's own API: with the organisation's credentials, which nobody else gets (contract 6.6).

Whether a URL is the portal's own is decided by its exact origin; whatever else a URL holds does not matter.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from yarl import URL

from fairway.kit.settings import Settings
from fairway.portal.runs.delivery.base import Order, Refused
from fairway.portal.runs.delivery.sending import Sender
from fairway.portal.runs.delivery.webhook import WebhookBackend, outcome
from fairway.portal.runs.model import MAX_DEPTH, Finish

Token = Callable[[str, int], Awaitable[str]]
"""``await token(run_id, depth)``: an access token of the organisation that says on whose behalf it is used."""
_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 compared with, not bound to
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class OwnOrigins:
    """The origins under which this portal is reached."""

    def __init__(self, settings: Settings) -> None:
        self._base = URL(settings.effective_base_url)
        texts = [settings.effective_base_url, *settings.base_url_aliases.split(",")]
        if not settings.base_url and settings.host in (*_EVERYWHERE, *_LOOPBACK):
            texts += [f"http://{name}:{settings.port}" for name in ("localhost", "127.0.0.1")]
        self._known = {origin for text in texts if (origin := _origin(text.strip())) is not None}

    def __contains__(self, url: str) -> bool:
        return _origin(url) in self._known

    def address(self, url: str) -> str:
        """Where to send what is meant for ``url``: the base URL, without credentials that the text may hold."""
        target = URL(url)
        if target.origin() == self._base.origin():
            return f"{self._base.origin()}{target.raw_path_qs}"
        return f"{str(self._base).rstrip('/')}{target.raw_path_qs}"


class OwnBackend:
    """Calls the portal's own API, no deeper than runs may start one another."""

    def __init__(self, webhook: WebhookBackend, sender: Sender, origins: OwnOrigins, token: Token) -> None:
        self._webhook = webhook
        self._sender = sender
        self._origins = origins
        self._token = token

    async def deliver(self, order: Order) -> Finish:
        """Like a webhook; the run that it may start knows that this one started it."""
        if order.depth >= MAX_DEPTH:
            raise Refused(
                f"This run is the {order.depth}th in a row of runs that started one another; at most {MAX_DEPTH} may",
                label="Too deep",
            )
        request = self._webhook.request(order)
        token = await self._token(order.id, order.depth + 1)
        headers = {**request.headers, "authorization": f"Bearer {token}"}
        request = replace(request, url=self._origins.address(request.url), headers=headers)
        return outcome(order.payload, await self._sender.send(request))


def _origin(text: str) -> URL | None:
    try:
        url = URL(text)
        return url.origin() if url.scheme in ("http", "https") and url.host else None
    except ValueError:
        return None

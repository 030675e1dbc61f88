"""The recent payloads of a webhook and what became of them."""

from __future__ import annotations

from typing import Any

from fairway.kit.clock import rfc3339
from fairway.kit.errors import InvalidRequest
from fairway.kit.jsonio import parse_body
from fairway.portal.caller import Caller
from fairway.portal.sources.webhooks import repository
from fairway.portal.sources.webhooks.model import Event, Webhook
from fairway.portal.sources.webhooks.service import WebhookService
from fairway.portal.storage import Database

_HIDDEN = frozenset({"authorization", "cookie", "proxy-authorization"})


class EventsService:
    """Shows records of payloads, to Admins."""

    def __init__(self, db: Database, webhooks: WebhookService) -> None:
        self._db = db
        self._webhooks = webhooks

    async def recent(self, caller: Caller, identifier: str, limit: int) -> list[dict[str, Any]]:
        """The newest events first.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: there is no such webhook.
        """
        webhook = await self._webhooks.read(caller, identifier)
        found = await self._db.read(lambda tx: repository.events(tx, webhook.id, limit))
        return [_shown(event, webhook) for event in found]


def _shown(event: Event, webhook: Webhook) -> dict[str, Any]:
    """With headers that authenticate hidden: a plain signature is the secret itself."""
    hidden = {*_HIDDEN, str(webhook.security.get("signatureHeaderName") or "").lower()}
    return {
        "id": event.id,
        "state": event.state,
        "receivedAt": rfc3339(event.received_at),
        "finishedAt": None if event.finished_at is None else rfc3339(event.finished_at),
        "headers": {name: "***" if name in hidden else value for name, value in event.payload.headers.items()},
        "queryParams": event.payload.query,
        "body": _body(event.payload.body),
        "outcome": event.outcome,
    }


def _body(data: bytes) -> Any:
    try:
        return parse_body(data)
    except InvalidRequest:
        return data.decode("utf-8", "replace")

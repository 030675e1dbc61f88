"""AZURE_DEVOPS: the incoming webhook of a service connection starts pipelines (contract 6.6, 7.7)."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote

from fairway.kit.jsonio import dumps
from fairway.kit.settings import Settings
from fairway.portal.runs.delivery.answers import excerpt
from fairway.portal.runs.delivery.base import Order, Refused
from fairway.portal.runs.delivery.credentials import plain
from fairway.portal.runs.delivery.sending import Request, Sender
from fairway.portal.runs.delivery.webhook import USER_AGENT
from fairway.portal.runs.model import Finish
from fairway.wire.runs import IDEMPOTENCY_KEY

_VERSION = "6.0-preview"
_SIGN_IN = (203, 302)
"""How Azure DevOps answers who is not let in: with its sign-in page."""


class AzureBackend:
    """Posts the payload, signed as the service connection checks it: ``sha1=`` and the HMAC-SHA1 of the body in hex."""

    def __init__(self, sender: Sender, settings: Settings) -> None:
        self._sender = sender
        self._settings = settings

    async def deliver(self, order: Order) -> Finish:
        """The pipeline reports; a webhook that Azure does not know is a failure."""
        org, webhook = order.payload["org"], order.payload["webhook"]
        answer = await self._sender.send(self._request(order))
        if answer.status == 404:
            raise Refused(f'Azure DevOps knows no incoming webhook "{webhook}" in "{org}"', label="HTTP 404")
        if not answer.ok or answer.status in _SIGN_IN:
            said = f"Azure DevOps answered {answer.status}"
            raise Refused(said, label=f"HTTP {answer.status}", detail=excerpt(answer))
        return Finish(logs=(f'Azure DevOps took the webhook "{webhook}"',))

    def _request(self, order: Order) -> Request:
        org, webhook = (quote(str(order.payload[key]), safe="") for key in ("org", "webhook"))
        base = self._settings.azure_devops_url.rstrip("/")
        url = f"{base}/{org}/_apis/public/distributedtask/webhooks/{webhook}?api-version={_VERSION}"
        content = order.payload.get("payload")
        body = dumps({} if content is None else content)
        key = plain(self._settings.azure_devops_secret) or order.signing_secret
        headers = {
            "content-type": "application/json",
            "user-agent": USER_AGENT,
            "x-port-signature": "sha1=" + hmac.new(key.encode(), body, hashlib.sha1).hexdigest(),
            IDEMPOTENCY_KEY.lower(): order.id,
        }
        return Request("POST", url, headers, body)

"""WEBHOOK: one signed request to whatever URL an action names (contract 6.6, 7.5, 7.7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fairway.kit.clock import Clock
from fairway.kit.http import Answer
from fairway.portal.runs.delivery.answers import excerpt, response_of
from fairway.portal.runs.delivery.base import Order, Refused
from fairway.portal.runs.delivery.messages import default_body
from fairway.portal.runs.delivery.sending import Request, Sender
from fairway.portal.runs.model import Finish
from fairway.wire.runs import IDEMPOTENCY_KEY
from fairway.wire.signatures import SIGNATURE, TIMESTAMP, signature_headers
from fairway.wire.stable import dumps_stable

USER_AGENT = "fairway-actions"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110, 5.6.2."""
_RESERVED = frozenset(
    {
        SIGNATURE.lower(), TIMESTAMP.lower(), IDEMPOTENCY_KEY.lower(), "host", "content-length", "transfer-encoding",
        "connection", "keep-alive", "upgrade", "expect", "te", "trailer", "proxy-authorization", "proxy-connection",
    }
)  # fmt: skip
"""Headers that say who sent what, or how it is framed: an action cannot give them."""


class WebhookBackend:
    """Sends the request of an action and reads its answer."""

    def __init__(self, sender: Sender, clock: Clock) -> None:
        self._sender = sender
        self._clock = clock

    async def deliver(self, order: Order) -> Finish:
        """A synchronized run ends with the answer; another one waits for its report, unless it was refused."""
        return outcome(order.payload, await self._sender.send(self.request(order)))

    def request(self, order: Order) -> Request:
        """The request: signed over exactly the bytes that are sent.

        Raises:
            Refused: a header has a name that HTTP cannot carry.
        """
        payload = order.payload
        body = body_of(order)
        given = {_header(name): value for name, value in (payload.get("headers") or {}).items()}
        headers = {"user-agent": USER_AGENT, **({} if body is None else {"content-type": "application/json"})}
        headers |= {name: value for name, value in given.items() if name not in _RESERVED}
        headers |= signature_headers(order.signing_secret, body or b"", int(self._clock.now().timestamp()))
        headers[IDEMPOTENCY_KEY.lower()] = order.id
        return Request(payload["method"], payload["url"], headers, body)


def _header(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise Refused(f'"{name}" cannot be the name of a header', label="Not sent")
    return name.lower()


def body_of(order: Order) -> bytes | None:
    """The body, as receivers print it again. GET has none, DELETE only one that the action gives; others tell of the
    run by default."""
    method, content = order.payload["method"], order.payload.get("body")
    if method == "GET" or (method == "DELETE" and content is None):
        return None
    return dumps_stable(default_body(order) if content is None else content)


def outcome(payload: Mapping[str, Any], answer: Answer) -> Finish:
    """What an answer means for the run."""
    if not answer.ok:
        said = excerpt(answer)
        reason = f"The webhook answered {answer.status}"
        return Finish(
            "FAILURE", label=f"HTTP {answer.status}", summary=reason, logs=(f"{reason}: {said}" if said else reason,),
            response_status=answer.status,
        )  # fmt: skip
    log = f"The webhook answered {answer.status}"
    if payload["synchronized"]:
        return Finish("SUCCESS", response=response_of(answer), logs=(log,), response_status=answer.status)
    return Finish(logs=(log,))

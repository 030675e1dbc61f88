"""From what a mapping yields to the request that is sent (contract 8 and 11)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairway.agent.mapping.decrypt import Opened
from fairway.agent.mapping.evaluate import Mapped
from fairway.agent.mapping.model import Entry
from fairway.agent.messages.codec import json_text, write_json
from fairway.agent.messages.routing import mapping
from fairway.agent.model import Invocation
from fairway.agent.target import Request, Retry
from fairway.kit.errors import InvalidRequest
from fairway.wire.runs import IDEMPOTENCY_KEY

_METHOD = re.compile(r"[A-Za-z]{1,20}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FRAMING = frozenset({"connection", "content-length", "transfer-encoding"})
"""Headers that belong to the connection; a client that sent them as given would break it."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What is sent where a mapping says nothing."""

    envelope_body: bool = True
    forward_headers: bool = False


def build_request(
    invocation: Invocation, entry: Entry, mapped: Mapped, opened: Opened, defaults: Defaults, retry: Retry
) -> tuple[Request, Any]:
    """The request, and the value that its body is the JSON text of.

    Raises:
        InvalidRequest: the mapping refuses, or gives no URL, no method or no headers that can be used.
    """
    if mapped.refusal not in (None, False):
        raise InvalidRequest(json_text(mapped.refusal))
    body = mapped.body if entry.body is not None else _default_body(invocation, opened, defaults)
    request = Request(
        method=_method(entry, mapped, invocation),
        url=_url(entry, mapped, invocation),
        body=None if body is None else write_json(body),
        headers=_headers(entry, mapped, invocation, defaults),
        query=_query(entry, mapped),
        timeout_seconds=entry.policy.timeout_seconds,
        retry=retry.under(entry.policy),
        tls=entry.policy.tls,
    )
    return request, body


def _default_body(invocation: Invocation, opened: Opened, defaults: Defaults) -> Any:
    """Nodes send what is configured (contract 19.11), changes the event. Runs send the message, or what is configured;
    a configured list has no room for the envelope."""
    if invocation.kind == "node" and invocation.source == "POLLING":
        return opened.body
    configured = "body" in invocation.method and opened.body is not None
    if invocation.kind == "node" and configured:
        return opened.body
    if invocation.kind == "run" and configured and (not defaults.envelope_body or not isinstance(opened.body, dict)):
        return opened.body
    return opened.message


def _url(entry: Entry, mapped: Mapped, invocation: Invocation) -> str:
    url = mapped.url if entry.url is not None else invocation.method.get("url")
    if isinstance(url, str) and url:
        return url
    given = "null" if url is None else f"{json_text(url)[:100]}, which is no text"
    raise InvalidRequest(f'There is no URL to call: "url" of mapping "{entry.name}" gives {given}')


def _method(entry: Entry, mapped: Mapped, invocation: Invocation) -> str:
    value = mapped.method if entry.method is not None else invocation.method.get("method")
    if value is None:
        return "POST"
    if isinstance(value, str) and _METHOD.fullmatch(value):
        return value.upper()
    raise InvalidRequest(f'"method" of mapping "{entry.name}" gives {json_text(value)[:60]}, which is no HTTP method')


def _headers(entry: Entry, mapped: Mapped, invocation: Invocation, defaults: Defaults) -> dict[str, str]:
    found: dict[str, tuple[str, str]] = {}
    if invocation.id:
        found[IDEMPOTENCY_KEY.lower()] = (IDEMPOTENCY_KEY, invocation.id)
    forwarded = defaults.forward_headers or (invocation.kind == "node" and entry.headers is None)
    own = _object(mapped.headers, entry, "headers")
    for headers in (mapping(invocation.method.get("headers")) if forwarded else {}, own):
        for name, value in headers.items():
            if value is None or name.lower() in _FRAMING:
                continue
            if not _HEADER.fullmatch(name):
                raise InvalidRequest(f'"{name[:60]}" is no name of an HTTP header (mapping "{entry.name}")')
            found[name.lower()] = (name, json_text(value))
    return dict(found.values())


def _query(entry: Entry, mapped: Mapped) -> tuple[tuple[str, str], ...]:
    values = _object(mapped.query, entry, "query")
    pairs = ((name, each) for name, value in values.items() for each in (value if isinstance(value, list) else [value]))
    return tuple((name, json_text(value)) for name, value in pairs if value is not None)


def _object(value: Any, entry: Entry, name: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise InvalidRequest(f'"{name}" of mapping "{entry.name}" gives {type(value).__name__}, not an object')

"""Checks of what clients write about a webhook (contract 9.2)."""

from __future__ import annotations

import re
from typing import Any

from fairway.jq import Engine, JqSyntaxError
from fairway.kit.errors import InvalidRequest
from fairway.portal.http.requests import optional
from fairway.portal.sources.webhooks.mapping import CompiledMapping

_IDENTIFIER = re.compile(r"[A-Za-z0-9@_.+:=\\/-]{1,30}")
_LENGTHS = {"title": 100, "description": 200, "icon": 2_000}
_ALGORITHMS = ("sha1", "sha256", "plain", None)
_SECURITY_TEXTS = ("secret", "signatureHeaderName", "signaturePrefix", "requestIdentifierPath")
_STORED = ("title", "description", "icon", "enabled", "mappings", "security", "integrationType")
MAX_MAPPINGS = 100


def identifier(value: Any) -> str:
    """A webhook identifier.

    Raises:
        InvalidRequest: not 1 to 30 of the allowed characters.
    """
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise InvalidRequest(f'Webhook identifier "{str(value)[:60]}" must have 1 to 30 letters, digits or @_.+:=\\/-')
    return value


def document(engine: Engine, body: dict[str, Any]) -> dict[str, Any]:
    """The keys of a body that are stored.

    Raises:
        InvalidRequest: a key has the wrong type or an expression is not jq; the message says where.
    """
    for key, limit in _LENGTHS.items():
        text = optional(body, key, str)
        if text is not None and len(text) > limit:
            raise InvalidRequest(f'"{key}" has {len(text)} characters; at most {limit} are allowed')
    optional(body, "enabled", bool)
    if optional(body, "integrationType", str) not in (None, "custom", "template"):
        raise InvalidRequest('"integrationType" must be "custom" or "template"')
    check_security(engine, optional(body, "security", dict) or {})
    compile_mappings(engine, optional(body, "mappings", list) or [])
    return {key: body[key] for key in _STORED if key in body}


def compile_mappings(engine: Engine, mappings: list[Any]) -> list[CompiledMapping]:
    """The mappings, ready to run.

    Raises:
        InvalidRequest: one has the wrong shape or holds something that is not jq.
    """
    if len(mappings) > MAX_MAPPINGS:
        raise InvalidRequest(f"{len(mappings)} mappings; at most {MAX_MAPPINGS} are allowed")
    return [CompiledMapping(engine, index, each) for index, each in enumerate(mappings)]


def check_security(engine: Engine, security: dict[str, Any]) -> None:
    """Raises:
    InvalidRequest: wrong types, an unknown algorithm, or a secret that no header is compared with.
    """
    for key in _SECURITY_TEXTS:
        optional(security, key, str, where="security")
    if security.get("signatureAlgorithm") not in _ALGORITHMS:
        raise InvalidRequest('"signatureAlgorithm" in the security must be "sha1", "sha256", "plain" or null')
    if security.get("secret") and not security.get("signatureHeaderName"):
        raise InvalidRequest(
            '"signatureHeaderName" is required in the security when a secret is set: '
            "without it no payload could be checked"
        )
    path = security.get("requestIdentifierPath")
    if path:
        try:
            engine.compile(path)
        except JqSyntaxError as error:
            raise InvalidRequest(f"security.requestIdentifierPath: {error.message}", details=error.details) from None

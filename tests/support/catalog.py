"""Blueprints that many suites use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

SERVICE: dict[str, Any] = {
    "identifier": "service",
    "title": "Service",
    "schema": {
        "properties": {
            "tier": {"type": "string", "enum": ["gold", "bronze"]},
            "repo": {"type": "string", "format": "url"},
            "score": {"type": "number"},
        },
        "required": [],
    },
}
DOMAIN: dict[str, Any] = {
    "identifier": "domain",
    "title": "Domain",
    "schema": {"properties": {"lead": {"type": "string"}}},
}
TO_DOMAIN: dict[str, Any] = {"domain": {"title": "Domain", "target": "domain", "required": False, "many": False}}

Put = Callable[..., Awaitable[dict[str, Any]]]
"""A fixture that creates something and insists that it was taken."""

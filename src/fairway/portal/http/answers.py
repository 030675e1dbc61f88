"""Answers in the contract's shape: a JSON object with ``ok``, always."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from fairway.kit.jsonio import dumps


class JsonBytes(Response):
    """JSON that is already bytes."""

    media_type = "application/json"


def answer(status: int, body: dict[str, Any]) -> JsonBytes:
    """``body`` as JSON with ``status``."""
    return JsonBytes(dumps(body), status_code=status)


def ok(**fields: Any) -> JsonBytes:
    """200 ``{"ok": true, ...fields}``."""
    return answer(200, {"ok": True, **fields})


def created(**fields: Any) -> JsonBytes:
    """201 ``{"ok": true, ...fields}``."""
    return answer(201, {"ok": True, **fields})

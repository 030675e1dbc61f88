"""Entities as they are written and read (contract 3.2, 3.5, 3.11)."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

MAX_BULK = 20
"""Entities in one bulk request (contract 3.11)."""
BULK_LIMIT = "x-fairway-bulk-limit"
"""Header of answers in which a portal says that it takes larger bulks; of bulks, that their sender has read it. Without
it more than :data:`MAX_BULK` are refused, as the contract wants."""
MAX_LARGE_BULK = 500
"""Entities in one bulk whose sender has read :data:`BULK_LIMIT`."""
MAX_BULK_DELETE = 100
"""Identifiers in one bulk deletion (contract 3.1)."""


class EntityWrite(TypedDict):
    """The body of a write."""

    identifier: str
    title: NotRequired[str | None]
    icon: NotRequired[str | None]
    team: NotRequired[str | list[str] | None]
    properties: NotRequired[dict[str, Any]]
    relations: NotRequired[dict[str, Any]]


class Entity(TypedDict):
    """An entity as the portal answers it."""

    identifier: str
    title: str | None
    blueprint: str
    icon: NotRequired[str | None]
    team: NotRequired[list[str]]
    properties: dict[str, Any]
    relations: dict[str, Any]
    createdAt: str
    createdBy: str
    updatedAt: str
    updatedBy: str


class BulkResult(TypedDict):
    """An item of a bulk request that was written."""

    identifier: str
    index: int
    created: bool


class BulkProblem(TypedDict):
    """An item of a bulk request that was refused."""

    identifier: str
    index: int
    statusCode: int
    error: str
    message: str


class BulkAnswer(TypedDict):
    """What became of a bulk request."""

    ok: bool
    entities: list[BulkResult]
    errors: list[BulkProblem]

"""What writes ask of other rooms of the catalog, as arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from fairway.portal.caller import Caller
from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.storage.tx import Tx


class Lookups(Protocol):
    """Search inside a write transaction."""

    async def find(
        self, tx: Tx, schema: Schema, caller: Caller, blueprint: Blueprint, query: dict[str, Any], limit: int
    ) -> Sequence[tuple[int, str]]:
        """(id, identifier) of entities that match a search object (contract 3.4), at most ``limit``.

        Raises:
            InvalidRequest: the query is not allowed here.
        """
        ...

    async def readable(self, tx: Tx, schema: Schema, caller: Caller, blueprint: Blueprint, entity_id: int) -> bool:
        """Whether the caller may know that the entity exists."""
        ...

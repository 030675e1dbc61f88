"""Timers follow properties that are renamed, and go with their blueprint."""

from __future__ import annotations

from typing import Any

from fairway.portal.automations import timer_repository as repository
from fairway.portal.caller import Caller
from fairway.portal.catalog.blueprints.observer import MemberKind
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.storage import Tx


class FollowTimers:
    """See :class:`fairway.portal.catalog.blueprints.observer.BlueprintObserver`."""

    def __init__(self, schemas: SchemaCache) -> None:
        self._schemas = schemas

    async def blueprint_created(self, tx: Tx, caller: Caller, document: dict[str, Any], *, catalog_page: bool) -> None:
        """A new blueprint has no entities."""

    async def blueprint_renamed(self, tx: Tx, caller: Caller, old: str, new: str) -> None:
        """Timers name blueprints by their surrogate key."""

    async def blueprint_deleted(self, tx: Tx, caller: Caller, identifier: str) -> None:
        """Its timers do not expire any more."""
        left = [each.id for each in await self._schemas.current(tx) if each.identifier != identifier]
        await repository.forget(tx, left)

    async def member_renamed(
        self, tx: Tx, caller: Caller, blueprint: str, kind: MemberKind, old: str, new: str
    ) -> None:
        """A timer property keeps its values."""
        found = (await self._schemas.current(tx)).get(blueprint)
        if kind == "properties" and found is not None:
            await repository.rename(tx, found.id, old, new)

"""Actions follow blueprints, in the transaction of their change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairway.portal.actions import repository
from fairway.portal.actions.definition.renames import with_blueprint_renamed, with_member_renamed
from fairway.portal.actions.permissions import with_names_renamed
from fairway.portal.actions.service import ActionService
from fairway.portal.caller import Caller
from fairway.portal.catalog.blueprints.observer import MemberKind
from fairway.portal.storage.tx import Tx


class FollowBlueprints:
    """An observer of blueprints."""

    def __init__(self, actions: ActionService) -> None:
        self._actions = actions

    async def blueprint_created(self, tx: Tx, caller: Caller, document: dict[str, Any], *, catalog_page: bool) -> None:
        """A new blueprint has no actions."""

    async def blueprint_renamed(self, tx: Tx, caller: Caller, old: str, new: str) -> None:
        """Documents name the blueprint by its new name, permissions its moderators."""
        changes = []
        for each in await repository.every(tx):
            document = with_blueprint_renamed(each.document, old, new)
            permissions = with_names_renamed(each.permissions, old, new)
            changes.append((each, replace(each, document=document, permissions=permissions)))
        await self._actions.rewrite_all(tx, caller, changes)

    async def blueprint_deleted(self, tx: Tx, caller: Caller, identifier: str) -> None:
        """Its actions, and the automations that listen to its entities, go with it."""
        await self._actions.remove_all(tx, caller, await repository.of_blueprint(tx, identifier))

    async def member_renamed(
        self, tx: Tx, caller: Caller, blueprint: str, kind: MemberKind, old: str, new: str
    ) -> None:
        """Conditions, data sets and timers name the member by its new name."""
        changes = []
        for each in await repository.every(tx):
            document = with_member_renamed(each.document, blueprint, kind, old, new)
            changes.append((each, replace(each, document=document)))
        await self._actions.rewrite_all(tx, caller, changes)

"""Workflows follow blueprints and properties that are renamed, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fairway.portal.actions.definition.renames import with_blueprint_renamed, with_member_renamed
from fairway.portal.caller import Caller
from fairway.portal.catalog.blueprints.observer import MemberKind
from fairway.portal.storage import Tx
from fairway.portal.workflows import repository
from fairway.portal.workflows.model import JsonObject
from fairway.portal.workflows.service import WorkflowService

Change = Callable[[JsonObject], JsonObject]


class FollowBlueprints:
    """See :class:`fairway.portal.catalog.blueprints.observer.BlueprintObserver`. Runs that go on keep the definition
    they have."""

    def __init__(self, workflows: WorkflowService) -> None:
        self._workflows = workflows

    async def blueprint_created(self, tx: Tx, caller: Caller, document: dict[str, Any], *, catalog_page: bool) -> None:
        """No workflow names a new blueprint."""

    async def blueprint_renamed(self, tx: Tx, caller: Caller, old: str, new: str) -> None:
        """Nodes name the blueprint by its new name."""
        await self._rewrite(tx, caller, lambda action: with_blueprint_renamed(action, old, new))

    async def blueprint_deleted(self, tx: Tx, caller: Caller, identifier: str) -> None:
        """Workflows stay: a trigger that hears nothing any more is one of many nodes."""

    async def member_renamed(
        self, tx: Tx, caller: Caller, blueprint: str, kind: MemberKind, old: str, new: str
    ) -> None:
        """Timers and data sets name the member by its new name."""
        await self._rewrite(tx, caller, lambda action: with_member_renamed(action, blueprint, kind, old, new))

    async def _rewrite(self, tx: Tx, caller: Caller, change: Change) -> None:
        for each in await repository.all_workflows(tx):
            nodes = [{**node, "config": _changed(node["config"], change)} for node in each.document["nodes"]]
            await self._workflows.rewrite_in(tx, caller, each, {**each.document, "nodes": nodes})


def _changed(config: JsonObject, change: Change) -> JsonObject:
    """A configuration, changed as the trigger of an action is: what they name has the same places in both."""
    found: JsonObject = change({"trigger": config, "invocationMethod": {"type": config["type"]}})["trigger"]
    return found

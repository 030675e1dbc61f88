"""Which actions a caller is offered, and why not the others: what a self-service hub and an entity's menu show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from fairway.kit.errors import InvalidRequest
from fairway.portal.access.decisions import Decision
from fairway.portal.actions.access.service import ActionAccess, owners_of
from fairway.portal.actions.forms.service import Document, FormService
from fairway.portal.actions.model import Action
from fairway.portal.actions.service import may_see
from fairway.portal.caller import Caller
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx


class Definitions(Protocol):
    """Where actions come from."""

    async def every(self, tx: Tx) -> Sequence[Action]:
        """All actions."""
        ...


@dataclass(frozen=True, slots=True)
class Offer:
    """An action, and whether the caller may run it."""

    action: Action
    decision: Decision

    def document(self) -> dict[str, Any]:
        """As answered."""
        return {
            "action": self.action.identifier,
            "allowed": self.decision.allowed,
            "reason": self.decision.reason,
            "rule": self.decision.rule,
        }


class Offers:
    """Decides about all actions at once. A policy is asked only when an action is run, because it may read inputs."""

    def __init__(self, db: Database, definitions: Definitions, forms: FormService, access: ActionAccess) -> None:
        self._db = db
        self._definitions = definitions
        self._forms = forms
        self._access = access

    async def of(self, caller: Caller, blueprint: str | None, entity: str | None) -> list[Offer]:
        """Published self-service actions; of a blueprint, or those that apply to one of its entities.

        Raises:
            InvalidRequest: an entity without its blueprint.
            NotFound: there is no such entity that the caller may read.
        """
        every = await self._db.read(self._definitions.every)
        found = [each for each in every if each.kind == "self-service" and each.published and may_see(caller, each)]
        if blueprint is not None:
            found = [each for each in found if each.blueprint == blueprint]
        if entity is None:
            return [Offer(each, self._access.decide_visible(caller, each)) for each in found]
        if blueprint is None:
            raise InvalidRequest('"entity" goes with "blueprint"')
        return await self._on(caller, [each for each in found if each.operation in ("DAY-2", "DELETE")], entity)

    async def _on(self, caller: Caller, actions: Sequence[Action], identifier: str) -> list[Offer]:
        if not actions:
            return []
        entity: Document = await self._forms.entity(caller, actions[0], identifier)
        owners = owners_of(entity)
        return [
            Offer(each, self._access.decide_visible(caller, each, owners))
            for each in actions
            if await self._forms.offered(caller, each, entity)
        ]

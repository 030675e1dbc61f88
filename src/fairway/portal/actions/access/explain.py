"""Why may, or may not, somebody run or approve an action: the source of ``POST /v1/fairway/access/explain``."""

from __future__ import annotations

from typing import Protocol

from fairway.kit.errors import InvalidRequest, NotFound
from fairway.portal.access.decisions import Decision, needs, who
from fairway.portal.access.explain import ActionQuestion
from fairway.portal.actions.access.service import ActionAccess, Document
from fairway.portal.actions.model import Action
from fairway.portal.actions.service import may_see, missing
from fairway.portal.caller import Caller
from fairway.portal.catalog.wiring import Catalog
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx


class Definitions(Protocol):
    """Where actions are found."""

    async def require(self, tx: Tx, identifier: str) -> Action:
        """The action.

        Raises:
            NotFound: there is none.
        """
        ...


class ActionExplainer:
    """Decides as a request would, for somebody else too."""

    def __init__(self, db: Database, catalog: Catalog, definitions: Definitions, access: ActionAccess) -> None:
        self._db = db
        self._catalog = catalog
        self._definitions = definitions
        self._access = access

    async def decide(self, asker: Caller, subject: Caller, question: ActionQuestion) -> Decision:
        """The decision about ``subject``. What ``asker`` may not see is not found.

        Raises:
            NotFound: no such action or entity, or the asker may not know of it.
            InvalidRequest: an unknown verb, or an entity without a blueprint to look for it in.
        """
        if question.verb not in ("execute", "approve"):
            raise InvalidRequest(f'"verb" must be "execute" or "approve", not "{question.verb}"')
        action = await self._db.read(lambda tx: self._definitions.require(tx, question.action))
        if not (may_see(asker, action) and self._access.decide_visible(asker, action).allowed):
            raise missing(question.action)
        entity = None if question.entity is None else await self._entity(asker, action, question.entity)
        if question.verb == "execute":
            return await self._access.decide_execute(subject, action, entity, question.inputs)
        return await self._approve(asker, subject, action, entity, question)

    async def _entity(self, asker: Caller, action: Action, identifier: str) -> Document:
        if action.blueprint is None:
            raise InvalidRequest(f'The action "{action.identifier}" has no blueprint; leave "entity" out')
        found = await self._catalog.search.readable(asker, action.blueprint, identifier)
        documents = [] if found is None else await self._catalog.reader.documents([found])
        if not documents:
            raise NotFound(f'Entity with identifier "{identifier}" was not found in blueprint "{action.blueprint}"')
        return documents[0]

    async def _approve(
        self, asker: Caller, subject: Caller, action: Action, entity: Document | None, question: ActionQuestion
    ) -> Decision:
        panel = await self._access.approvers(action, entity, question.inputs, asker)
        grant = panel.rule.grants(subject)
        block = action.permissions.get("approve") or {}
        if grant is None:
            reason = f'{who(subject)} may not approve runs of "{action.identifier}"; {needs(block)}'
            return Decision(False, reason, "none")
        itself = "" if (action.approval or {}).get("allowSelfApproval") else ", but not the runs that they start"
        return Decision(True, f"{who(subject)} may approve: {grant}{itself}", "approve")

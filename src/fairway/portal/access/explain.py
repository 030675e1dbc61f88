"""Why may, or may not, somebody do something: ``POST /v1/fairway/access/explain``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from fairway.kit.errors import Conflict, InvalidRequest, NotFound
from fairway.portal.access.decisions import WRITE_VERBS, Decision, decide_write, read_scope, require_admin
from fairway.portal.access.principals import as_caller, find_by_login, teams_of
from fairway.portal.caller import Caller
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision about a blueprint, or about one of its entities, rests on."""

    permissions: Mapping[str, Any]
    owner_teams: Sequence[str] = ()
    """Teams of the entity; empty when only the blueprint is asked about."""


class PermissionSource(Protocol):
    """Where permission documents come from: the catalog."""

    async def facts(self, blueprint: str, entity: str | None) -> Facts:
        """The permission document, and the owners of the entity when one is named.

        Raises:
            NotFound: the blueprint or the entity does not exist.
        """
        ...

    async def readable(self, caller: Caller, blueprint: str, entity: str) -> bool:
        """Whether the entity lies in what the caller may read."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """Who wants to do what with what."""

    action: str
    blueprint: str
    entity: str | None = None
    properties: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionQuestion:
    """Who may run an action, or approve its runs; for one entity and certain inputs when they are named."""

    action: str
    verb: str
    """``execute`` or ``approve``."""
    entity: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)


class ActionSource(Protocol):
    """Who decides about actions: the actions feature, once it is built."""

    async def decide(self, asker: Caller, subject: Caller, question: ActionQuestion) -> Decision:
        """The decision about ``subject``.

        Raises:
            NotFound: no such action or entity, or ``asker`` may not know of it.
            InvalidRequest: an unknown verb, or an entity that the action has no use for.
        """
        ...


class ExplainService:
    """Gives the decision that a request would meet."""

    def __init__(self, db: Database, source: PermissionSource, org_id: str) -> None:
        self._db = db
        self._source = source
        self._org_id = org_id
        self.actions: ActionSource | None = None
        """Set while the portal is built."""

    async def explain_action(
        self, caller: Caller, principal: str | None, question: ActionQuestion
    ) -> tuple[Caller, Decision]:
        """Who was asked about, and the decision about an action.

        Raises:
            Forbidden: only Admins may ask about somebody else.
            NotFound: no such principal, action or entity, or the caller may not know of it.
            Conflict: the principal is disabled.
            InvalidRequest: an unknown verb, or an entity that the action has no use for.
        """
        subject = caller if principal is None else await self._subject(caller, principal)
        if self.actions is None:
            raise NotFound(f'Action with identifier "{question.action}" was not found')
        return subject, await self.actions.decide(caller, subject, question)

    async def explain(self, caller: Caller, principal: str | None, question: Question) -> tuple[Caller, Decision]:
        """Who was asked about, and the decision.

        Raises:
            Forbidden: only Admins may ask about somebody else.
            NotFound: no such principal or resource, or the caller may not know of it.
            Conflict: the principal is disabled.
            InvalidRequest: an unknown action.
        """
        subject = caller if principal is None else await self._subject(caller, principal)
        facts = await self._source.facts(question.blueprint, question.entity)
        await self._hide(caller, question)
        return subject, await self._decide(subject, question, facts)

    async def _hide(self, caller: Caller, question: Question) -> None:
        """Explaining must not tell that an entity exists."""
        name = question.entity
        if name is None or caller.is_admin or await self._source.readable(caller, question.blueprint, name):
            return
        raise NotFound(f'Entity with identifier "{name}" was not found in blueprint "{question.blueprint}"')

    async def _subject(self, caller: Caller, name: str) -> Caller:
        if name.lower() not in (caller.principal_id.lower(), (caller.email or "").lower()):
            require_admin(caller, "ask about other principals")

        async def read(tx: Tx) -> Caller:
            row = await find_by_login(tx, name)
            if row is None:
                raise NotFound(f'Principal "{name}" was not found; name an e-mail, a user id or a client id')
            if not row.enabled:
                raise Conflict(f'Principal "{name}" is {row.status.lower()} and may do nothing at all')
            return as_caller(row, await teams_of(tx, row.id), self._org_id)

        return await self._db.read(read)

    async def _decide(self, subject: Caller, question: Question, facts: Facts) -> Decision:
        if question.action == "read":
            return await self._decide_read(subject, question, facts)
        for verb in WRITE_VERBS:
            if question.action == verb:
                return decide_write(
                    subject,
                    question.blueprint,
                    facts.permissions,
                    verb,
                    facts.owner_teams,
                    question.properties,
                    question.relations,
                )
        known = ", ".join(("read", *WRITE_VERBS))
        raise InvalidRequest(f'"action" must be one of {known}, not "{question.action}"')

    async def _decide_read(self, subject: Caller, question: Question, facts: Facts) -> Decision:
        scope = read_scope(subject, question.blueprint, facts.permissions)
        if scope.everything or scope.nothing or question.entity is None:
            return Decision(not scope.nothing, scope.reason, scope.rule)
        if await self._source.readable(subject, question.blueprint, question.entity):
            return Decision(True, f'{scope.reason}; "{question.entity}" is one of them', scope.rule)
        return Decision(False, f'{scope.reason}; "{question.entity}" is not one of them', "none")

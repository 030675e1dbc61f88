"""Writing and reading actions (contract 6.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fairway.jq import Engine
from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import Conflict, NotFound
from fairway.kit.ids import random_id
from fairway.portal.access.decisions import Decision, decide_admin
from fairway.portal.actions import repository
from fairway.portal.actions.cache import ActionCache
from fairway.portal.actions.definition import Definition, check_blueprints, compile_expressions, read_definition
from fairway.portal.actions.definition.expressions import Findings
from fairway.portal.actions.definition.renames import with_action_renamed
from fairway.portal.actions.definition.secrets import keep_secrets_out
from fairway.portal.actions.documents import shown
from fairway.portal.actions.filters import ActionFilter
from fairway.portal.actions.model import Action
from fairway.portal.actions.permissions import default_permissions, merge_permissions
from fairway.portal.caller import Caller
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.storage import Database, Tx, outbox
from fairway.portal.storage.outbox import Change


class ActionService:
    """The use cases of contract 6.1, and what other rooms ask about actions."""

    def __init__(self, db: Database, clock: Clock, schemas: SchemaCache, jq: Engine) -> None:
        self._db = db
        self._clock = clock
        self._schemas = schemas
        self._jq = jq
        self._cache = ActionCache()

    async def find(self, tx: Tx, identifier: str) -> Action | None:
        """The action, if it exists."""
        return (await self._cache.current(tx)).by_identifier.get(identifier)

    async def require(self, tx: Tx, identifier: str) -> Action:
        """The action.

        Raises:
            NotFound: with the identifier in double quotes, as clients search for it.
        """
        found = await self.find(tx, identifier)
        if found is None:
            raise missing(identifier)
        return found

    async def every(self, tx: Tx) -> Sequence[Action]:
        """All actions, oldest first; cheap, because they are cached until one changes."""
        return (await self._cache.current(tx)).every

    async def automations(self, tx: Tx) -> Sequence[Action]:
        """Published automations; as cheap as :meth:`every`."""
        return (await self._cache.current(tx)).automations

    async def all(self, caller: Caller, wanted: ActionFilter) -> list[dict[str, Any]]:
        """The actions that a filter takes and the caller may see.

        Raises:
            InvalidRequest: the filter holds an unknown word.
        """
        wanted.check()
        every = await self._db.read(self.every)
        return [shown(each) for each in every if wanted.takes(each) and may_see(caller, each)]

    async def get(self, caller: Caller, identifier: str) -> dict[str, Any]:
        """One action.

        Raises:
            NotFound: it does not exist, or is not published and the caller may not change it.
        """
        return shown(await self._visible(caller, identifier))

    async def create(self, caller: Caller, body: Mapping[str, Any]) -> dict[str, Any]:
        """Adds an action.

        Raises:
            InvalidRequest: the document is not right, with the path.
            Forbidden: the caller is no Admin.
            Conflict: the identifier is taken.
            NotFound: a blueprint or an action that the document names does not exist.
        """
        definition = await self._checked(caller, body)
        now, by = self._now(), caller.principal_id
        new = Action(
            random_id("action_"), definition.identifier, definition.document, default_permissions(), now, by, now, by
        )

        async def work(tx: Tx) -> dict[str, Any]:
            await self._cache.bump(tx)
            await self._check_free(tx, new.identifier)
            await self._check_references(tx, definition)
            await repository.add(tx, new)
            await self._record(tx, caller, "CREATE", None, new)
            return shown(new)

        return await self._db.write(work)

    async def replace(self, caller: Caller, identifier: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """PUT: the document is what the body says; another identifier in it renames. Raises like :meth:`create`."""
        definition = await self._checked(caller, {"identifier": identifier, **body})

        async def work(tx: Tx) -> dict[str, Any]:
            await self._cache.bump(tx)
            stored = await self._writable(tx, caller, identifier)
            changed = replace(stored, identifier=definition.identifier, document=definition.document)
            if changed.identifier != identifier:
                await self._check_free(tx, changed.identifier)
            await self._check_references(tx, definition, known=identifier)
            changed = await self.update_in(tx, caller, stored, changed)
            await self._follow_rename(tx, caller, identifier, changed.identifier)
            return shown(await self._stored(tx, changed.identifier))

        return await self._db.write(work)

    async def delete(self, caller: Caller, identifier: str) -> None:
        """Removes an action; its runs stay."""

        async def work(tx: Tx) -> None:
            await self._cache.bump(tx)
            await self._remove(tx, caller, await self._writable(tx, caller, identifier))

        await self._db.write(work)

    async def permissions(self, caller: Caller, identifier: str) -> dict[str, Any]:
        """Who may execute and approve (contract 6.8)."""
        return dict((await self._visible(caller, identifier)).permissions)

    async def patch_permissions(self, caller: Caller, identifier: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Merges a patch into the permission document.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: there is no such action.
            InvalidRequest: it has another shape, or holds what is not JQ.
        """
        decide_admin(caller, f'change who may use action "{identifier}"').enforce()
        found = Findings()
        merge_permissions(default_permissions(), body, found)
        await compile_expressions(self._jq, found.expressions)

        async def work(tx: Tx) -> dict[str, Any]:
            await self._cache.bump(tx)
            stored = await self._writable(tx, caller, identifier)
            merged = merge_permissions(stored.permissions, body, Findings())
            if merged == stored.permissions:
                return merged
            changed = self._stamped(caller, replace(stored, permissions=merged))
            await repository.save(tx, changed)
            await self._record_permissions(tx, caller, stored, changed)
            return merged

        return await self._db.write(work)

    async def rewrite_all(self, tx: Tx, caller: Caller, rewritten: Sequence[tuple[Action, Action]]) -> None:
        """Stores actions, before and after, that followed something they name; inside a transaction of the caller's."""
        changes = [(before, after) for before, after in rewritten if before != after]
        if changes:
            await self._cache.bump(tx)
        for before, after in changes:
            await self.update_in(tx, caller, before, after)

    async def remove_all(self, tx: Tx, caller: Caller, gone: Sequence[Action]) -> None:
        """Deletes actions inside a transaction of the caller's."""
        if gone:
            await self._cache.bump(tx)
        for each in gone:
            await self._remove(tx, caller, each)

    async def update_in(self, tx: Tx, caller: Caller, stored: Action, changed: Action) -> Action:
        """Stores a change, if answers would show it."""
        if shown(changed) == shown(stored) and changed.permissions == stored.permissions:
            return stored
        changed = self._stamped(caller, changed)
        await repository.save(tx, changed)
        await self._record(tx, caller, "UPDATE", stored, changed)
        return changed

    async def _checked(self, caller: Caller, body: Mapping[str, Any]) -> Definition:
        decide_admin(caller, "change actions").enforce()
        definition = read_definition(body)
        await compile_expressions(self._jq, definition.expressions)
        keep_secrets_out(self._jq, definition)
        return definition

    async def _visible(self, caller: Caller, identifier: str) -> Action:
        async def work(tx: Tx) -> Action:
            return await self.require(tx, identifier)

        found = await self._db.read(work)
        if not may_see(caller, found):
            raise missing(identifier)
        return found

    async def _stored(self, tx: Tx, identifier: str) -> Action:
        """Past the cache, whose content a transaction that writes must not mistake for its own."""
        found = await repository.find(tx, identifier)
        if found is None:
            raise missing(identifier)
        return found

    async def _writable(self, tx: Tx, caller: Caller, identifier: str) -> Action:
        stored = await self._stored(tx, identifier)
        if not may_see(caller, stored):
            raise missing(identifier)
        decide_change(caller, stored).enforce()
        return stored

    async def _check_free(self, tx: Tx, identifier: str) -> None:
        if await repository.exists(tx, identifier):
            raise Conflict(f'Action with identifier "{identifier}" already exists')

    async def _check_references(self, tx: Tx, definition: Definition, known: str | None = None) -> None:
        check_blueprints(definition, await self._schemas.current(tx))
        followed = (definition.document["trigger"].get("event") or {}).get("actionIdentifier")
        if followed not in (None, known) and not await repository.exists(tx, followed):
            raise NotFound(f"trigger.event.actionIdentifier: {missing(followed).message}")

    async def _follow_rename(self, tx: Tx, caller: Caller, old: str, new: str) -> None:
        """Automations that follow the runs of a renamed action."""
        if old == new:
            return
        for each in await repository.listening_to(tx, old):
            document = with_action_renamed(each.document, old, new)
            await self.update_in(tx, caller, each, replace(each, document=document))

    async def _remove(self, tx: Tx, caller: Caller, gone: Action) -> None:
        await repository.remove(tx, gone)
        await self._record(tx, caller, "DELETE", gone, None)

    async def _record(
        self, tx: Tx, caller: Caller, verb: outbox.Action, before: Action | None, after: Action | None
    ) -> None:
        of = after or before
        assert of is not None
        documents = [None if each is None else shown(each) for each in (before, after)]
        await self._append(tx, caller, of, verb, *documents)

    async def _record_permissions(self, tx: Tx, caller: Caller, before: Action, after: Action) -> None:
        documents = [{"permissions": dict(each.permissions)} for each in (before, after)]
        await self._append(tx, caller, after, "UPDATE", *documents)

    async def _append(self, tx: Tx, caller: Caller, of: Action, verb: outbox.Action, before: Any, after: Any) -> None:
        change = Change(
            verb, "action", of.identifier, before, after, of.blueprint, context={"action": of.identifier},
            additional={"actionId": of.id},
        )  # fmt: skip
        await outbox.append(tx, caller, self._now(), [change])

    def _stamped(self, caller: Caller, changed: Action) -> Action:
        return replace(changed, updated_at=self._now(), updated_by=caller.principal_id)

    def _now(self) -> int:
        return to_millis(self._clock.now())


def decide_change(caller: Caller, action: Action) -> Decision:
    """Whether the caller may change or delete an action: Admins alone. Runs are delivered with the organisation's
    secrets and credentials, so whoever writes an invocation can do what an Admin can."""
    return decide_admin(caller, f'change action "{action.identifier}"')


def may_see(caller: Caller, action: Action) -> bool:
    """Everybody sees published actions, and those who may change it one that is not."""
    return action.published or decide_change(caller, action).allowed


def missing(identifier: str) -> NotFound:
    """The one answer for actions that do not exist and for those that the caller may not see."""
    return NotFound(f'Action with identifier "{identifier}" was not found')

"""Use cases of workflow definitions (contract 7.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fairway.jq import Engine
from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import Conflict, NotFound
from fairway.kit.ids import random_id
from fairway.portal.access.decisions import require_admin
from fairway.portal.caller import Caller
from fairway.portal.storage import Database, Tx, outbox
from fairway.portal.storage.outbox import Change
from fairway.portal.workflows import repository
from fairway.portal.workflows.definition import document_of, identifier_of
from fairway.portal.workflows.model import Workflow
from fairway.portal.workflows.timetable import plan_in


class WorkflowService:
    """Keeps definitions. Everyone reads them, Admins write them."""

    def __init__(self, db: Database, clock: Clock, jq: Engine) -> None:
        self._db = db
        self._clock = clock
        self._jq = jq

    async def all(self) -> list[dict[str, Any]]:
        """Every definition, by identifier."""
        return [each.shown() for each in await self._db.read(repository.all_workflows)]

    async def get(self, identifier: str) -> dict[str, Any]:
        """One definition.

        Raises:
            NotFound: there is none of that identifier.
        """
        return (await self._db.read(lambda tx: require_workflow(tx, identifier))).shown()

    async def create(self, caller: Caller, body: Mapping[str, Any]) -> dict[str, Any]:
        """Stores a new definition.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: the definition does not hold.
            Conflict: the identifier is taken.
        """
        require_admin(caller, "define workflows")
        now, by = self._now(), caller.principal_id
        identifier, document = identifier_of(body), await document_of(self._jq, body)
        new = Workflow(random_id("wf_"), identifier, document, now, by, now, by)

        async def work(tx: Tx) -> None:
            if not await repository.add(tx, new):
                raise Conflict(f'Workflow with identifier "{new.identifier}" already exists')
            await self._stored(tx, caller, None, new)

        await self._db.write(work)
        return new.shown()

    async def replace(self, caller: Caller, identifier: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Replaces a definition; the body may name another identifier. Runs that go on keep the definition they have.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: the definition does not hold.
            NotFound: there is none of that identifier.
            Conflict: the new identifier is taken.
        """
        require_admin(caller, "change workflows")
        whole = {"identifier": identifier, **body}
        name, document = identifier_of(whole), await document_of(self._jq, whole)

        async def work(tx: Tx) -> Workflow:
            before = await require_workflow(tx, identifier)
            if name != identifier and await repository.find(tx, name) is not None:
                raise Conflict(f'Workflow with identifier "{name}" already exists')
            return await self._replace_in(tx, caller, before, replace(before, identifier=name, document=document))

        return (await self._db.write(work)).shown()

    async def rewrite_in(self, tx: Tx, caller: Caller, before: Workflow, document: dict[str, Any]) -> None:
        """Has a definition follow what it names."""
        await self._replace_in(tx, caller, before, replace(before, document=document))

    async def delete(self, caller: Caller, identifier: str) -> None:
        """Removes a definition; its runs stay and go on.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: there is none of that identifier.
        """
        require_admin(caller, "delete workflows")

        async def work(tx: Tx) -> None:
            before = await require_workflow(tx, identifier)
            await repository.remove(tx, before.id)
            await self._tell(tx, caller, "DELETE", before, None)

        await self._db.write(work)

    async def _replace_in(self, tx: Tx, caller: Caller, before: Workflow, after: Workflow) -> Workflow:
        """Stores what differs."""
        if after == before:
            return before
        stamp = max(self._now(), before.updated_at + 1)
        after = replace(after, updated_at=stamp, updated_by=caller.principal_id)
        await repository.save(tx, after)
        await self._stored(tx, caller, before, after)
        return after

    async def _stored(self, tx: Tx, caller: Caller, before: Workflow | None, after: Workflow) -> None:
        await plan_in(tx, after, self._clock.now())
        await self._tell(tx, caller, "UPDATE" if before else "CREATE", before, after)

    async def _tell(
        self, tx: Tx, caller: Caller, action: outbox.Action, before: Workflow | None, after: Workflow | None
    ) -> None:
        subject = after or before
        assert subject is not None
        was, becomes = (None if each is None else each.shown() for each in (before, after))
        context = {"workflow": subject.identifier}
        change = Change(action, "workflow", subject.identifier, was, becomes, context=context)
        await outbox.append(tx, caller, self._now(), [change])

    def _now(self) -> int:
        return to_millis(self._clock.now())


async def require_workflow(tx: Tx, identifier: str) -> Workflow:
    """One definition.

    Raises:
        NotFound: there is none of that identifier.
    """
    found = await repository.find(tx, identifier)
    if found is None:
        raise NotFound(f'Workflow with identifier "{identifier}" was not found')
    return found

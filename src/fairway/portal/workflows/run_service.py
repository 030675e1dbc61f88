"""Reading and cancelling workflow runs."""

from __future__ import annotations

from typing import Any

from fairway.kit.errors import Conflict, Forbidden, InvalidRequest
from fairway.portal.caller import Caller
from fairway.portal.storage import Database, Tx
from fairway.portal.workflows import logs
from fairway.portal.workflows import run_repository as repository
from fairway.portal.workflows.engine import Engine
from fairway.portal.workflows.sight import require_node, require_run

_STATUSES = ("IN_PROGRESS", "COMPLETED")


class WorkflowRuns:
    """What people see and do with runs."""

    def __init__(self, db: Database, engine: Engine) -> None:
        self._db = db
        self._engine = engine

    async def all(
        self, caller: Caller, *, workflow: str | None, status: str | None, before: str | None, limit: int
    ) -> tuple[list[dict[str, Any]], str | None]:
        """The newest runs that the caller may see, and where the next page begins.

        Raises:
            InvalidRequest: the status or the place is none.
        """
        if status is not None and status not in _STATUSES:
            raise InvalidRequest(f'"status" must be one of {", ".join(_STATUSES)}')
        if before is not None and not before.isdecimal():
            raise InvalidRequest('"from" must be "next" of the page before')
        creator = None if caller.is_admin else caller.principal_id
        start = None if before is None else int(before)

        async def work(tx: Tx) -> list[Any]:
            return await repository.runs(
                tx, workflow=workflow, status=status, creator=creator, before=start, limit=limit + 1
            )

        found = await self._db.read(work)
        more = str(found[limit - 1].number) if len(found) > limit else None
        return [each.shown() for each in found[:limit]], more

    async def get(self, caller: Caller, run_id: str) -> dict[str, Any]:
        """A run with its node runs.

        Raises:
            NotFound: there is none that the caller may see.
        """

        async def work(tx: Tx) -> dict[str, Any]:
            run = await require_run(tx, caller, run_id)
            nodes = [each.shown() for each in await repository.node_runs(tx, run.id)]
            return {**run.shown(), "definition": run.definition, "nodeRuns": nodes}

        return await self._db.read(work)

    async def node_logs(self, caller: Caller, node_run_id: str, limit: int, offset: int) -> list[dict[str, Any]]:
        """Log lines of a node run, oldest first.

        Raises:
            NotFound: there is none that the caller may see.
        """

        async def work(tx: Tx) -> list[dict[str, Any]]:
            await require_node(tx, caller, node_run_id)
            return await logs.page_in(tx, node_run_id, limit, offset)

        return await self._db.read(work)

    async def cancel(self, caller: Caller, run_id: str) -> dict[str, Any]:
        """Ends a run. What its backends have begun goes on.

        Raises:
            NotFound: there is none that the caller may see.
            Forbidden: the caller is neither an Admin nor who started it.
            Conflict: it has ended.
        """

        async def work(tx: Tx) -> dict[str, Any]:
            run = await require_run(tx, caller, run_id)
            if not caller.is_admin and caller.principal_id != run.created_by:
                raise Forbidden("Only Admins and whoever started a run may cancel it")
            if not await self._engine.cancel_in(tx, caller, run_id):
                raise Conflict(f'Workflow run "{run_id}" has ended; there is nothing to cancel')
            return (await require_run(tx, caller, run_id)).shown()

        return await self._db.write(work)

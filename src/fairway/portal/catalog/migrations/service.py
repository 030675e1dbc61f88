"""Use cases of migrations (contract 10.10) and of deleting all entities of a blueprint (2.8)."""

from __future__ import annotations

import time
from typing import Any

from fairway.jq import Engine, EntityMapping
from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import Conflict, InvalidRequest, NotFound
from fairway.kit.ids import random_id
from fairway.portal.access.decisions import require_admin
from fairway.portal.caller import Caller, system_caller
from fairway.portal.catalog.blueprints.repository import next_identifiers
from fairway.portal.catalog.blueprints.service import BlueprintService, check_deletable
from fairway.portal.catalog.entities.context import DeleteOptions
from fairway.portal.catalog.entities.service import EntityService
from fairway.portal.catalog.migrations import repository
from fairway.portal.catalog.migrations.repository import ENDED, shown
from fairway.portal.catalog.migrations.run import MappingRun
from fairway.portal.catalog.reading.reader import EntityReader
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.storage.database import Database
from fairway.portal.storage.jobs import Job, JobHandler, enqueue
from fairway.portal.storage.tx import Tx

JOB_KIND = "catalog.migration"
_CHUNK = 500
"""Entities that one transaction deletes: short enough that other writers do not wait long."""
_INLINE_SECONDS = 5.0
"""How long a request works on a deletion itself; what is left becomes a job that the client polls for."""


class MigrationService:
    """Starts, runs, lists and cancels migrations."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        schemas: SchemaCache,
        blueprints: BlueprintService,
        entities: EntityService,
        reader: EntityReader,
        jq: Engine,
        org_id: str,
    ) -> None:
        self._db = db
        self._clock = clock
        self._schemas = schemas
        self._blueprints = blueprints
        self._entities = entities
        self._reader = reader
        self._jq = jq
        self._org_id = org_id

    @property
    def job_handler(self) -> JobHandler:
        """Continues what a request did not finish."""
        return JobHandler(JOB_KIND, self._run_job)

    async def delete_all_entities(
        self, caller: Caller, blueprint: str, *, delete_blueprint: bool, run_id: str | None
    ) -> str:
        """Deletes every entity of a blueprint, and the blueprint itself when asked; answers the migration's id.

        Raises:
            HasDependents: the blueprint is to go and another one targets it; nothing is deleted then.
        """
        require_admin(caller, f'delete all entities of blueprint "{blueprint}"')
        identifier = random_id("mig_")
        document = {
            "kind": "delete",
            "deleteEntities": True,
            "deleteBlueprint": delete_blueprint,
            "runId": run_id,
            "mapping": {},
        }

        async def begin(tx: Tx) -> None:
            schema = await self._schemas.current(tx)
            current = schema.require(blueprint)
            if current.system:
                raise InvalidRequest(f'System blueprint "{blueprint}" cannot be emptied', code="protected_resource")
            if delete_blueprint:
                check_deletable(schema, current)
            await self._begin(tx, caller, identifier, blueprint, document)

        await self._db.write(begin)
        await self._delete(identifier, caller, time.monotonic() + _INLINE_SECONDS)
        return identifier

    async def start(self, caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
        """Maps the entities of ``sourceBlueprint`` into ``mapping.blueprint`` as a job.

        Raises:
            NotFound: one of the blueprints does not exist.
            InvalidRequest: the mapping does not fit or does not compile.
        """
        require_admin(caller, "start migrations")
        source, mapping = body.get("sourceBlueprint"), body.get("mapping")
        if not isinstance(source, str) or not isinstance(mapping, dict):
            raise InvalidRequest('"sourceBlueprint" must be a string and "mapping" an object')
        target = mapping.get("blueprint")
        if not isinstance(target, str) or not isinstance(mapping.get("entity"), dict):
            raise InvalidRequest(
                '"mapping.blueprint" must be a string and "mapping.entity" an object of jq expressions'
            )
        EntityMapping(self._jq, mapping["entity"])
        for key in ("filter", "itemsToParse"):
            if mapping.get(key):
                self._jq.compile(mapping[key])
        identifier = random_id("mig_")
        document = {"kind": "map", "mapping": mapping, "cursor": 0, "successCount": 0, "failureCount": 0}

        async def begin(tx: Tx) -> Any:
            schema = await self._schemas.current(tx)
            schema.require(source)
            schema.require(target)
            await self._begin(tx, caller, identifier, source, document)
            return await repository.get(tx, identifier)

        return shown(await self._db.write(begin))

    async def _begin(self, tx: Tx, caller: Caller, identifier: str, source: str, document: dict[str, Any]) -> None:
        """The record and the job; the job of a deletion waits while the request itself is at work."""
        now = self._now()
        due_at = now + 2_000 * int(_INLINE_SECONDS) if document["kind"] == "delete" else now
        await repository.add(tx, identifier, caller.principal_id, source, document, now)
        await enqueue(tx, JOB_KIND, identifier, {"migration": identifier}, now=now, due_at=due_at)

    async def get(self, identifier: str) -> dict[str, Any]:
        """One migration.

        Raises:
            NotFound: it does not exist.
        """
        row = await self._db.read(lambda tx: repository.get(tx, identifier))
        if row is None:
            raise NotFound(f'Migration with identifier "{identifier}" was not found')
        return shown(row)

    async def list(self, statuses: list[str], actor: str | None, blueprint: str | None) -> list[dict[str, Any]]:
        """Migrations, newest first."""
        return [
            shown(row) for row in await self._db.read(lambda tx: repository.list_all(tx, statuses, actor, blueprint))
        ]

    async def cancel(self, caller: Caller, identifier: str, reason: str) -> dict[str, Any]:
        """Stops a migration after the chunk in hand; what it did stays.

        Raises:
            NotFound: it does not exist.
            Conflict: it has ended.
        """
        require_admin(caller, "cancel migrations")

        async def work(tx: Tx) -> Any:
            row = await repository.get(tx, identifier)
            if row is None:
                raise NotFound(f'Migration with identifier "{identifier}" was not found')
            if row.status in ENDED:
                raise Conflict(f'Migration "{identifier}" has already ended with status {row.status}')
            document = {**row.document, "message": f"Cancelled: {reason}"}
            await repository.save(tx, identifier, document, "CANCELLED", self._now())
            return await repository.get(tx, identifier)

        return shown(await self._db.write(work))

    async def _run_job(self, job: Job) -> None:
        row = await self._db.read(lambda tx: repository.get(tx, job.payload["migration"]))
        if row is None or row.status in ENDED:
            return
        caller = system_caller(self._org_id, origin="MIGRATION")
        deadline = time.monotonic() + 30
        if row.document["kind"] == "delete":
            done = await self._delete(row.id, caller, deadline)
        else:
            done = await self._map(row, caller, deadline)
        if not done:
            now = self._now()
            follow = f"{row.id}:{now}"
            await self._db.write(lambda tx: enqueue(tx, JOB_KIND, follow, job.payload, now=now))

    async def _delete(self, identifier: str, caller: Caller, deadline: float) -> bool:
        """Deletes chunk by chunk until nothing is left or the time is up."""
        while True:
            left = await self._db.write(lambda tx: self._delete_chunk(tx, caller, identifier))
            if not left:
                return True
            if time.monotonic() > deadline:
                return False

    async def _delete_chunk(self, tx: Tx, caller: Caller, identifier: str) -> bool:
        row = await repository.get(tx, identifier)
        if row is None or row.status in ENDED:
            return False
        blueprint = (await self._schemas.current(tx)).get(row.source_blueprint)
        document = dict(row.document)
        if blueprint is not None:
            names = await next_identifiers(tx, blueprint.id, _CHUNK)
            if names:
                reason = f"all entities of the blueprint were deleted (migration {identifier})"
                options = DeleteOptions(run_id=document.get("runId"), reason=reason, emptying=True)
                await self._entities.delete_in(tx, caller, blueprint.identifier, names, options)
                document["successCount"] = document.get("successCount", 0) + len(names)
                await repository.save(tx, identifier, document, "RUNNING", self._now())
                return True
            if document["deleteBlueprint"]:
                await self._blueprints.delete_in(tx, caller, blueprint.identifier)
        await repository.save(tx, identifier, document, "COMPLETED", self._now())
        return False

    async def _map(self, row: Any, caller: Caller, deadline: float) -> bool:
        run = MappingRun(self._db, self._schemas, self._entities, self._reader, self._jq, caller, row)
        while time.monotonic() < deadline:
            document, done = await run.step()
            if await self._save(row.id, document, "COMPLETED" if done else "RUNNING"):
                return True
        return False

    async def _save(self, identifier: str, document: dict[str, Any], status: str) -> bool:
        """Keeps progress; true when the migration has ended, by itself or by a cancellation."""

        async def work(tx: Tx) -> bool:
            await repository.save(tx, identifier, document, status, self._now())
            row = await repository.get(tx, identifier)
            return row is None or row.status in ENDED

        return await self._db.write(work)

    def _now(self) -> int:
        return to_millis(self._clock.now())

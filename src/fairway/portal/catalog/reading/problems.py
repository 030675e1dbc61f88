"""Problems of a blueprint's computed properties, kept where people can see them (contract 15.23)."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from sqlalchemy import select

from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.kit.logs import get_logger
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.reading.plans import Calculation
from fairway.portal.catalog.tables import blueprint_problem
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

_QUIET_SECONDS = 60
"""A problem is written again after this long: reads are many, and one line says enough."""

log = get_logger(__name__)


class ProblemLog:
    """Writes problems beside the reads that meet them; a read never waits for it."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._told: dict[tuple[int, str, str], float] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def report(self, blueprint: Blueprint, calculation: Calculation, entity: str | None, message: str) -> None:
        """Notes that a calculation could not be worked out."""
        key = (blueprint.id, calculation.name, calculation.program)
        now = time.monotonic()
        if now - self._told.get(key, -_QUIET_SECONDS) < _QUIET_SECONDS:
            return
        if len(self._told) > 1000:
            self._told.clear()
        self._told[key] = now
        values = {
            "blueprint_id": blueprint.id, "property": calculation.name, "program": calculation.program,
            "entity": entity, "message": message[:2000], "at": to_millis(self._clock.now()),
        }  # fmt: skip
        task = asyncio.get_running_loop().create_task(self._write(values))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def settle(self) -> None:
        """Waits for what is being written."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def of(self, blueprint: Blueprint) -> list[dict[str, Any]]:
        """Problems of the blueprint as it is now: those of programs replaced since are gone."""
        await self.settle()

        async def work(tx: Tx) -> list[dict[str, Any]]:
            rows = await tx.rows(
                select(blueprint_problem)
                .where(blueprint_problem.c.blueprint_id == blueprint.id)
                .order_by(blueprint_problem.c.property)
            )
            return [
                {"property": row.property, "entity": row.entity, "message": row.message, "at": rfc3339(row.at)}
                for row in rows
                if (blueprint.calculations.get(row.property) or {}).get("calculation") == row.program
            ]

        return await self._db.read(work)

    async def _write(self, values: dict[str, Any]) -> None:
        async def work(tx: Tx) -> None:
            await tx.upsert(blueprint_problem, values, ("blueprint_id", "property"))

        try:
            await self._db.write(work)
        except Exception as error:  # noqa: BLE001 a note that cannot be kept must not break the read that made it
            log.warning("problem_not_kept", error=str(error))

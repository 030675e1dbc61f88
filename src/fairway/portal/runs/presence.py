"""Which actions, blueprints and entities that runs name are gone: ``deleted`` in answers (contract 7.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from fairway.portal.actions.service import ActionService
from fairway.portal.caller import Caller
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.catalog.search.lookups import SearchLookups
from fairway.portal.runs.model import Run
from fairway.portal.storage import Tx


class Presence:
    """Looks everything up set-wise."""

    def __init__(self, actions: ActionService, schemas: SchemaCache, lookups: SearchLookups, system: Caller) -> None:
        self._actions = actions
        self._schemas = schemas
        self._lookups = lookups
        self._system = system

    async def deleted(self, tx: Tx, runs: Sequence[Run]) -> list[frozenset[str]]:
        """For each run what of it is gone: ``action``, ``blueprint``, ``entity``."""
        schema = await self._schemas.current(tx)
        named: dict[str, set[str]] = defaultdict(set)
        for run in runs:
            if run.blueprint is not None and run.entity is not None and schema.get(run.blueprint) is not None:
                named[run.blueprint].add(run.entity)
        present = {name: await self._present(tx, schema.require(name), wanted) for name, wanted in named.items()}
        found = []
        for run in runs:
            gone = set()
            if await self._actions.find(tx, run.action) is None:
                gone.add("action")
            if run.blueprint is not None and schema.get(run.blueprint) is None:
                gone.add("blueprint")
            if run.entity is not None and run.entity not in present.get(run.blueprint or "", ()):
                gone.add("entity")
            found.append(frozenset(gone))
        return found

    async def _present(self, tx: Tx, blueprint: Blueprint, wanted: set[str]) -> set[str]:
        query = {
            "combinator": "and",
            "rules": [{"property": "$identifier", "operator": "in", "value": sorted(wanted)}],
        }
        schema = await self._schemas.current(tx)
        found = await self._lookups.find(tx, schema, self._system, blueprint, query, len(wanted))
        return {identifier for _, identifier in found}

"""What a batch has decided to write: rows, edges, index rows and events, written set-wise at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from fairway.portal.catalog.entities import repository
from fairway.portal.catalog.entities.context import Context
from fairway.portal.catalog.entities.deletion import tell
from fairway.portal.catalog.entities.model import EntityChange, Outcome, Stored
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.search.index import index_rows
from fairway.portal.storage import outbox
from fairway.portal.storage.outbox import Change


class Ledger:
    """Collects the effects of a batch. An entity touched twice ends as the last item left it."""

    def __init__(self, context: Context, run_id: str | None, notes: Mapping[str, dict[str, Any]]) -> None:
        self._tx = context.tx
        self._caller = context.caller
        self._now = context.now
        self._context = context
        self._run_id = run_id
        self._notes = notes
        self._inserts: dict[int, tuple[Blueprint, Stored]] = {}
        self._updates: dict[int, Stored] = {}
        self._restamped: dict[int, Stored] = {}
        self._edges: dict[tuple[int, int], tuple[bool, Sequence[tuple[int, str]]]] = {}
        self._index: dict[tuple[int, int], tuple[bool, list[tuple[str | None, float | None]]]] = {}
        self._changes: list[Change] = []
        self._told: list[EntityChange] = []
        self.additional: dict[int, dict[str, Any]] = {}
        """``additionalData`` that observers gave, by entity id."""

    def created(self, blueprint: Blueprint, after: Stored) -> None:
        """A new entity."""
        self._inserts[after.id] = (blueprint, after)
        for name, targets in after.relations.items():
            self._edges[after.id, blueprint.relations[name].id] = (False, targets)
        if blueprint.indexed:
            for key, text, number in index_rows(blueprint, after.properties, after.team):
                self._index.setdefault((after.id, key), (False, []))[1].append((text, number))
        self._tell(blueprint, after.id, None, after.document(blueprint))

    def updated(self, blueprint: Blueprint, before: Stored, after: Stored) -> bool:
        """A written entity; false when nothing but the stamp moves (contract 3.3: no event, same ``updatedAt``)."""
        if _same(before, after):
            if before.datasource_id != after.datasource_id and after.id not in self._inserts:
                self._restamped[after.id] = after
            return False
        after.updated_at, after.updated_by = self._now, self._caller.principal_id
        if after.id in self._inserts:
            self._inserts[after.id] = (blueprint, after)
        else:
            self._updates[after.id] = after
        self._diff_edges(blueprint, before, after)
        if blueprint.indexed:
            self._diff_index(blueprint, before, after)
        self._tell(blueprint, after.id, before.document(blueprint), after.document(blueprint))
        return True

    def _diff_edges(self, blueprint: Blueprint, before: Stored, after: Stored) -> None:
        for name in before.relations.keys() | after.relations.keys():
            targets = after.relations.get(name, [])
            if before.relations.get(name, []) != targets:
                self._edges[after.id, blueprint.relations[name].id] = (after.id not in self._inserts, targets)

    def _diff_index(self, blueprint: Blueprint, before: Stored, after: Stored) -> None:
        present = _by_key(index_rows(blueprint, before.properties, before.team))
        wanted = _by_key(index_rows(blueprint, after.properties, after.team))
        for key in present.keys() | wanted.keys():
            rows = wanted.get(key, [])
            if present.get(key, []) != rows:
                self._index[after.id, key] = (after.id not in self._inserts, rows)

    def _tell(
        self, blueprint: Blueprint, entity_id: int, before: dict[str, Any] | None, after: dict[str, Any] | None
    ) -> None:
        shown = after or before
        assert shown is not None
        self._changes.append(
            Change(
                "UPDATE" if before and after else "CREATE" if after else "DELETE", "entity", shown["identifier"],
                before, after, blueprint.identifier, shown["identifier"], self._run_id,
                self._notes.get(shown["identifier"]), destination=blueprint.changelog_destination,
            )
        )  # fmt: skip
        if blueprint.identifier in self._context.watched:
            self._told.append(EntityChange(blueprint, entity_id, before, after))

    async def write(self) -> None:
        """Writes everything, then tells the observers."""
        tx = self._tx
        if self._inserts:
            await repository.insert_entities(tx, list(self._inserts.values()))
        if self._updates:
            await repository.update_entities(tx, list(self._updates.values()))
        if self._restamped:
            await repository.restamp(tx, [each for key, each in self._restamped.items() if key not in self._updates])
        await self._write_edges()
        await self._write_index()
        await outbox.append(tx, self._caller, self._now, self._changes)
        self.additional.update(await tell(self._context, self._told))

    async def _write_edges(self) -> None:
        dropped = [key for key, (replaces, _) in self._edges.items() if replaces]
        added = [
            (source, relation, target, position)
            for (source, relation), (_, targets) in self._edges.items()
            for position, (target, _) in enumerate(targets)
        ]
        await repository.replace_edges(self._tx, dropped, added)

    async def _write_index(self) -> None:
        dropped = [key for key, (replaces, _) in self._index.items() if replaces]
        added = [
            (source, key, position, text, number)
            for (source, key), (_, rows) in self._index.items()
            for position, (text, number) in enumerate(rows)
        ]
        await repository.replace_index(self._tx, dropped, added)

    async def write_failures(self, blueprint: Blueprint, outcomes: Sequence[Outcome]) -> None:
        """Audit records of items that were refused (contract 10.7)."""
        failures = [
            Change(
                "UPDATE", "entity", outcome.identifier, None, None, blueprint.identifier, outcome.identifier,
                self._run_id, self._notes.get(outcome.identifier), status="FAILURE", message=outcome.error.message,
            )
            for outcome in outcomes
            if outcome.error is not None
        ]  # fmt: skip
        await outbox.append(self._tx, self._caller, self._now, failures)


def _by_key(rows: Sequence[tuple[int, str | None, float | None]]) -> dict[int, list[tuple[str | None, float | None]]]:
    found: dict[int, list[tuple[str | None, float | None]]] = {}
    for key, text, number in rows:
        found.setdefault(key, []).append((text, number))
    return found


def _same(before: Stored, after: Stored) -> bool:
    """Equal as JSON. Python calls ``1``, ``1.0`` and ``true`` equal, so equal properties are compared as bytes too."""
    return (
        before.properties == after.properties
        and before.relations == after.relations
        and before.identifier == after.identifier
        and before.title == after.title
        and before.icon == after.icon
        and (before.team or []) == (after.team or [])
        and _canonical(before.properties) == _canonical(after.properties)
    )


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)

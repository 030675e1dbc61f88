"""What saving a blueprint would do, before it is saved: what the document changes, and which entities would no longer
fit. Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import select

from fairway.kit.errors import FairwayError
from fairway.portal.access.decisions import decide_moderation
from fairway.portal.caller import Caller
from fairway.portal.catalog.blueprints.service import BlueprintService
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.properties.validator import EntityValidator, compile_validator
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.catalog.tables import entity
from fairway.portal.storage import Database, Tx

_PAGE = 1_000
MAX_CHECKED = 50_000
"""Entities that a plan looks at."""
_EXAMPLES = 20
_PARTS = {
    "properties": ("schema", "properties"),
    "relations": ("relations",),
    "mirrorProperties": ("mirrorProperties",),
    "calculationProperties": ("calculationProperties",),
    "aggregationProperties": ("aggregationProperties",),
}


@dataclass(slots=True)
class _Tally:
    entities: int = 0
    failing: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)

    def refuse(self, row: Any, reason: str) -> None:
        self.failing += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append({"identifier": row.identifier, "title": row.title, "message": reason})


class BlueprintPlans:
    """Plans of changes."""

    def __init__(self, db: Database, schemas: SchemaCache, blueprints: BlueprintService) -> None:
        self._db = db
        self._schemas = schemas
        self._blueprints = blueprints

    async def plan(self, caller: Caller, identifier: str, body: dict[str, Any]) -> dict[str, Any]:
        """``{changes, entities, checked, failing, examples, lost}`` of a PUT with this body.

        ``changes`` lists what is added, removed and changed of each part; ``failing`` counts entities whose properties
        the new schema would refuse when they are next written; ``lost`` counts values of properties that go.

        Raises:
            NotFound: the blueprint does not exist.
            Forbidden: the caller may not change it.
            InvalidRequest: the PUT would be refused.
        """
        current = (await self._db.read(self._schemas.current)).require(identifier)
        decide_moderation(caller, identifier, f'change blueprint "{identifier}"').enforce()
        document = await self._db.read(lambda tx: self._blueprints.check_change(tx, current, body))
        tally = await self._checked(current, document)
        total = await self._blueprints.count(identifier)
        return {
            "changes": _changes(current.document, document),
            "entities": total,
            "checked": tally.entities,
            "failing": tally.failing,
            "examples": tally.examples,
            "lost": [{"property": name, "values": count} for name, count in sorted(tally.lost.items())],
        }

    async def _checked(self, current: Blueprint, document: Mapping[str, Any]) -> _Tally:
        tally, last = _Tally(), -1
        kept = _part(document, ("schema", "properties"))
        gone = current.properties.keys() - kept.keys()
        validator = compile_validator(document)
        while tally.entities < MAX_CHECKED:
            rows = await self._db.read(partial(_page, blueprint_id=current.id, after=last))
            for row in rows:
                _look(tally, row, validator, gone)
            if len(rows) < _PAGE:
                break
            last = int(rows[-1].id)
        return tally


async def _page(tx: Tx, blueprint_id: int, after: int) -> list[Any]:
    wanted = select(entity.c.id, entity.c.identifier, entity.c.title, entity.c.properties)
    wanted = wanted.where(entity.c.blueprint_id == blueprint_id, entity.c.id > after)
    return list(await tx.rows(wanted.order_by(entity.c.id).limit(_PAGE)))


def _look(tally: _Tally, row: Any, validator: EntityValidator, gone: set[str]) -> None:
    tally.entities += 1
    properties = {name: value for name, value in row.properties.items() if value is not None}
    tally.lost.update(properties.keys() & gone)
    try:
        validator.validate({name: value for name, value in properties.items() if name not in gone}, partial=False)
    except FairwayError as error:
        tally.refuse(row, error.message)


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, list[str]]]:
    found = {}
    for name, path in _PARTS.items():
        old, new = _part(before, path), _part(after, path)
        changes = {
            "added": sorted(new.keys() - old.keys()),
            "removed": sorted(old.keys() - new.keys()),
            "changed": sorted(key for key in new.keys() & old.keys() if new[key] != old[key]),
        }
        if any(changes.values()):
            found[name] = changes
    return found


def _part(document: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    found: Any = document
    for key in path:
        found = (found or {}).get(key)
    return found or {}

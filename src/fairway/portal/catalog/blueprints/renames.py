"""Renaming a property, relation or mirror: values and every reference follow (contract 2.7)."""

from __future__ import annotations

from typing import Any

from fairway.kit.errors import Conflict, InvalidRequest, NotFound
from fairway.portal.access.decisions import decide_moderation
from fairway.portal.caller import Caller
from fairway.portal.catalog import system
from fairway.portal.catalog.blueprints import repository
from fairway.portal.catalog.blueprints.documents import with_key_renamed, with_steps_renamed
from fairway.portal.catalog.blueprints.observer import MemberKind
from fairway.portal.catalog.blueprints.service import BlueprintService
from fairway.portal.catalog.identifiers import check_key
from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

_NOUN = {"properties": "Property", "relations": "Relation", "mirrorProperties": "Mirror property"}


class RenameService:
    """Renames members of blueprints."""

    def __init__(self, db: Database, schemas: SchemaCache, blueprints: BlueprintService) -> None:
        self._db = db
        self._schemas = schemas
        self._blueprints = blueprints

    async def rename(self, caller: Caller, blueprint: str, kind: MemberKind, old: str, new: Any) -> dict[str, Any]:
        """Gives a member another name and answers the blueprint.

        Raises:
            NotFound: the blueprint or the member does not exist.
            Conflict: the new name is taken.
        """
        name = check_key(new, f"{_NOUN[kind]} identifier")
        return await self._db.write(lambda tx: self._rename(tx, caller, blueprint, kind, old, name))

    async def _rename(
        self, tx: Tx, caller: Caller, identifier: str, kind: MemberKind, old: str, new: str
    ) -> dict[str, Any]:
        schema = await self._schemas.current(tx)
        current = schema.require(identifier)
        decide_moderation(caller, identifier, f'change blueprint "{identifier}"').enforce()
        _check(current, kind, old, new)
        await self._move(tx, current, kind, old, new)
        await self._follow(tx, schema, current, kind, old, new)
        for observer in self._blueprints.observers:
            await observer.member_renamed(tx, caller, identifier, kind, old, new)
        await self._schemas.bump(tx)
        fresh = await self._schemas.current(tx)
        moved = fresh.require(identifier)
        return await self._blueprints.rewrite(tx, caller, fresh, moved, dict(moved.document))

    async def _move(self, tx: Tx, current: Blueprint, kind: MemberKind, old: str, new: str) -> None:
        if kind == "properties":
            await repository.rename_property(tx, current.id, old, new)
        elif kind == "relations":
            await repository.rename_relation(tx, current.id, old, new)
        permissions = _permissions_renamed(dict(current.permissions), kind, old, new)
        document = with_key_renamed(dict(current.document), kind, old, new)
        await repository.update_blueprint(tx, current.id, document=document, permissions=permissions)

    async def _follow(self, tx: Tx, schema: Schema, current: Blueprint, kind: str, old: str, new: str) -> None:
        """References in mirrors, aggregations, calculations and ownership of all blueprints."""
        renames = {(current.identifier, old): new}
        targets = {(each.identifier, rel.identifier): rel.target for each in schema for rel in each.relations.values()}
        for each in schema:
            document = dict(each.document)
            if each.id == current.id:
                document = with_key_renamed(document, kind, old, new)
            changed = with_steps_renamed(document, renames, each.identifier, targets)
            if changed is not None:
                await repository.update_blueprint(tx, each.id, document=changed)


def _check(current: Blueprint, kind: MemberKind, old: str, new: str) -> None:
    members = {"properties": current.properties, "relations": current.relations, "mirrorProperties": current.mirrors}
    if old not in members[kind]:
        raise NotFound(f'{_NOUN[kind]} "{old}" was not found in blueprint "{current.identifier}"')
    taken = {*current.properties, *current.mirrors, *current.calculations, *current.aggregations}
    if new != old and new in (current.relations if kind == "relations" else taken):
        raise Conflict(f'Blueprint "{current.identifier}" already has a member "{new}"')
    core = system.structure(current.identifier) or {}
    held = core.get("schema", {}).get("properties", {}) if kind == "properties" else core.get(kind, {})
    if current.system and old in held:
        raise InvalidRequest(
            f'"{old}" of system blueprint "{current.identifier}" cannot be renamed', code="protected_resource"
        )


def _permissions_renamed(permissions: dict[str, Any], kind: MemberKind, old: str, new: str) -> dict[str, Any]:
    section = "updateRelations" if kind == "relations" else "updateProperties"
    entities = dict(permissions.get("entities") or {})
    entities[section] = {(new if name == old else name): rule for name, rule in (entities.get(section) or {}).items()}
    return {**permissions, "entities": entities}

"""Use cases of blueprints."""

from __future__ import annotations

from typing import Any

from fairway.jq import Engine, JqSyntaxError
from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import Conflict, HasDependents, InvalidRequest, NotFound
from fairway.portal.access.decisions import decide_moderation, require_admin
from fairway.portal.access.permissions import default_permissions, merge_permissions
from fairway.portal.caller import Caller
from fairway.portal.catalog import system
from fairway.portal.catalog.blueprints import repository
from fairway.portal.catalog.blueprints.documents import patched, shown, strip_stamps, with_target_renamed
from fairway.portal.catalog.blueprints.observer import BlueprintObserver
from fairway.portal.catalog.identifiers import check_blueprint_identifier
from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.properties.blueprint_rules import validate_blueprint
from fairway.portal.catalog.properties.changes import check_type_changes
from fairway.portal.catalog.properties.references import check_references
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.storage import outbox
from fairway.portal.storage.database import Database
from fairway.portal.storage.outbox import Change
from fairway.portal.storage.tx import Tx


class BlueprintService:
    """Creates, reads, changes and deletes blueprints."""

    def __init__(self, db: Database, clock: Clock, schemas: SchemaCache, jq: Engine) -> None:
        self._jq = jq
        self._db = db
        self._clock = clock
        self._schemas = schemas
        self._observers: list[BlueprintObserver] = []

    def observe(self, observer: BlueprintObserver) -> None:
        """Adds an observer; only while the portal is built."""
        self._observers.append(observer)

    @property
    def observers(self) -> tuple[BlueprintObserver, ...]:
        """Who follows blueprints, for the use cases that live in other modules of this room."""
        return tuple(self._observers)

    async def schema(self) -> Schema:
        """The present schema."""
        return await self._db.read(self._schemas.current)

    async def list(self) -> list[dict[str, Any]]:
        """All blueprints as answers show them."""
        return [shown(each) for each in await self.schema()]

    async def get(self, identifier: str) -> dict[str, Any]:
        """One blueprint.

        Raises:
            NotFound: it does not exist.
        """
        return shown((await self.schema()).require(identifier))

    async def create(self, caller: Caller, body: dict[str, Any], *, catalog_page: bool = True) -> dict[str, Any]:
        """Makes a blueprint.

        Raises:
            Conflict: the identifier is taken.
            NotFound: a relation's target does not exist.
            InvalidRequest: the document does not fit.
        """
        require_admin(caller, "create blueprints")
        document = strip_stamps(body)
        validate_blueprint(document)
        self._check_calculations(document)
        identifier = check_blueprint_identifier(document.get("identifier"))
        if identifier.startswith("_"):
            raise InvalidRequest(
                'Identifiers that start with "_" belong to system blueprints', code="protected_resource"
            )
        return await self._db.write(lambda tx: self._create(tx, caller, identifier, document, catalog_page))

    async def _create(
        self, tx: Tx, caller: Caller, identifier: str, document: dict[str, Any], catalog_page: bool
    ) -> dict[str, Any]:
        schema = await self._schemas.current(tx)
        if schema.get(identifier):
            raise Conflict(f'Blueprint with identifier "{identifier}" already exists')
        return await self.make(tx, caller, schema, document, catalog_page=catalog_page)

    async def make(
        self,
        tx: Tx,
        caller: Caller,
        schema: Schema,
        document: dict[str, Any],
        *,
        catalog_page: bool,
        is_system: bool = False,
    ) -> dict[str, Any]:
        """Writes a checked document as a new blueprint, inside a transaction of the caller's."""
        identifier = document["identifier"]
        check_references(document, schema)
        now = self._now()
        key = await repository.insert_blueprint(
            tx, identifier, document, default_permissions(identifier), system=is_system, now=now, by=caller.principal_id
        )
        await repository.set_relations(tx, key, (), document.get("relations") or {})
        await repository.index_property(tx, key, "$team", "ready")
        await self._schemas.bump(tx)
        for observer in self._observers:
            await observer.blueprint_created(tx, caller, document, catalog_page=catalog_page)
        fresh = (await self._schemas.current(tx)).require(identifier)
        await self._record(tx, caller, "CREATE", fresh, None, shown(fresh))
        return shown(fresh)

    async def replace(self, caller: Caller, identifier: str, body: dict[str, Any]) -> dict[str, Any]:
        """PUT: the document is what the body says, nothing else stays."""
        self._check_calculations(body)
        return await self._db.write(lambda tx: self._change(tx, caller, identifier, strip_stamps(body), merge=False))

    async def patch(self, caller: Caller, identifier: str, body: dict[str, Any]) -> dict[str, Any]:
        """PATCH: top-level keys that are sent replace the present ones."""
        self._check_calculations(body)
        return await self._db.write(lambda tx: self._change(tx, caller, identifier, strip_stamps(body), merge=True))

    def _check_calculations(self, document: dict[str, Any]) -> None:
        """Refuses programs that are not jq, so that their author learns it now rather than from an empty column.

        Raises:
            InvalidRequest: names the property and what is wrong with its program.
        """
        calculations = document.get("calculationProperties")
        for name, spec in calculations.items() if isinstance(calculations, dict) else ():
            if isinstance(spec, dict) and isinstance(spec.get("calculation"), str):
                try:
                    self._jq.compile(spec["calculation"])
                except JqSyntaxError as error:
                    raise InvalidRequest(f"calculationProperties.{name}.calculation: {error.message}") from None

    async def _change(
        self, tx: Tx, caller: Caller, identifier: str, body: dict[str, Any], *, merge: bool
    ) -> dict[str, Any]:
        schema = await self._schemas.current(tx)
        current = schema.require(identifier)
        decide_moderation(caller, identifier, f'change blueprint "{identifier}"').enforce()
        document = patched(dict(current.document), body) if merge else dict(body)
        document.setdefault("identifier", identifier)
        if current.system:
            document = self._guarded(current, document)
        validate_blueprint(document)
        renamed = check_blueprint_identifier(document["identifier"])
        if renamed != identifier:
            document = await self._rename(tx, caller, schema, current, document, renamed)
            schema = await self._schemas.current(tx)
        return await self.rewrite(tx, caller, schema, current, document)

    def _guarded(self, current: Blueprint, document: dict[str, Any]) -> dict[str, Any]:
        if document["identifier"] != current.identifier:
            raise InvalidRequest(
                f'System blueprint "{current.identifier}" cannot be renamed', code="protected_resource"
            )
        return system.with_core(current.identifier, document, dict(current.document))

    async def _rename(
        self, tx: Tx, caller: Caller, schema: Schema, current: Blueprint, document: dict[str, Any], new: str
    ) -> dict[str, Any]:
        """A new identifier: everything that names the blueprint follows (contract 2.7)."""
        if schema.get(new):
            raise Conflict(f'Blueprint with identifier "{new}" already exists')
        if new.startswith("_"):
            raise InvalidRequest(
                'Identifiers that start with "_" belong to system blueprints', code="protected_resource"
            )
        old = current.identifier
        own = with_target_renamed(document, old, new) or document
        await repository.update_blueprint(
            tx, current.id, identifier=new, permissions=_with_role_renamed(dict(current.permissions), old, new)
        )
        for other in schema:
            if other.id != current.id:
                changed = with_target_renamed(dict(other.document), old, new)
                if changed is not None:
                    await repository.update_blueprint(tx, other.id, document=changed)
        for observer in self._observers:
            await observer.blueprint_renamed(tx, caller, old, new)
        await self._schemas.bump(tx)
        return own

    async def rewrite(
        self, tx: Tx, caller: Caller, schema: Schema, current: Blueprint, document: dict[str, Any]
    ) -> dict[str, Any]:
        """Replaces the document of a blueprint, following what it drops, inside a transaction of the caller's."""
        check_type_changes(dict(current.document), document)
        check_references(document, schema)
        await self._check_relation_changes(tx, current, document)
        properties = (document.get("schema") or {}).get("properties") or {}
        for name in current.properties.keys() - properties.keys():
            await repository.drop_property(tx, current.id, name)
        await repository.set_relations(tx, current.id, current.relations, document.get("relations") or {})
        await repository.update_blueprint(
            tx, current.id, document=document, updated_at=self._now(), updated_by=caller.principal_id
        )
        await self._schemas.bump(tx)
        fresh = (await self._schemas.current(tx)).by_id(current.id)
        await self._record(tx, caller, "UPDATE", fresh, shown(current), shown(fresh))
        return shown(fresh)

    async def check_change(self, tx: Tx, current: Blueprint, body: dict[str, Any]) -> dict[str, Any]:
        """The document that :meth:`replace` would store, without a rename.

        Raises:
            InvalidRequest: it would be refused.
        """
        self._check_calculations(body)
        document = {**strip_stamps(body), "identifier": current.identifier}
        if current.system:
            document = self._guarded(current, document)
        validate_blueprint(document)
        check_type_changes(dict(current.document), document)
        check_references(document, await self._schemas.current(tx))
        await self._check_relation_changes(tx, current, document)
        return document

    async def _check_relation_changes(self, tx: Tx, current: Blueprint, document: dict[str, Any]) -> None:
        for name, spec in (document.get("relations") or {}).items():
            present = current.relations.get(name)
            if present is None or (present.target, present.many) == (spec["target"], bool(spec.get("many", False))):
                continue
            if await repository.relation_in_use(tx, present.id):
                raise InvalidRequest(
                    f'Relation "{name}" of blueprint "{current.identifier}" holds values, so its "target" and "many" '
                    "cannot change; clear the values or make another relation"
                )

    async def delete(self, caller: Caller, identifier: str) -> None:
        """Removes a blueprint that nothing needs any more.

        Raises:
            HasDependents: it has entities, or another blueprint's relation targets it.
        """
        require_admin(caller, f'delete blueprint "{identifier}"')
        await self._db.write(lambda tx: self.delete_in(tx, caller, identifier))

    async def delete_in(self, tx: Tx, caller: Caller, identifier: str) -> None:
        """:meth:`delete` inside a transaction of the caller's."""
        schema = await self._schemas.current(tx)
        current = schema.require(identifier)
        check_deletable(schema, current)
        if await repository.has_entities(tx, current.id):
            raise HasDependents(
                f'Blueprint "{identifier}" still has entities (has_dependents); delete them first, '
                "or call DELETE /v1/blueprints/{id}/all-entities?delete_blueprint=true"
            )
        await repository.delete_blueprint(tx, current.id)
        for observer in self._observers:
            await observer.blueprint_deleted(tx, caller, identifier)
        await self._schemas.bump(tx)
        await self._record(tx, caller, "DELETE", current, shown(current), None)

    async def count(self, identifier: str) -> int:
        """How many entities a blueprint has."""

        async def work(tx: Tx) -> int:
            return await repository.count_entities(tx, (await self._schemas.current(tx)).require(identifier).id)

        return await self._db.read(work)

    async def permissions(self, identifier: str) -> dict[str, Any]:
        """The permission document (contract 2.10)."""
        return dict((await self.schema()).require(identifier).permissions)

    async def patch_permissions(self, caller: Caller, identifier: str, body: dict[str, Any]) -> dict[str, Any]:
        """Merges blocks into the permission document.

        Raises:
            InvalidPermissions: it names a property or relation that the blueprint lacks.
        """

        async def work(tx: Tx) -> dict[str, Any]:
            current = (await self._schemas.current(tx)).require(identifier)
            decide_moderation(caller, identifier, f'change permissions of blueprint "{identifier}"').enforce()
            merged = merge_permissions(current.permissions, body, current.properties, current.relations)
            await repository.update_blueprint(tx, current.id, permissions=merged)
            await self._schemas.bump(tx)
            change = Change(
                "UPDATE", "blueprint", identifier, {"permissions": dict(current.permissions)}, {"permissions": merged},
                identifier,
            )  # fmt: skip
            await outbox.append(tx, caller, self._now(), [change])
            return merged

        return await self._db.write(work)

    async def structure(self, identifier: str) -> dict[str, Any]:
        """The pristine definition of a system blueprint.

        Raises:
            NotFound: no system blueprint has that identifier.
        """
        found = system.structure(identifier)
        if found is None:
            raise NotFound(f'System blueprint with identifier "{identifier}" was not found')
        return found

    async def ensure_system(self, caller: Caller) -> None:
        """Makes the system blueprints that are missing; run at every start."""

        async def work(tx: Tx) -> None:
            for identifier in system.ORDER:
                schema = await self._schemas.current(tx)
                document = system.structure(identifier)
                if schema.get(identifier) is None and document is not None:
                    await self._make_system(tx, caller, schema, document)
            await self._complete_system(tx, caller)

        await self._db.write(work)

    async def _make_system(self, tx: Tx, caller: Caller, schema: Schema, document: dict[str, Any]) -> None:
        """First without what may point at blueprints that do not exist yet."""
        bare = {**document, "aggregationProperties": {}, "calculationProperties": {}, "mirrorProperties": {}}
        await self.make(tx, caller, schema, bare, catalog_page=False, is_system=True)

    async def _complete_system(self, tx: Tx, caller: Caller) -> None:
        for identifier in system.ORDER:
            schema = await self._schemas.current(tx)
            current = schema.require(identifier)
            document = system.with_core(identifier, dict(current.document), dict(current.document))
            if document != current.document:
                await self.rewrite(tx, caller, schema, current, document)

    async def _record(
        self, tx: Tx, caller: Caller, action: outbox.Action, blueprint: Blueprint, before: Any, after: Any
    ) -> None:
        identifier = (after or before)["identifier"]
        change = Change(
            action, "blueprint", identifier, before, after, identifier, destination=blueprint.changelog_destination
        )
        await outbox.append(tx, caller, self._now(), [change])

    def _now(self) -> int:
        return to_millis(self._clock.now())


def check_deletable(schema: Schema, blueprint: Blueprint) -> None:
    """Raises:
    InvalidRequest: it is a system blueprint.
    HasDependents: another blueprint targets it.
    """
    if blueprint.system:
        raise InvalidRequest(f'System blueprint "{blueprint.identifier}" cannot be deleted', code="protected_resource")
    others = [
        (other, rel)
        for other, rel in schema.targeting(blueprint.identifier)
        if other.id != blueprint.id and not system.is_result_target(other, rel)
    ]
    if others:
        other, relation = others[0]
        raise HasDependents(
            f'Blueprint "{blueprint.identifier}" is the target of relation "{relation.identifier}" of blueprint '
            f'"{other.identifier}" (has_dependents); remove that relation first'
        )


def _with_role_renamed(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {key: _with_role_renamed(each, old, new) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_role_renamed(each, old, new) for each in value]
    return f"{new}-moderator" if value == f"{old}-moderator" else value

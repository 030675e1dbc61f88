"""A catalog in memory with the rules of section 3 of the catalog contract that the synchronisation leans on."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairway.gitops.catalog import BlueprintShape, Found, RelationShape, Write, Written
from fairway.gitops.model import EntityKey
from fairway.kit.errors import Unavailable

STRING: Mapping[str, Any] = {"type": "string"}


def shapes() -> list[BlueprintShape]:
    """Services in domains, with owners, and parts of one another."""
    return [
        BlueprintShape("domain", {"note": STRING}, relations={"parent": RelationShape("domain")}),
        BlueprintShape("person", {"handle": STRING}),
        BlueprintShape(
            "service",
            {"tier": {"type": "number"}, "language": STRING, "readme": STRING, "gitopsMetadata": {"type": "object"}},
            relations={
                "domain": RelationShape("domain"),
                "owner": RelationShape("person"),
                "uses": RelationShape("service", many=True),
            },
        ),
        BlueprintShape("plain", {"text": STRING}, relations={"strict": RelationShape("domain", required=True)}),
    ]


@dataclass
class Stored:
    """An entity."""

    title: str | None = None
    icon: str | None = None
    team: Any = None
    properties: dict[str, Any] = field(default_factory=dict)
    relations: dict[str, Any] = field(default_factory=dict)
    revision: int = 0


class Crash(BaseException):
    """The process ends here."""


class MemoryCatalog:
    """A :class:`~fairway.gitops.catalog.Catalog`."""

    def __init__(self, blueprints: Iterable[BlueprintShape] | None = None) -> None:
        self.shapes = {each.identifier: each for each in blueprints or shapes()}
        self.entities: dict[EntityKey, Stored] = {}
        self.requests = 0
        self.writes: list[Write] = []
        self.batches: list[list[EntityKey]] = []
        self.deleted: list[EntityKey] = []
        self.down = False
        self.crash_after: int | None = None
        """Changes that are still carried out; after the last of them the process ends."""
        self._counter = 0

    # what others do

    def put(self, blueprint: str, identifier: str, **fields: Any) -> None:
        """Somebody else writes an entity."""
        stored = self.entities.setdefault(EntityKey(blueprint, identifier), Stored(title=identifier))
        for name, value in fields.items():
            if name in ("title", "icon", "team"):
                setattr(stored, name, value)
            elif name in self.shapes[blueprint].relations:
                stored.relations[name] = value
            else:
                stored.properties[name] = value
        stored.revision = self._tick()

    def shown(self) -> dict[str, dict[str, Any]]:
        """Everything, to compare."""
        found = {}
        for key, stored in sorted(self.entities.items()):
            own = {name: value for name, value in stored.properties.items() if name != "gitopsMetadata"}
            found[str(key)] = {**own, **{name: value for name, value in stored.relations.items() if value}}
        return found

    # the protocol

    async def organisation(self) -> str:
        self._ask()
        return "org"

    async def blueprints(self) -> Sequence[BlueprintShape]:
        self._ask()
        return list(self.shapes.values())

    async def find(self, keys: Iterable[EntityKey]) -> Mapping[EntityKey, Found]:
        self._ask()
        return {key: self._found(key) for key in keys if key in self.entities}

    async def revisions(self, keys: Iterable[EntityKey]) -> Mapping[EntityKey, str]:
        self._ask()
        return {key: str(self.entities[key].revision) for key in keys if key in self.entities}

    async def search(self, blueprint: str, rule: Mapping[str, Any], limit: int) -> Sequence[str]:
        self._ask()
        return sorted(
            key.identifier
            for key, stored in self.entities.items()
            if key.blueprint == blueprint
            and all(stored.properties.get(each["property"]) == each["value"] for each in rule["rules"])
        )[:limit]

    async def write(self, writes: Sequence[Write], *, create_missing: bool) -> Sequence[Written]:
        for start in range(0, len(writes), 20):
            self._ask()
            self.batches.append([each.key for each in writes[start : start + 20]])
        return [self._write(each, create_missing=create_missing, store=True) for each in writes]

    async def check(self, write: Write) -> Written:
        self._ask()
        return self._write(write, create_missing=False, store=False)

    async def delete(self, key: EntityKey, *, dependents: bool) -> Written:
        self._ask()
        for other, stored in list(self.entities.items()):
            for name, relation in self.shapes[other.blueprint].relations.items():
                if (
                    relation.required
                    and relation.target == key.blueprint
                    and stored.relations.get(name) == key.identifier
                ):
                    if not dependents:
                        return Written(key, error="has_dependents", message=f'"{other}" depends on it')
                    self.entities.pop(other)
        self._change()
        if self.entities.pop(key, None) is not None:
            self.deleted.append(key)
            for other, stored in self.entities.items():
                _forget(stored, self.shapes[other.blueprint], key)
        return Written(key)

    def _ask(self) -> None:
        self.requests += 1
        if self.down:
            raise Unavailable("the catalog is down")

    def _change(self) -> None:
        if self.crash_after is not None:
            if self.crash_after == 0:
                raise Crash
            self.crash_after -= 1

    def _tick(self) -> int:
        self._counter += 1
        return self._counter

    def _found(self, key: EntityKey) -> Found:
        stored = copy.deepcopy(self.entities[key])
        return Found(
            key, stored.title, stored.icon, stored.team, stored.properties, stored.relations, str(stored.revision)
        )

    def _write(self, write: Write, *, create_missing: bool, store: bool) -> Written:
        key = write.key
        shape = self.shapes.get(key.blueprint)
        if shape is None:
            return Written(key, error="not_found", message=f'no blueprint "{key.blueprint}"')
        before = self.entities.get(key)
        after = Stored(title=key.identifier) if before is None else copy.deepcopy(before)
        if write.replace and before is not None:
            after = Stored(revision=after.revision)
        problem = self._apply(write, shape, after, create_missing=create_missing and store)
        if problem is not None:
            return problem
        if not store:
            return Written(key, created=before is None)
        self._change()
        self.writes.append(write)
        if before is None or before != after:
            after.revision = self._tick()
            self.entities[key] = after
        return Written(key, created=before is None)

    def _apply(self, write: Write, shape: BlueprintShape, after: Stored, *, create_missing: bool) -> Written | None:
        key = write.key
        for name in ("title", "icon", "team"):
            if name in write.document:
                setattr(after, name, write.document[name])
        for name, value in write.document.get("properties", {}).items():
            if name not in shape.properties:
                return Written(key, error="blueprint_schema_mismatch", message=f'no property "{name}"')
            _set(after.properties, name, value)
        for name, value in write.document.get("relations", {}).items():
            target = shape.relations[name].target
            for identifier in value if isinstance(value, list) else [value]:
                if identifier is not None and EntityKey(target, identifier) not in self.entities:
                    if EntityKey(target, identifier) == key:
                        return Written(key, error="not_found", message="itself", target_missing=True)
                    if not create_missing:
                        message = f'Entity with identifier "{identifier}" was not found'
                        return Written(key, error="not_found", message=message, target_missing=True)
                    self.put(target, identifier)
            _set(after.relations, name, value or None)
        for name, relation in shape.relations.items():
            if relation.required and not after.relations.get(name):
                return Written(key, error="required_relation", message=f'Relation "{name}" is required')
        return None


def _set(values: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        values.pop(name, None)
    else:
        values[name] = value


def _forget(stored: Stored, shape: BlueprintShape, key: EntityKey) -> None:
    """Relations to an entity that is gone."""
    for name, relation in shape.relations.items():
        value = stored.relations.get(name)
        if relation.target != key.blueprint or value is None:
            continue
        if isinstance(value, list):
            _set(stored.relations, name, [each for each in value if each != key.identifier] or None)
        elif value == key.identifier:
            _set(stored.relations, name, None)

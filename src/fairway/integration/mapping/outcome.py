"""From the evaluated fields of a mapping to an entity, or the reason why there is none (contract 6.3)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fairway.integration.mapping.batch import NullField
from fairway.integration.model import Entity, EntityKey

_GROUPS = ("properties", "relations")


class NoEntity(ValueError):
    """The item gives no entity. ``field`` is to blame; ``error`` when that is a mistake rather than an absence."""

    def __init__(self, field: str, message: str, *, error: bool = False) -> None:
        super().__init__(message)
        self.field = field
        self.error = error


def entity_of(fields: dict[str, Any]) -> Entity:
    """The entity of evaluated fields, which it keeps.

    An identifier that is a number becomes text; other types stay for the portal to judge.

    Raises:
        NoEntity: identifier or blueprint is empty, or the blueprint is no text.
    """
    identifier, blueprint = fields["identifier"], fields["blueprint"]
    if not identifier:
        raise NoEntity("identifier", f"the identifier is {json.dumps(identifier)}")
    if not blueprint:
        raise NoEntity("blueprint", f"the blueprint is {json.dumps(blueprint)}")
    if type(identifier) is not str:
        fields["identifier"] = _as_text(identifier)
    if type(blueprint) is not str:
        fields["blueprint"] = blueprint = _as_text(blueprint)
        if not isinstance(blueprint, str):
            raise NoEntity("blueprint", f"the blueprint must be text, not {json.dumps(blueprint)}", error=True)
    return Entity(blueprint, fields)


def key_of(entity: Entity) -> EntityKey:
    """What the portal finds the entity by; a search stands as its canonical JSON."""
    identifier = entity.identifier
    if not isinstance(identifier, str):
        identifier = json.dumps(identifier, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return EntityKey(entity.blueprint, identifier)


def _as_text(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return str(int(value)) if isinstance(value, int) or (value.is_integer() and abs(value) < 1e17) else repr(value)


def null_fields(mapping: Mapping[str, Any], fields: Mapping[str, Any]) -> Iterator[NullField]:
    """The mapped fields, properties and relations that are null."""
    for name, value in fields.items():
        if value is None:
            yield NullField(name, program_text(mapping[name]))
    for group in _GROUPS:
        values = fields.get(group)
        if values and None in values.values():
            for name, value in values.items():
                if value is None:
                    yield NullField(f"{group}.{name}", program_text(mapping[group][name]))


def program_text(program: Any) -> str:
    """A program, or a search as JSON."""
    return program if isinstance(program, str) else json.dumps(program, ensure_ascii=False)

"""A definition as a flat set of fields: what is hashed, compared, applied and cleared.

Names of fields are ``title``, ``icon``, ``team``, ``properties.NAME`` and ``relations.NAME``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from fairway.gitops.catalog import Found
from fairway.gitops.model import Definition, Mark

PROPERTY = "properties."
RELATION = "relations."
_HEAD = ("title", "icon", "team")

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Body:
    """What a claim's file says, with the places of its keys."""

    fields: Fields
    marks: Mapping[str, tuple[int, int]]

    def mark(self, field: str) -> Mark | None:
        """Where a field is written."""
        found = self.marks.get(field)
        return None if found is None else Mark(*found)


class Unwritable(ValueError):
    """A value has no JSON form that every portal takes: a number beyond 64 bits, or half a character."""


def fields_of(definition: Definition) -> Fields:
    """The fields that a definition has."""
    found: Fields = {name: getattr(definition, name) for name in _HEAD if name in definition.present}
    found.update((PROPERTY + name, value) for name, value in definition.properties.items())
    found.update((RELATION + name, value) for name, value in definition.relations.items())
    return found


def encode(definition: Definition) -> bytes:
    """A definition as a claim keeps it.

    Raises:
        Unwritable: one of its values cannot be written.
    """
    fields = fields_of(definition)
    marks = {".".join(path): mark for path, mark in definition.marks.items()}
    return _dumps({"fields": fields, "marks": {name: marks[name] for name in fields if name in marks}})


def decode(body: bytes) -> Body:
    """From :func:`encode`."""
    found = orjson.loads(body)
    return Body(found["fields"], {name: (mark[0], mark[1]) for name, mark in found["marks"].items()})


def digest(value: Any) -> str:
    """A hash of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(_dumps(value)).hexdigest()[:24]


def hashes(fields: Mapping[str, Any]) -> dict[str, str]:
    """The hash of each field that is set; cleared ones are nobody's."""
    return {name: digest(value) for name, value in fields.items() if value is not None}


def document_of(identifier: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields in the shape that the catalog takes."""
    found: dict[str, Any] = {"identifier": identifier}
    for name, value in fields.items():
        if name.startswith(PROPERTY):
            found.setdefault("properties", {})[name.removeprefix(PROPERTY)] = value
        elif name.startswith(RELATION):
            found.setdefault("relations", {})[name.removeprefix(RELATION)] = value
        else:
            found[name] = value
    return found


def found_fields(found: Found) -> Fields:
    """The fields that an entity has in the catalog; empty ones are left out."""
    fields: Fields = {"title": found.title, "icon": found.icon, "team": found.team}
    fields.update((PROPERTY + name, value) for name, value in found.properties.items())
    fields.update((RELATION + name, value) for name, value in found.relations.items())
    return {name: value for name, value in fields.items() if value is not None and value != []}


def _dumps(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=_plain)
    except TypeError as error:
        raise Unwritable(str(error)) from None


def _plain(value: Any) -> Any:
    """What orjson does not take as it is."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")

"""Spec files and blueprints for tests."""

from __future__ import annotations

from collections.abc import Mapping

from fairway.gitops.catalog import BlueprintShape, RelationShape
from fairway.gitops.model import Definition
from fairway.gitops.spec.reader import SpecFile, read_spec
from fairway.gitops.spec.shapes import META

SERVICE = BlueprintShape(
    "service",
    {
        "tier": {"type": "number", "minimum": 1, "maximum": 4},
        "version": {"type": "string"},
        "released": {"type": "string", "format": "date"},
        "url": {"type": "string", "format": "url"},
        "language": {"type": "string", "enum": ["Go", "Python"]},
        "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "public": {"type": "boolean"},
        "readme": {"type": "string", "format": "markdown"},
        "labels": {"type": "array"},
        "ports": {"type": "array", "items": {"type": "number"}},
        "config": {"type": "object", "properties": {"name": {"type": "string"}, "size": {"type": "number"}}},
    },
    required=frozenset({"version"}),
    relations={
        "domain": RelationShape("domain", required=True),
        "owner": RelationShape("person"),
        "uses": RelationShape("service", many=True),
    },
    searchable=frozenset({*META, "domainName"}),
)
DOMAIN = BlueprintShape("domain", {"code": {"type": "string"}})
PERSON = BlueprintShape("person", {"handle": {"type": "string"}, "age": {"type": "number"}})
TEAM = BlueprintShape("_team", {"description": {"type": "string"}})
SHAPES: Mapping[str, BlueprintShape] = {shape.identifier: shape for shape in (SERVICE, DOMAIN, PERSON, TEAM)}


def read(text: str | bytes, path: str = "port.yml", shapes: Mapping[str, BlueprintShape] | None = None) -> SpecFile:
    """Reads text as a spec file."""
    return read_spec(text if isinstance(text, bytes) else text.encode(), path, shapes)


def one(text: str | bytes, path: str = "port.yml", shapes: Mapping[str, BlueprintShape] | None = SHAPES) -> Definition:
    """The only definition of a clean file."""
    spec = read(text, path, shapes)
    assert spec.readable
    assert spec.diagnostics == ()
    (definition,) = spec.definitions
    return definition


def places(spec: SpecFile) -> list[tuple[str, int, int]]:
    """Code, line and column of each finding."""
    return [(found.code, found.mark.line, found.mark.column) for found in spec.diagnostics]

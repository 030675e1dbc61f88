"""From the bytes of a repository's spec files to what it says. Sections 2, 3 and 8 of the contract."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from fairway.gitops.diagnostics import Diagnostic, Severity, errors
from fairway.gitops.forges.errors import FileTooBig
from fairway.gitops.ledger.claims import Said
from fairway.gitops.ledger.fields import RELATION, Unwritable, digest, encode, fields_of
from fairway.gitops.model import Definition, EntityKey, Location
from fairway.gitops.options import SourceOptions
from fairway.gitops.spec.reader import FileReference, SpecFile, read_spec, resolve_references, too_big
from fairway.gitops.spec.repository import combine
from fairway.gitops.spec.validation import validate
from fairway.gitops.sync.context import Shapes

_IN_PLACE = 65_536
"""Bytes of a file that are read without leaving the event loop."""

Contents = Mapping[str, bytes | FileTooBig | None]


@dataclass(frozen=True, slots=True)
class Source:
    """A spec file as it came from the forge."""

    path: str
    content: bytes
    size: int
    too_big: bool = False


async def parse(sources: Iterable[Source], shapes: Shapes) -> list[SpecFile]:
    """Reads the files; big ones beside the event loop."""
    found = []
    for source in sources:
        if source.too_big:
            found.append(too_big(source.path, source.size))
        elif len(source.content) <= _IN_PLACE:
            found.append(read_spec(source.content, source.path, shapes))
        else:
            found.append(await asyncio.to_thread(read_spec, source.content, source.path, shapes))
    return found


def needs_of(specs: Iterable[SpecFile]) -> dict[str, list[FileReference]]:
    """The files that spec files refer to, by their paths."""
    found: dict[str, list[FileReference]] = {}
    for spec in specs:
        for need in spec.needs:
            found.setdefault(need.path, []).append(need)
    return found


def settle(
    specs: Iterable[SpecFile],
    contents: Contents,
    shapes: Shapes,
    options: SourceOptions,
    exists: frozenset[EntityKey] | None,
) -> tuple[SpecFile, ...]:
    """The files with references resolved, held against the blueprints and the source's rules, and against each other.
    ``exists`` are entities that the catalog has; None: unknown."""
    resolved = (resolve_references(spec, contents, shapes) for spec in specs)
    return combine([_checked(spec, shapes, options, exists) for spec in resolved]).files


def _checked(spec: SpecFile, shapes: Shapes, options: SourceOptions, exists: frozenset[EntityKey] | None) -> SpecFile:
    good: list[Definition] = []
    broken: list[EntityKey] = []
    found: list[Diagnostic] = []
    for definition in spec.definitions:
        problems = [*_rules(definition, spec.path, options), *_fits(definition, spec.path, shapes, exists)]
        found += problems
        if errors(problems):
            broken.append(definition.key)
        else:
            good.append(definition)
    diagnostics = tuple(sorted([*spec.diagnostics, *found], key=lambda each: each.mark))
    return replace(spec, definitions=tuple(good), broken=(*spec.broken, *broken), diagnostics=diagnostics)


def _fits(definition: Definition, path: str, shapes: Shapes, exists: frozenset[EntityKey] | None) -> list[Diagnostic]:
    known = None if exists is None else definition.key in exists
    found = validate(definition, shapes.get(definition.key.blueprint), path, exists=known, shapes=shapes)
    if known is None:  # what is required and missing shows when the entity is written
        found = [each for each in found if each.severity is not Severity.NOTICE]
    try:
        encode(definition)
    except Unwritable as error:
        message = f"A value cannot be written to the catalog: {error}"
        found.append(Diagnostic("E_PROPERTY_TYPE", message, path, definition.mark, entity=definition.key))
    return found


def _rules(definition: Definition, path: str, options: SourceOptions) -> list[Diagnostic]:
    """Which entities this source may define. Section 8."""
    blueprint, identifier = definition.key
    found = []
    if options.blueprints is None:
        if blueprint.startswith("_"):
            found.append(f'blueprint "{blueprint}" is the system\'s own')
    elif blueprint not in options.blueprints:
        allowed = ", ".join(f'"{name}"' for name in sorted(options.blueprints))
        found.append(f'blueprint "{blueprint}" is not among those of this source: {allowed}')
    if options.identifier_prefix and not identifier.startswith(options.identifier_prefix):
        found.append(f'identifiers of this source begin with "{options.identifier_prefix}"')
    mark = definition.marks.get(("identifier",), definition.mark)
    return [
        Diagnostic("E_NOT_ALLOWED", f"The entity may not be defined here: {why}", path, mark, entity=definition.key)
        for why in found
    ]


def said(specs: Sequence[SpecFile], where: Location, shapes: Shapes, options: SourceOptions) -> list[Said]:
    """The good definitions as claims take them; ``where`` is a location of the repository."""
    return [
        _said(definition, where._replace(path=spec.path), shapes, options)
        for spec in specs
        for definition in spec.definitions
    ]


def _said(definition: Definition, location: Location, shapes: Shapes, options: SourceOptions) -> Said:
    fields = fields_of(definition)
    shape = shapes.get(definition.key.blueprint)
    metadata = options.metadata_property if shape is not None and has_metadata(shape.properties, options) else None
    wish = [fields, options.mode_of(location.path), options.yields, metadata, location.path if metadata else None]
    mark = definition.marks.get(("identifier",), definition.mark)
    searches = any(isinstance(value, dict) for name, value in fields.items() if name.startswith(RELATION))
    return Said(
        definition.key, location, mark.line, mark.column, encode(definition), digest(wish),
        searches or isinstance(definition.team, dict),
    )  # fmt: skip


def has_metadata(properties: Mapping[str, Mapping[str, object]], options: SourceOptions) -> bool:
    """Whether a blueprint declares the property for where an entity is defined. Section 10.2."""
    name = options.metadata_property
    return name is not None and properties.get(name, {}).get("type") == "object"

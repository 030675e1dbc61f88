"""Putting the content of other files in place of ``file://`` values. Section 2.6 of the contract."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from fairway.gitops.catalog import BlueprintShape
from fairway.gitops.diagnostics import Diagnostic
from fairway.gitops.forges.errors import FileTooBig
from fairway.gitops.model import Definition, EntityKey
from fairway.gitops.spec.composer import Bounds, compose
from fairway.gitops.spec.file import SpecFile
from fairway.gitops.spec.limits import MAX_BYTES, MAX_REFERENCED_DEPTH, MAX_REFERENCED_TEXT
from fairway.gitops.spec.problems import Problem, Unreadable, limited
from fairway.gitops.spec.references import FileReference
from fairway.gitops.spec.values import Schema, plain_value, takes_text
from fairway.gitops.spec.wording import quoted

Contents = Mapping[str, bytes | FileTooBig | None]
"""What each needed path holds at the same commit. None, or no entry: there is no such file."""
_YAML = (".yml", ".yaml")
_STRUCTURED = ("object", "array")


def resolve_references(spec: SpecFile, contents: Contents, shapes: Mapping[str, BlueprintShape] | None) -> SpecFile:
    """``spec`` with the values filled in. Definitions whose file is missing or unusable become broken.

    ``needs`` stays: a missing file that appears later changes the entity, too.
    """
    if not spec.needs:
        return spec
    wanted: dict[EntityKey, list[FileReference]] = defaultdict(list)
    for need in spec.needs:
        wanted[need.key].append(need)
    reader = _Reader(contents)
    definitions: list[Definition] = []
    found: list[Diagnostic] = []
    rejected: list[Definition] = []
    for definition in spec.definitions:
        shape = shapes.get(definition.key.blueprint) if shapes is not None else None
        values, problems = reader.values(wanted.get(definition.key, []), shape)
        if problems:
            found.extend(problem.at(spec.path, definition.key) for problem in problems)
            rejected.append(definition)
        else:
            definitions.append(replace(definition, properties={**definition.properties, **values}))
    return replace(
        spec,
        definitions=tuple(definitions),
        diagnostics=limited([*spec.diagnostics, *found]),
        broken=(*spec.broken, *(definition.key for definition in rejected)),
        rejected=(*spec.rejected, *rejected),
    )


@dataclass(slots=True)
class _Reader:
    """Reads files once, however many properties refer to them, and no more than a spec file may bring in."""

    contents: Contents
    parsed: dict[tuple[str, int], Any] = field(default_factory=dict)
    characters: int = 0

    def values(self, needs: list[FileReference], shape: BlueprintShape | None) -> tuple[dict[str, Any], list[Problem]]:
        """The values of one definition's references, or what is wrong with them."""
        found: dict[str, Any] = {}
        problems: list[Problem] = []
        for need in needs:
            try:
                found[need.property] = self._value(need, shape.properties.get(need.property) if shape else None)
            except Unreadable as refusal:
                problems.extend(refusal.problems)
        return found, problems

    def _value(self, need: FileReference, schema: Schema | None) -> Any:
        content = self._content(need)
        self.characters += len(content)
        if self.characters > MAX_REFERENCED_TEXT:
            message = f"The files that this spec file refers to have together more than {MAX_REFERENCED_TEXT} bytes"
            raise Unreadable(Problem("E_FILE_REF_SIZE", message, need.mark))
        is_text = schema is not None and takes_text(schema)
        structured = schema is not None and schema.get("type") in _STRUCTURED
        name = (need.path, id(schema))
        if name not in self.parsed:
            self.parsed[name] = _parse(_text(content, need), need, schema, is_text=is_text, structured=structured)
        return self.parsed[name]

    def _content(self, need: FileReference) -> bytes:
        content = self.contents.get(need.path)
        if content is None:
            message = f"There is no file {quoted(need.path)}; symbolic links and submodules are not followed"
            raise Unreadable(Problem("E_FILE_REF_MISSING", message, need.mark))
        if isinstance(content, FileTooBig) or len(content) > MAX_BYTES:
            message = f"The file {quoted(need.path)} is larger than {MAX_BYTES} bytes"
            raise Unreadable(Problem("E_FILE_REF_SIZE", message, need.mark, "Link to it instead"))
        return content


def _text(content: bytes, need: FileReference) -> str:
    offset = content.find(0)
    if offset < 0:
        try:
            return content.decode().removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            offset = error.start
    message = f"The file {quoted(need.path)} is not UTF-8 text: byte 0x{content[offset]:02X} at offset {offset}"
    raise Unreadable(Problem("E_FILE_REF_BINARY", message, need.mark, "Only text can be the value of a property"))


def _parse(text: str, need: FileReference, schema: Schema | None, *, is_text: bool, structured: bool) -> Any:
    if need.path.endswith(".json") and not is_text:
        return _json(text, need)
    if need.path.endswith(_YAML) and structured:
        return _yaml(text, need, schema or {})
    return text


def _json(text: str, need: FileReference) -> Any:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Unreadable(_unusable(need, f"is not valid JSON: {error}")) from None
    problem = _storable(value)
    if problem:
        raise Unreadable(_unusable(need, problem))
    return value


def _yaml(text: str, need: FileReference, schema: Schema) -> Any:
    try:
        roots = compose(text, Bounds(depth=MAX_REFERENCED_DEPTH))
    except Unreadable as refusal:
        first = refusal.problems[0]
        where = f"line {first.mark.line}, column {first.mark.column}"
        raise Unreadable(_unusable(need, f"is not usable YAML: {where}: {first.message}")) from None
    if len(roots) > 1:
        raise Unreadable(_unusable(need, f"holds {len(roots)} documents; one is needed"))
    value = plain_value(roots[0], schema) if roots else None
    problem = _storable(value)
    if problem:
        raise Unreadable(_unusable(need, problem))
    return value


def _unusable(need: FileReference, problem: str) -> Problem:
    message = f"The file {quoted(need.path)} {problem}"
    hint = "A property of type string takes any text"
    return Problem("E_FILE_REF_JSON", message, need.mark, hint)


def _storable(value: Any) -> str | None:
    """What a catalog could not take, if anything."""
    stack: list[tuple[Any, int]] = [(value, 1)]
    while stack:
        item, depth = stack.pop()
        if isinstance(item, str) and "\0" in item:
            return "holds a NUL character, which cannot be stored"
        if isinstance(item, float) and item - item != 0:
            return f"holds {item}, a number that JSON does not have"
        if isinstance(item, dict | list):
            if depth > MAX_REFERENCED_DEPTH:
                return f"is nested deeper than {MAX_REFERENCED_DEPTH} levels"
            if isinstance(item, dict):
                stack.extend((key, depth) for key in item)
                item = list(item.values())
            stack.extend((child, depth + 1) for child in item)
    return None

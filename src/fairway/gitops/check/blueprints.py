"""Blueprints from files: as ``fairway export`` writes them, as the API answers them, or one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fairway.gitops.catalog import BlueprintShape
from fairway.gitops.spec.composer import Bounds, compose
from fairway.gitops.spec.problems import Unreadable
from fairway.gitops.spec.shapes import shape_of
from fairway.gitops.spec.values import plain_value
from fairway.kit.errors import InvalidRequest

_SUFFIXES = (".yaml", ".yml", ".json")
_BOUNDS = Bounds(depth=100, nodes=5_000_000, characters=100_000_000)
"""The user's own files: bounded only against mistakes."""


def load_shapes(path: Path) -> dict[str, BlueprintShape]:
    """All blueprints in a file or in the files of a folder.

    Raises:
        InvalidRequest: there is no such file, it is neither YAML nor JSON, holds something that is no blueprint, or
            there are no blueprints at all.
    """
    found: dict[str, BlueprintShape] = {}
    for file in _files(path):
        for document in _documents(file):
            try:
                shape = shape_of(document)
            except InvalidRequest as error:
                raise InvalidRequest(f"{file}: {error.message}") from None
            found[shape.identifier] = shape
    if not found:
        raise InvalidRequest(f'"{path}" holds no blueprints; `fairway export --output FILE` writes those of a portal')
    return found


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
    if not path.is_file():
        raise InvalidRequest(f'"{path}" does not exist')
    return [path]


def _documents(file: Path) -> Iterator[Mapping[str, Any]]:
    try:
        roots = compose(file.read_bytes().decode().removeprefix("\ufeff"), _BOUNDS)
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{file} is not UTF-8 text: {error}") from None
    except Unreadable as refusal:
        first = refusal.problems[0]
        raise InvalidRequest(f"{file}:{first.mark.line}:{first.mark.column}: {first.message}") from None
    for root in roots:
        yield from _blueprints(plain_value(root), file)


def _blueprints(value: Any, file: Path) -> Iterator[Mapping[str, Any]]:
    """The blueprints of one document; other kinds of an export are passed over."""
    if isinstance(value, dict):
        if "blueprints" in value:
            value = value["blueprints"]
        elif isinstance(value.get("blueprint"), dict):
            value = [value["blueprint"]]
        else:
            value = [value] if "identifier" in value and "schema" in value else []
    for item in value if isinstance(value, list) else ():
        if not isinstance(item, dict):
            raise InvalidRequest(f"{file}: a blueprint must be a mapping")
        yield item

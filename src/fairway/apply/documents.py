"""Files on disk: YAML or JSON, one map of lists per document, in a stable order."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from fairway.apply.kinds import KINDS, Kind
from fairway.kit.errors import InvalidRequest

Documents = dict[str, list[dict[str, Any]]]
"""Kind -> its documents."""

_SUFFIXES = (".yaml", ".yml", ".json")


class _Dumper(yaml.CSafeDumper):
    """Multi-line text as a block, so that differences between two exports read well."""


def _represent_text(dumper: yaml.CSafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)


def load(paths: Iterable[Path]) -> Documents:
    """Everything that the files and folders describe.

    Raises:
        InvalidRequest: a file is not there, not YAML, of an unknown kind, or describes a thing twice.
    """
    found: Documents = {}
    seen: dict[tuple[str, str], Path] = {}
    for path in _files(paths):
        for kind, document in _read(path):
            name = (kind.name, kind.key(document, path))
            if name in seen:
                raise InvalidRequest(f'{path}: {kind.title} "{name[1]}" is described in {seen[name]} already')
            seen[name] = path
            found.setdefault(kind.name, []).append(document)
    return found


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES)
        elif path.exists():
            yield path
        else:
            raise InvalidRequest(f"{path} does not exist")


def _read(path: Path) -> Iterable[tuple[Kind, dict[str, Any]]]:
    try:
        parts = list(yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{path} is neither YAML nor JSON: {error}") from None
    for part in parts:
        if not isinstance(part, dict):
            raise InvalidRequest(f"{path} must hold a map with the keys {', '.join(KINDS)}")
        for name, documents in part.items():
            if name not in KINDS:
                raise InvalidRequest(f'{path}: "{name}" is not one of {", ".join(KINDS)}')
            if not isinstance(documents, list) or not all(isinstance(document, dict) for document in documents):
                raise InvalidRequest(f'{path}: "{name}" must be a list of maps')
            yield from ((KINDS[name], document) for document in documents)


def dump(documents: Documents) -> str:
    """YAML with kinds, documents and their first keys in a fixed order: equal portals give equal text."""
    ordered = {
        name: [kind.ordered(document) for document in sorted(documents[name], key=kind.key)]
        for name, kind in KINDS.items()
        if documents.get(name)
    }
    return yaml.dump(ordered, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)

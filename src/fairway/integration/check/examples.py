"""Recorded raw items: ``examples/KIND.json`` in an integration's folder, each a list; slashes of kinds are folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairway.integration.manifest.documents import read_document
from fairway.integration.manifest.problems import InvalidManifest
from fairway.integration.model import RawItem

FOLDER = "examples"


@dataclass(frozen=True, slots=True)
class Example:
    """Items of one kind."""

    kind: str
    path: Path
    items: list[RawItem]


def read_examples(folder: Path) -> tuple[list[Example], list[str]]:
    """The examples of a folder, and what is wrong with others."""
    examples: list[Example] = []
    problems: list[str] = []
    for path in sorted((folder / FOLDER).rglob("*.json")):
        kind = path.relative_to(folder / FOLDER).with_suffix("").as_posix()
        try:
            examples.append(Example(kind, path, items_of(path)))
        except InvalidManifest as error:
            problems += error.problems
    return examples, problems


def items_of(path: Path) -> list[RawItem]:
    """The raw items of a file: a list of them, or a single one.

    Raises:
        InvalidManifest: it holds anything else.
    """
    content: Any = read_document(path)
    items = content if isinstance(content, list) else [content]
    if not all(isinstance(item, dict) for item in items):
        raise InvalidManifest([f"{path}: must hold a raw item, or a list of them, and each must be an object"])
    return items

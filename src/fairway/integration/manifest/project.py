"""Name and version in ``pyproject.toml`` (contract 2.1)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairway.integration.manifest.problems import InvalidManifest


@dataclass(frozen=True, slots=True)
class Project:
    """``version`` is part of the user agent and never empty, because a portal refuses such integrations."""

    name: str
    version: str


def read_project(folder: Path) -> Project:
    """``[project]``, else ``[tool.poetry]``.

    Raises:
        InvalidManifest: the file, the name or the version is missing.
    """
    path = folder / "pyproject.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidManifest([f"{path}: cannot be read: {error}"]) from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidManifest([f"{path}: {error}"]) from None
    tables = [_table(document, "project"), _table(document, "tool", "poetry")]
    name, version = (next((table[key] for table in tables if table.get(key)), "") for key in ("name", "version"))
    wrong = [key for key, value in (("name", name), ("version", version)) if not isinstance(value, str) or not value]
    if wrong:
        raise InvalidManifest([f"{path}: `{key}` of [project] or [tool.poetry] is needed" for key in wrong])
    return Project(name.lower(), version)


def _table(document: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    found: Any = document
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}

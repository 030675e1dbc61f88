"""What an integration brings to a portal at its first start (contract 2.1, 2.3, 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairway.integration.manifest.documents import SUFFIXES, read_document
from fairway.integration.manifest.problems import InvalidManifest

DEFAULT_FOLDER = Path(".port") / "resources"
_LISTS = ("blueprints", "actions", "scorecards", "pages")
_MAPPING = "port-app-config"
_MORE = "more-kinds"


@dataclass(frozen=True, slots=True)
class Resources:
    """Documents as the portal's API takes them; scorecards are ``{blueprint, data: [...]}``."""

    blueprints: tuple[Mapping[str, Any], ...] = ()
    actions: tuple[Mapping[str, Any], ...] = ()
    scorecards: tuple[Mapping[str, Any], ...] = ()
    pages: tuple[Mapping[str, Any], ...] = ()
    mapping: Mapping[str, Any] | None = None
    """The default mapping; ``None`` when there is none."""
    more: tuple[Mapping[str, Any], ...] = ()
    """Entries for the mapping that cost the third party too much to be a default; people add those that they want."""

    @property
    def every_kind(self) -> Mapping[str, Any]:
        """The default mapping with the entries of :attr:`more`."""
        mapping = self.mapping or {}
        return {**mapping, "resources": [*mapping.get("resources", ()), *self.more]}


def read_resources(folder: Path, resources_path: Path = DEFAULT_FOLDER) -> Resources:
    """The resource files of an integration's folder. Where ``resources_path`` is no folder the default is used, and
    without that there are none.

    Raises:
        InvalidManifest: with everything that is wrong.
    """
    found = next((path for path in (folder / resources_path, folder / DEFAULT_FOLDER) if path.is_dir()), None)
    if found is None:
        return Resources()
    problems: list[str] = []
    documents = _documents(found, problems)
    lists = {name: _list(documents, name, problems) for name in _LISTS}
    more = _list(documents, _MORE, problems)
    mapping = _mapping(documents, problems)
    if problems:
        raise InvalidManifest(problems)
    return Resources(**lists, mapping=mapping, more=more)


def _documents(folder: Path, problems: list[str]) -> dict[str, tuple[Path, Any]]:
    documents: dict[str, tuple[Path, Any]] = {}
    for path in sorted(folder.iterdir()):
        if path.stem not in (*_LISTS, _MAPPING, _MORE) or not path.is_file():
            continue
        if path.suffix not in SUFFIXES:
            problems.append(f"{path}: must be .json, .yaml or .yml")
        elif path.stem in documents:
            problems.append(f"{path}: {documents[path.stem][0].name} says the same; keep one")
        else:
            try:
                documents[path.stem] = (path, read_document(path))
            except InvalidManifest as error:
                problems += error.problems
    return documents


def _list(documents: Mapping[str, tuple[Path, Any]], name: str, problems: list[str]) -> tuple[Mapping[str, Any], ...]:
    path, content = documents.get(name, (Path(), []))
    if isinstance(content, list) and all(isinstance(item, dict) for item in content):
        return tuple(content)
    problems.append(f"{path}: must be a list of objects")
    return ()


def _mapping(documents: Mapping[str, tuple[Path, Any]], problems: list[str]) -> Mapping[str, Any] | None:
    if _MAPPING not in documents:
        return None
    path, content = documents[_MAPPING]
    if isinstance(content, dict):
        return content
    problems.append(f"{path}: must be an object")
    return None

"""Integrations that ship with Fairway, a folder each; they know the framework and nothing of one another.

A folder is named as Python wants it (``bitbucket_server``); the type is the name in its ``pyproject.toml``
(``bitbucket-server``). Commands take either, or the path of any other integration.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fairway.kit.errors import NotFound

PLACE = Path(__file__).parent


def builtin() -> Mapping[str, Path]:
    """Folders by type, in alphabetical order."""
    from fairway.integration.manifest.project import read_project

    folders = [path.parent for path in PLACE.glob("*/pyproject.toml") if path.with_name("main.py").is_file()]
    return dict(sorted((read_project(folder).name, folder) for folder in folders))


def locate(text: str) -> Path:
    """The folder that is meant by a path, or by the type or folder name of a built-in integration.

    A text with a separator, ``.`` and ``..`` are paths; so is the name of a folder here that has a ``main.py``.

    Raises:
        NotFound: neither; the message lists the built-in ones.
    """
    path = Path(text).expanduser()
    if len(path.parts) != 1 or text in (".", "..") or "/" in text or (path / "main.py").is_file():
        return path
    found = builtin()
    folder = found.get(text.lower().replace("_", "-")) or PLACE / text.lower().replace("-", "_")
    if (folder / "main.py").is_file():
        return folder
    if path.is_dir():
        return path
    raise NotFound(
        f'"{text}" is neither a folder nor a built-in integration; built in are: '
        + (", ".join(f'"{name}"' for name in found) or "none")
    )

"""``config.yaml`` beside ``main.py`` (contract 3.1 rule 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from fairway.integration.settings.environment import normalised
from fairway.integration.settings.names import variable
from fairway.integration.settings.problems import SettingProblem
from fairway.integration.settings.tree import Source

NAME = "config.yaml"
_PROVIDED = re.compile(r"\s*\{\{\s*from\s+(\S+)\s+(\S+)\s*\}\}\s*")
_ABSENT = object()
_MOST_BYTES = 1024 * 1024


def read_config_file(path: Path, environment: Mapping[str, str]) -> Source:
    """The tree of the file; empty when there is none. ``{{ from env NAME }}`` takes a value from ``environment``,
    and counts as absent when that has no ``NAME``."""
    source = Source(path.name)
    if not path.is_file():
        return source
    try:
        content = _load(path)
    except (ValueError, OSError, yaml.YAMLError) as error:
        source.problems.append(SettingProblem(str(path), f"cannot be read: {' '.join(str(error).split())}"))
        return source
    filled = _filled(content, environment, source, ())
    source.tree = normalised(filled)
    return source


def _load(path: Path) -> Mapping[str, Any]:
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"it is larger than {_MOST_BYTES >> 20} MiB")
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if content is None:
        return {}
    if not isinstance(content, Mapping):
        raise ValueError("it must hold a map of settings")
    return content


def _filled(value: Any, environment: Mapping[str, str], source: Source, at: tuple[str, ...]) -> Any:
    if isinstance(value, Mapping):
        filled = {str(key): _filled(inner, environment, source, (*at, str(key))) for key, inner in value.items()}
        return {key: inner for key, inner in filled.items() if inner is not _ABSENT}
    if isinstance(value, list):
        inner = [_filled(item, environment, source, at) for item in value]
        return [item for item in inner if item is not _ABSENT]
    provided = _PROVIDED.fullmatch(value) if isinstance(value, str) else None
    if provided is None:
        return value
    if provided[1] != "env":
        message = f'"{provided[1]}" is no provider of values; the only one is `env`'
        source.problems.append(SettingProblem(variable(at), message, source.name))
        return _ABSENT
    return environment.get(provided[2], _ABSENT)

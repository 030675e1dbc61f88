"""JSON and YAML files, bounded, with file and line in every error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from fairway.integration.manifest.problems import InvalidManifest

SUFFIXES = (".json", ".yaml", ".yml")
"""In the order in which a specification is looked for (contract 2.1)."""
_MOST_BYTES = 8 * 1024 * 1024


def read_document(path: Path) -> Any:
    """The content of a JSON or YAML file.

    Raises:
        InvalidManifest: it cannot be read, or is neither.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InvalidManifest([f"{path}: larger than {_MOST_BYTES >> 20} MiB"])
        text = path.read_text(encoding="utf-8")
        return json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=_LOADER)  # noqa: S506 a safe loader
    except json.JSONDecodeError as error:
        raise InvalidManifest([f"{path}:{error.lineno}: {error.msg}"]) from None
    except yaml.YAMLError as error:
        raise InvalidManifest([f"{path}{_line(error)}: {_reason(error)}"]) from None
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidManifest([f"{path}: cannot be read: {error}"]) from None


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f":{mark.line + 1}" if mark else ""


def _reason(error: yaml.YAMLError) -> str:
    return getattr(error, "problem", None) or " ".join(str(error).split())

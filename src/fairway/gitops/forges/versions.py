"""Versions of contents that forges and we compute alike, and names that are nearly those of spec files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from fairway.gitops.model import SPEC_NAMES

_NEARLY = frozenset({*SPEC_NAMES, *(name + ".txt" for name in SPEC_NAMES)})


def blob_id(content: bytes) -> str:
    """Git's id of a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def nearly(paths: Iterable[str]) -> tuple[str, ...]:
    """Files in the root that look like spec files with a wrong name (section 3): ``PORT.YML``, ``port.yml.txt``."""
    return tuple(sorted(path for path in paths if path not in SPEC_NAMES and path.lower() in _NEARLY))

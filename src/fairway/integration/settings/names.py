"""Spellings of setting names: ``OCEAN__PORT__CLIENT_ID``, ``port.client_id``, ``clientId`` (contract 3.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

PREFIX = "OCEAN"
SEPARATOR = "__"
BARE = "application"
"""The group whose variables have no prefix."""

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake(name: str) -> str:
    """``jiraHost`` as ``jira_host``; snake case stays."""
    return _WORDS.sub("_", name).replace("-", "_").lower()


def variable(path: Sequence[str | int]) -> str:
    """The environment variable of a setting."""
    parts = [str(part).upper() for part in path]
    return SEPARATOR.join(parts if path and path[0] == BARE else [PREFIX, *parts])


def path_of(name: str) -> tuple[str, ...] | None:
    """The setting of an environment variable, ``None`` when it is none of ours."""
    first, *rest = name.lower().split(SEPARATOR)
    if not rest or not all(rest):
        return None
    if first == PREFIX.lower():
        return tuple(rest)
    return (BARE, *rest) if first == BARE else None

"""Settings of one source as nested dictionaries, and sources on top of one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairway.integration.settings.problems import SettingProblem

Tree = dict[str, Any]
CONFIG = ("integration", "config")
"""The integration's own settings: their values are not ours to take apart."""


class Source:
    """What one source says."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tree: Tree = {}
        self.problems: list[SettingProblem] = []

    def says(self, path: Sequence[str | int]) -> bool:
        """Whether the source has a value at ``path`` or on the way to it."""
        node: Any = self.tree
        for part in path:
            if not isinstance(node, Mapping):
                return True
            if part not in node:
                return False
            node = node[part]
        return True


def put(tree: Tree, path: Sequence[str], value: Any) -> None:
    """Sets a value; one that stands on the way gives way to a group."""
    for part in path[:-1]:
        inner = tree.get(part)
        if not isinstance(inner, dict):
            inner = tree[part] = {}
        tree = inner
    tree[path[-1]] = value


def merge(low: Mapping[str, Any], high: Mapping[str, Any], at: tuple[str, ...] = ()) -> Tree:
    """``high`` on top of ``low``, group by group."""
    merged = dict(low)
    for name, value in high.items():
        below = merged.get(name)
        if at != CONFIG and isinstance(value, Mapping) and isinstance(below, Mapping):
            merged[name] = merge(below, value, (*at, name))
        else:
            merged[name] = value
    return merged

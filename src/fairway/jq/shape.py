"""The skeleton of a mapping: which containers an entity has and where each program's value goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Container = Any
"""A dictionary or a list."""


class Shape:
    """Made once per mapping; :meth:`fresh` then costs little more than copying its containers."""

    def __init__(self, mapping: Mapping[str, Any], leaf: Callable[[str, str], None]) -> None:
        self._templates: list[Container] = []
        self._links: list[tuple[int, Any, int]] = []
        self.places: list[tuple[int, Any]] = []
        """Container number and key of each program, in order."""
        self._leaf = leaf
        self._container(mapping, "")

    def fresh(self) -> list[Container]:
        """New containers, linked together; the first one is the entity."""
        containers = [template.copy() for template in self._templates]
        for outer, key, inner in self._links:
            containers[outer][key] = containers[inner]
        return containers

    def _container(self, value: Any, name: str) -> int:
        number = len(self._templates)
        mapped = isinstance(value, Mapping)
        pairs = list(value.items()) if mapped else list(enumerate(value))
        self._templates.append(dict.fromkeys(value) if mapped else [None] * len(pairs))
        for key, item in pairs:
            self._item(number, key, item, f"{name}.{key}" if name else str(key))
        return number

    def _item(self, number: int, key: Any, item: Any, name: str) -> None:
        if isinstance(item, str):
            self._leaf(item, name)
            self.places.append((number, key))
        elif isinstance(item, Mapping | list | tuple):
            self._links.append((number, key, self._container(item, name)))
        else:
            self._templates[number][key] = item

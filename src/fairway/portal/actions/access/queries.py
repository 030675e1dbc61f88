"""The queries of a policy: templates in their values, and what they find (contract 6.8)."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from fairway.jq import Engine, Templates
from fairway.kit.errors import FairwayError, InvalidRequest
from fairway.portal.caller import Caller
from fairway.portal.catalog.wiring import Catalog

MAX_ENTITIES = 1000
"""Of each query (contract 6.8)."""
_MAX_DEPTH = 12
"""Deeper than any query that search accepts."""


class PolicyQueries:
    """Runs queries as the portal itself: a policy may count what its subject may not see."""

    def __init__(self, catalog: Catalog, engine: Engine, system: Caller) -> None:
        self._catalog = catalog
        self._templates = Templates(engine)
        self._system = system

    async def entities(self, query: Any, context: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """What a query finds, none when it fails: it is malformed, or one of its templates gave no value."""
        try:
            filled = await self.fill(query, context)
            search = await self._catalog.search.prepare(self._system, filled)
            ids = await self._catalog.search.finder.page(search, 0, MAX_ENTITIES)
            return await self._catalog.reader.documents(ids)
        except FairwayError:
            return None

    async def fill(self, query: Any, context: Mapping[str, Any]) -> Any:
        """The query with the templates in its rule values rendered, once. A template gives a scalar or a list of
        them: inputs fill in values and cannot add rules, operators or ranges.

        Raises:
            InvalidRequest: a template failed or gave something else.
        """
        filled = copy.deepcopy(query)
        places = list(_templates(filled, 1))
        rendered, problems = await self._templates.render_report([holder[key] for holder, key in places], context)
        if problems:
            raise InvalidRequest(f"The template `{problems[0].program}` failed")
        for (holder, key), value in zip(places, rendered, strict=True):
            if not _plain(value):
                raise InvalidRequest(f"The template `{holder[key]}` must give a scalar or a list of scalars")
            holder[key] = value
        return filled


def _templates(node: Any, depth: int) -> Iterator[tuple[Any, Any]]:
    """Holder and key of each string with a template in the values of a query's rules."""
    if depth > _MAX_DEPTH:
        raise InvalidRequest(f"A query may not nest deeper than {_MAX_DEPTH}")
    if isinstance(node, list):
        for item in node:
            yield from _templates(item, depth + 1)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("rules", "conditions"):
                yield from _templates(value, depth + 1)
        if "value" in node:
            yield from _strings(node, "value", depth)


def _strings(holder: Any, key: Any, depth: int) -> Iterator[tuple[Any, Any]]:
    if depth > _MAX_DEPTH:
        raise InvalidRequest(f"A query may not nest deeper than {_MAX_DEPTH}")
    value = holder[key]
    if isinstance(value, str) and "{{" in value:
        yield holder, key
    elif isinstance(value, dict):
        for each in value:
            yield from _strings(value, each, depth + 1)
    elif isinstance(value, list):
        for at in range(len(value)):
            yield from _strings(value, at, depth + 1)


def _plain(value: Any) -> bool:
    items = value if isinstance(value, list) else [value]
    return all(item is None or isinstance(item, str | int | float | bool) for item in items)

"""Entities that inputs name: read as the caller, many at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from fairway.kit.errors import NotFound
from fairway.portal.caller import Caller
from fairway.portal.catalog.reading.options import ReadOptions
from fairway.portal.catalog.search.service import MAX_LIMIT, SearchService

Document = Mapping[str, Any]
Query = Mapping[str, Any]

_SHOWN = ReadOptions().narrowed(("identifier", "title", "blueprint", "team", "properties", "relations"), None)
_IDENTIFIER = ReadOptions().narrowed(("identifier",), None)


class EntityFinder:
    """Finds entities by identifier; what the caller may not read is not there."""

    def __init__(self, search: SearchService) -> None:
        self._search = search

    async def documents(
        self, caller: Caller, blueprint: str | None, identifiers: Collection[str]
    ) -> dict[str, list[Document]]:
        """The entities of each identifier, in one blueprint or (several, then) in all of them. An unknown blueprint has
        none."""
        found: dict[str, list[Document]] = {}
        for names in _batches(identifiers):
            for document in await self._search_by(caller, blueprint, [_named(names)], _SHOWN):
                found.setdefault(document["identifier"], []).append(document)
        return found

    async def members(
        self, caller: Caller, blueprint: str | None, dataset: Query, identifiers: Collection[str]
    ) -> set[str]:
        """Those of the identifiers whose entities a dataset holds.

        Raises:
            InvalidRequest: the dataset is malformed.
        """
        found: set[str] = set()
        for names in _batches(identifiers):
            rules = [_named(names), dataset]
            found |= {each["identifier"] for each in await self._search_by(caller, blueprint, rules, _IDENTIFIER)}
        return found

    async def _search_by(
        self, caller: Caller, blueprint: str | None, rules: Sequence[Query], options: ReadOptions
    ) -> list[dict[str, Any]]:
        query = {"combinator": "and", "rules": list(rules)}
        if blueprint is None:
            parts = await self._search.search_all(caller, query, options)
            return [document async for part in parts for document in part.entities]
        try:
            body = {"query": query, "limit": MAX_LIMIT}
            return (await self._search.search_blueprint(caller, blueprint, body, options)).entities
        except NotFound:
            return []


def _batches(identifiers: Collection[str]) -> Iterator[list[str]]:
    names = sorted(set(identifiers))
    for start in range(0, len(names), MAX_LIMIT):
        yield names[start : start + MAX_LIMIT]


def _named(identifiers: Sequence[str]) -> dict[str, Any]:
    return {"property": "$identifier", "operator": "in", "value": list(identifiers)}

"""Use cases of search (contract sections 3.8 and 4)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from fairway.kit.clock import Clock, rfc3339
from fairway.kit.errors import InvalidRequest
from fairway.portal.caller import Caller
from fairway.portal.catalog.reading.options import ReadOptions
from fairway.portal.catalog.reading.reader import EntityReader
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.catalog.search.builder import IndexBuilder
from fairway.portal.catalog.search.cursors import decode_cursor, encode_cursor
from fairway.portal.catalog.search.finder import Chooser, Finder, Search, every, one
from fairway.portal.catalog.search.instants import given_instant
from fairway.portal.catalog.search.rules import Group, PropertyRule, Rule, parse_query
from fairway.portal.catalog.search.sorting import Sort, parse_sort, sorted_ids
from fairway.portal.catalog.search.usage import Usage
from fairway.portal.http.requests import optional, require
from fairway.portal.storage.database import Database

DEFAULT_LIMIT = 200
MAX_LIMIT = 1000
MAX_DATASOURCE_LIMIT = 5000
"""What the integration framework asks for."""
_PAGE = 500
"""Entities assembled at a time where everything is asked for."""


@dataclass(frozen=True, slots=True)
class Page:
    """Documents, and where the next page begins."""

    entities: list[dict[str, Any]]
    next: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the documents of an answer without pages."""

    entities: list[dict[str, Any]]
    blueprints: frozenset[str]


class SearchService:
    """Searches. What the caller may not read is not found."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        schemas: SchemaCache,
        reader: EntityReader,
        builder: IndexBuilder,
    ) -> None:
        self._db = db
        self.finder = Finder(db, clock, schemas, reader)
        self._reader = reader
        self._usage = Usage()
        self._builder = builder

    async def search_all(
        self, caller: Caller, query: Any, options: ReadOptions, *, blueprint: str | None = None
    ) -> AsyncIterator[Part]:
        """Everything that matches, of all blueprints or of one, in parts that are read as they are asked for.

        Raises:
            InvalidRequest: the query is malformed.
            NotFound: the one blueprint does not exist.
        """
        return self._parts(await self.prepare(caller, query, blueprint=blueprint), options)

    async def search_blueprint(
        self, caller: Caller, blueprint: str, body: Mapping[str, Any], options: ReadOptions
    ) -> Page:
        """A page of one blueprint's entities, in order of creation.

        Raises:
            InvalidRequest: the query, a field list or the cursor is malformed.
            NotFound: the blueprint does not exist.
        """
        options = options.narrowed(_fields(body, "include"), _fields(body, "exclude"))
        limit = parse_limit(body, DEFAULT_LIMIT, MAX_LIMIT)
        search = await self._prepare(caller, _query(body), one(blueprint))
        return await self._page(search, body.get("from"), limit, options)

    async def top_search(self, caller: Caller, blueprint: str, body: Mapping[str, Any], options: ReadOptions) -> Page:
        """A page of one blueprint's entities, sorted by a property of theirs.

        Raises:
            InvalidRequest: as for :meth:`search_blueprint`, or the sort names what cannot be sorted by.
            NotFound: the blueprint does not exist.
        """
        options = options.narrowed(_fields(body, "include"), _fields(body, "exclude"))
        limit = parse_limit(body, DEFAULT_LIMIT, MAX_LIMIT)
        sort = parse_sort(body.get("sort"), body.get("from"))
        search = await self._prepare(caller, _query(body), one(blueprint), sort)
        ids, following = await sorted_ids(self._db, self.finder, search, sort, limit)
        return Page(await self._reader.documents(ids, options), following)

    async def count(self, caller: Caller, query: Any, *, blueprint: str | None = None) -> int:
        """How many entities match, of all blueprints or of one.

        Raises:
            InvalidRequest: the query is malformed.
            NotFound: the one blueprint does not exist.
        """
        rule = None if query is None else parse_query(query)
        return await self.finder.count(
            await self._prepare(caller, rule, every if blueprint is None else one(blueprint))
        )

    async def readable(self, caller: Caller, blueprint: str, identifier: str) -> int | None:
        """The surrogate key of an entity that the caller may read, else ``None``.

        Raises:
            NotFound: the blueprint does not exist.
        """
        rule = PropertyRule("$identifier", "=", identifier)
        search = await self._prepare(caller, rule, one(blueprint))
        found = await self.finder.page(search, 0, 1)
        return found[0] if found else None

    async def datasource_entities(
        self, caller: Caller, body: Mapping[str, Any], options: ReadOptions
    ) -> Page | AsyncIterator[Part]:
        """Entities whose last writer's ``User-Agent`` has a prefix and a suffix: a page when a limit or a cursor is
        given, else everything.

        Raises:
            InvalidRequest: the body is malformed.
        """
        search = await self._prepare(caller, _datasource_rule(body), every)
        if body.get("limit") is None and body.get("from") is None:
            return self._parts(search, options)
        limit = parse_limit(body, MAX_DATASOURCE_LIMIT, MAX_DATASOURCE_LIMIT)
        return await self._page(search, body.get("from"), limit, options)

    async def prepare(self, caller: Caller, query: Any, *, blueprint: str | None = None) -> Search:
        """A search of all blueprints or of one, for :attr:`finder`; no query matches everything.

        Raises:
            InvalidRequest: the query is malformed.
            NotFound: the one blueprint does not exist.
        """
        rule = None if query is None else parse_query(query)
        return await self._prepare(caller, rule, every if blueprint is None else one(blueprint))

    async def _prepare(self, caller: Caller, rule: Rule | None, choose: Chooser, sort: Sort | None = None) -> Search:
        search = await self._db.read(lambda tx: self.finder.prepare(tx, caller, rule, choose))
        for target in search.targets:
            self._usage.searched(target.blueprints, target.parts.candidates)
            if sort is not None:
                self._usage.used(target.blueprints[0], sort.property)
        due = self._usage.take_due()
        if due:
            await self._builder.ask(due)
        return search

    async def _page(self, search: Search, cursor: Any, limit: int, options: ReadOptions) -> Page:
        after = 0 if cursor in (None, "") else decode_cursor(cursor, (int,))[0]
        ids = await self.finder.page(search, after, limit + 1)
        following = encode_cursor(ids[limit - 1]) if len(ids) > limit else None
        return Page(await self._reader.documents(ids[:limit], options), following)

    async def _parts(self, search: Search, options: ReadOptions) -> AsyncIterator[Part]:
        async for ids in self.finder.pages(search, _PAGE):
            for start in range(0, len(ids), _PAGE):
                chunk = ids[start : start + _PAGE]
                loaded = await self._db.read(lambda tx, c=chunk: self._reader.load(tx, search.schema, c, options))  # type: ignore[misc]
                names = frozenset(search.schema.by_id(each).identifier for each in loaded.grouped())
                yield Part(await self._reader.assemble(loaded, options), names)


def parse_limit(body: Mapping[str, Any], default: int, most: int) -> int:
    """``limit``, clamped to its range (contract 15.24).

    Raises:
        InvalidRequest: not a number.
    """
    value = body.get("limit")
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidRequest(f'"limit" must be a number from 1 to {most}')
    return max(1, min(most, int(value)))


def _query(body: Mapping[str, Any]) -> Rule | None:
    query = body.get("query")
    return None if query is None else parse_query(query)


def _fields(body: Mapping[str, Any], key: str) -> list[str] | None:
    value = body.get(key)
    if value is None or (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        return value
    raise InvalidRequest(f'"{key}" must be an array of field names')


def _datasource_rule(body: Mapping[str, Any]) -> Rule:
    holder = dict(body)
    rules = [
        PropertyRule("$datasource", "beginsWith", require(holder, "datasource_prefix", str)),
        PropertyRule("$datasource", "endsWith", require(holder, "datasource_suffix", str)),
    ]
    before = optional(holder, "before", str)
    if before is not None:
        instant = given_instant(before)
        if instant is None:
            raise InvalidRequest('"before" must be an ISO 8601 instant such as "2026-01-28T10:00:00.000Z"')
        rules.append(PropertyRule("$updatedAt", "<", rfc3339(instant)))
    return Group("and", tuple(rules))

"""Which entities of spec files a caller may know of: those that they may read."""

from __future__ import annotations

from collections.abc import Iterable

from fairway.gitops.model import EntityKey
from fairway.portal.access.decisions import read_scope
from fairway.portal.caller import Caller
from fairway.portal.catalog.reading.options import ReadOptions
from fairway.portal.catalog.wiring import Catalog

_CHUNK = 500
_ONLY = ReadOptions(include=frozenset({"identifier"}))


class EntitySight:
    """Asks the catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def visible(self, caller: Caller, keys: Iterable[EntityKey]) -> frozenset[EntityKey]:
        """Those of ``keys`` that the caller may read. Of a blueprint that does not exist there is nothing to hide."""
        wanted: dict[str, list[str]] = {}
        for key in set(keys):
            wanted.setdefault(key.blueprint, []).append(key.identifier)
        schema = await self._catalog.blueprints.schema()
        found: set[EntityKey] = set()
        for name, identifiers in wanted.items():
            blueprint = schema.get(name)
            scope = None if blueprint is None else read_scope(caller, name, blueprint.permissions)
            if scope is None or scope.everything:
                found.update(EntityKey(name, each) for each in identifiers)
            elif not scope.nothing:
                found.update(await self._searched(caller, name, identifiers))
        return frozenset(found)

    async def _searched(self, caller: Caller, blueprint: str, identifiers: list[str]) -> list[EntityKey]:
        found: list[EntityKey] = []
        for start in range(0, len(identifiers), _CHUNK):
            rule = {"property": "$identifier", "operator": "in", "value": identifiers[start : start + _CHUNK]}
            body = {"query": {"combinator": "and", "rules": [rule]}, "limit": _CHUNK}
            page = await self._catalog.search.search_blueprint(caller, blueprint, body, _ONLY)
            found += [EntityKey(blueprint, str(each["identifier"])) for each in page.entities]
        return found

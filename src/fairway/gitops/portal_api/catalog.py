"""The catalog of a portal, over its public API: ours, or any that speaks the same contract."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fairway import __version__
from fairway.client import PortalClient
from fairway.client.api import segment
from fairway.gitops.catalog import BlueprintShape, Found, Write, Written
from fairway.gitops.model import EntityKey
from fairway.gitops.spec.shapes import shape_of
from fairway.kit.errors import FairwayError, NotFound, Unavailable
from fairway.wire.entities import MAX_BULK, BulkAnswer, EntityWrite

USER_AGENT = f"fairway/{__version__}/gitops"
"""The portal records it as the data source of what is written. Section 9 of the contract."""
_KEYS = 1000
"""Identifiers of one search without contents."""
_CONTENTS = 100
"""Entities read whole by one search: file contents may be among their properties."""
_PARALLEL = 8
_FINAL = frozenset({400, 403, 404, 409, 410, 413, 422})


class PortalCatalog:
    """A :class:`~fairway.gitops.catalog.Catalog`; ``client`` is open, and its user agent :data:`USER_AGENT`."""

    def __init__(self, client: PortalClient) -> None:
        self._client = client
        self._gate = asyncio.Semaphore(_PARALLEL)
        self._own: dict[str, frozenset[str]] = {}

    async def organisation(self) -> str:
        found = (await self._client.get("/organization")).get("organization") or {}
        return str(found.get("id") or found.get("name") or "")

    async def blueprints(self) -> Sequence[BlueprintShape]:
        answer = await self._client.get("/blueprints")
        shapes = [shape_of(each) for each in answer.get("blueprints") or ()]
        self._own = {each.identifier: frozenset(each.properties) for each in shapes}
        return shapes

    async def find(self, keys: Iterable[EntityKey]) -> Mapping[EntityKey, Found]:
        wanted = _parts(keys, _CONTENTS)
        if any(blueprint not in self._own for blueprint, _ in wanted):
            await self.blueprints()
        parts = await asyncio.gather(*(self._search(blueprint, names, ()) for blueprint, names in wanted))
        found = [_found(each, self._own.get(str(each["blueprint"]), frozenset())) for part in parts for each in part]
        return {each.key: each for each in found}

    async def revisions(self, keys: Iterable[EntityKey]) -> Mapping[EntityKey, str]:
        fields = ("identifier", "blueprint", "updatedAt")
        asked = [self._search(blueprint, names, fields) for blueprint, names in _parts(keys, _KEYS)]
        parts = await asyncio.gather(*asked)
        return {
            EntityKey(str(each["blueprint"]), str(each["identifier"])): str(each["updatedAt"])
            for part in parts
            for each in part
        }

    async def _search(self, blueprint: str, names: Sequence[str], fields: Sequence[str]) -> list[dict[str, Any]]:
        """Entities of one blueprint; none when there is no such blueprint."""
        rule = {"property": "$identifier", "operator": "in", "value": list(names)}
        query = {"combinator": "and", "rules": [rule]}
        async with self._gate:
            try:
                found = self._client.search(blueprint, query, include=fields, page=_KEYS)
                return [{**each, "blueprint": blueprint} async for each in found]
            except NotFound:
                return []

    async def search(self, blueprint: str, rule: Mapping[str, Any], limit: int) -> Sequence[str]:
        found: list[str] = []
        async with self._gate:
            async for each in self._client.search(
                blueprint, dict(rule), include=("identifier",), page=min(limit, _KEYS)
            ):
                found.append(str(each["identifier"]))
                if len(found) >= limit:
                    break
        return sorted(found)

    async def write(self, writes: Sequence[Write], *, create_missing: bool) -> Sequence[Written]:
        batches: list[Sequence[Write]] = []
        for replace in (False, True):
            chosen = [each for each in writes if each.replace is replace]
            batches += [chosen[start : start + MAX_BULK] for start in range(0, len(chosen), MAX_BULK)]
        answers = await asyncio.gather(*(self._batch(each, create_missing=create_missing) for each in batches))
        by_key = {answer.key: answer for part in answers for answer in part}
        return [by_key[each.key] for each in writes]

    async def _batch(self, writes: Sequence[Write], *, create_missing: bool) -> list[Written]:
        blueprint, merge = writes[0].key.blueprint, not writes[0].replace
        entities: list[EntityWrite] = [_entity(each) for each in writes]
        async with self._gate:
            try:
                answer = await self._client.upsert(blueprint, entities, merge=merge, create_missing=create_missing)
            except FairwayError as error:
                if error.status not in _FINAL or error.status == 403:
                    raise
                return [_refused(each.key, error.code, error.message) for each in writes]
        return _answers(writes, answer)

    async def check(self, write: Write) -> Written:
        params = {"upsert": True, "merge": not write.replace, "validation_only": True}
        path = f"/blueprints/{segment(write.key.blueprint)}/entities"
        try:
            await self._client.post(path, dict(write.document), repeatable=True, **params)
        except FairwayError as error:
            if error.status not in _FINAL:
                raise
            return _refused(write.key, error.code, error.message, lacks_target=error.code == "not_found")
        return Written(write.key)

    async def delete(self, key: EntityKey, *, dependents: bool) -> Written:
        path = f"/blueprints/{segment(key.blueprint)}/entities/{segment(key.identifier)}"
        async with self._gate:
            try:
                await self._client.delete(path, delete_dependents=dependents)
            except NotFound:
                return Written(key)
            except FairwayError as error:
                if error.status not in _FINAL:
                    raise
                return _refused(key, error.code, error.message)
        return Written(key)


def _parts(keys: Iterable[EntityKey], size: int) -> list[tuple[str, list[str]]]:
    by_blueprint: dict[str, list[str]] = {}
    for key in keys:
        by_blueprint.setdefault(key.blueprint, []).append(key.identifier)
    return [
        (blueprint, names[start : start + size])
        for blueprint, names in by_blueprint.items()
        for start in range(0, len(names), size)
    ]


def _found(entity: Mapping[str, Any], own: frozenset[str]) -> Found:
    """Without computed properties, which nobody writes, and those that are not set."""
    properties = entity.get("properties") or {}
    properties = {name: value for name, value in properties.items() if name in own and value is not None}
    return Found(
        EntityKey(str(entity["blueprint"]), str(entity["identifier"])), entity.get("title"), entity.get("icon"),
        entity.get("team") or None, properties, entity.get("relations") or {},
        str(entity["updatedAt"]),
    )  # fmt: skip


def _entity(write: Write) -> EntityWrite:
    entity: EntityWrite = {"identifier": write.key.identifier}
    entity.update(write.document)  # type: ignore[typeddict-item] # a document holds fields of an entity only
    return entity


def _answers(writes: Sequence[Write], answer: BulkAnswer) -> list[Written]:
    found: dict[int, Written] = {}
    for item in answer["entities"]:
        found[item["index"]] = Written(writes[item["index"]].key, created=bool(item.get("created")))
    for problem in answer["errors"]:
        key = writes[problem["index"]].key
        if problem["statusCode"] >= 500 or problem["statusCode"] == 429:
            raise Unavailable(f'The portal cannot write "{key}" now: {problem["message"]}')
        lacks = problem["error"] == "not_found" and problem["statusCode"] == 404  # 3.11: the unmet dependency
        found[problem["index"]] = _refused(key, problem["error"], problem["message"], lacks_target=lacks)
    lost = [each.key for index, each in enumerate(writes) if index not in found]
    if lost:
        raise Unavailable(f'The portal did not say what became of "{lost[0]}"')
    return [found[index] for index in range(len(writes))]


def _refused(key: EntityKey, code: str, message: str, *, lacks_target: bool = False) -> Written:
    return Written(key, error=code, message=message, target_missing=lacks_target)

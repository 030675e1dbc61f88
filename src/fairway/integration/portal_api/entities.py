"""Entities at the portal: bulks by real bytes, deletions, searches and the listing of what is ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from fairway.client import PortalClient
from fairway.client.api import segment
from fairway.integration.model import AppConfig
from fairway.integration.portal_api.installation import Installation
from fairway.kit.clock import rfc3339, to_millis
from fairway.kit.errors import FairwayError, PayloadTooLarge
from fairway.kit.pacing import Gate
from fairway.wire.entities import BULK_LIMIT, MAX_BULK, MAX_BULK_DELETE

IN_FLIGHT = 8
"""Requests about entities under way at once (section 21.4)."""
MOST_BYTES = 1024 * 1024
"""Of a bulk; portals refuse larger bodies (catalog API 3.11)."""
SEARCHED = 100
"""Identifiers of one search (section 21.3)."""
_LISTED = 5000
_FRAME = 64
UNKNOWN = "unknown"
"""Answered for a search identifier that found nothing (section 7.5)."""
_SAID_NOTHING = "the portal did not say what became of it"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an entity was not written."""

    status: int
    code: str
    message: str

    @property
    def lacks_target(self) -> bool:
        """A related entity is missing (catalog API 3.11)."""
        return self.status == 404 and self.code == "not_found"


@dataclass(slots=True)
class Written:
    """What became of documents, by their place."""

    stored: dict[int, str] = field(default_factory=dict)
    """The identifier as the portal knows it."""
    failed: dict[int, Failure] = field(default_factory=dict)
    ignored: list[int] = field(default_factory=list)
    """Search identifiers that found nothing."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An entity of ours at the portal; ``document`` is as the portal answered it."""

    blueprint: str
    identifier: str
    document: Mapping[str, Any]


class EntityApi:
    """Shared by everything in a process, so that the bound on requests under way holds."""

    def __init__(
        self, client: PortalClient, installation: Installation, *, most: int | None = None, most_bytes: int = MOST_BYTES
    ) -> None:
        self._client = client
        self._installation = installation
        self._most = most
        self._most_bytes = most_bytes
        self._gate = Gate(IN_FLIGHT)
        self._headers = {"user-agent": installation.user_agent("exporter")}

    @property
    def bulk_limit(self) -> int:
        """Entities of one bulk: 20, more when the portal says so, fewer when a setting does."""
        return min(self._most, self._client.bulk_limit) if self._most else self._client.bulk_limit

    async def upsert(
        self, blueprint: str, bodies: Sequence[bytes], config: AppConfig, *, event: str, run: str | None = None
    ) -> Written:
        """Writes documents that are JSON already; each is serialised once, whatever has to be repeated."""
        params = {
            "upsert": True,
            "merge": config.enable_merge_entity,
            "create_missing_related_entities": config.create_missing_related_entities,
            "validation_only": False,
            "ocean_info_event_type": event,
            "ocean_info_resync_id": run,
        }
        found = Written()
        parts = self._parts(bodies)
        await asyncio.gather(*(self._bulk(blueprint, bodies, part, params, found) for part in parts))
        return found

    def _parts(self, bodies: Sequence[bytes]) -> list[range]:
        parts: list[range] = []
        start, size = 0, _FRAME
        for index, body in enumerate(bodies):
            if index > start and (index - start >= self.bulk_limit or size + len(body) > self._most_bytes):
                parts.append(range(start, index))
                start, size = index, _FRAME
            size += len(body) + 1
        return [*parts, range(start, len(bodies))] if len(bodies) > start else parts

    async def _bulk(
        self, blueprint: str, bodies: Sequence[bytes], part: range, params: Mapping[str, Any], found: Written
    ) -> None:
        body = b'{"entities":[' + b",".join(bodies[part.start : part.stop]) + b"]}"
        path = f"/blueprints/{segment(blueprint)}/entities/bulk"
        try:
            large = {BULK_LIMIT: str(len(part))} if len(part) > MAX_BULK else {}
            answer = await self._call("POST", path, body=body, params=params, headers=large)
        except PayloadTooLarge as error:
            if len(part) == 1:
                found.failed[part.start] = _failure(error)
                return
            middle = (part.start + part.stop) // 2
            await self._bulk(blueprint, bodies, range(part.start, middle), params, found)
            await self._bulk(blueprint, bodies, range(middle, part.stop), params, found)
        except FairwayError as error:
            found.failed.update(dict.fromkeys(part, _failure(error)))
        else:
            _read(answer, bodies, part, found)

    async def delete(
        self, blueprint: str, identifiers: Sequence[str], *, dependents: bool, event: str, run: str | None = None
    ) -> list[str]:
        """Deletes at most 100 entities; those that are gone.

        Raises:
            FairwayError: the portal refuses all of them, or does not answer.
        """
        answer = await self._call(
            "POST",
            f"/blueprints/{segment(blueprint)}/bulk/entities/delete",
            body={"entities": list(identifiers)[:MAX_BULK_DELETE]},
            params={
                "delete_dependents": dependents,
                "ocean_info_event_type": event,
                "ocean_info_resync_id": run,
            },
        )
        deleted = answer.get("deletedEntities")
        return [str(each) for each in deleted] if isinstance(deleted, list) else list(identifiers)

    async def listing(self, before: datetime, *, contents: bool = False) -> AsyncIterator[list[Listed]]:
        """Pages of everything of ours that was last written before an instant; ``contents`` with properties.

        Raises:
            FairwayError: the portal does not answer.
        """
        body: dict[str, Any] = {
            "datasource_prefix": self._installation.datasource_prefix,
            "datasource_suffix": self._installation.datasource_suffix,
            "limit": _LISTED,
            "before": rfc3339(to_millis(before)),
        }
        params: dict[str, Any] = {"exclude_calculated_properties": True}
        if not contents:
            params["include"] = ["blueprint", "identifier"]
        while True:
            path = "/blueprints/entities/datasource-entities"
            answer = await self._call("POST", path, body=body, params=params)
            yield [
                Listed(str(each["blueprint"]), str(each["identifier"]), each) for each in answer.get("entities") or ()
            ]
            following = answer.get("next")
            if not following or following == body.get("from"):
                return
            body["from"] = following

    async def search(self, blueprint: str, identifiers: Sequence[str], include: Sequence[str]) -> list[Listed]:
        """Entities of ours among ``identifiers``, 100 to a request and several requests at once (section 7.4).

        Raises:
            FairwayError: the portal does not answer.
        """
        parts = [identifiers[start : start + SEARCHED] for start in range(0, len(identifiers), SEARCHED)]
        answers = await asyncio.gather(*(self._search(blueprint, part, include) for part in parts))
        return [each for answer in answers for each in answer]

    async def _search(self, blueprint: str, part: Sequence[str], include: Sequence[str]) -> list[Listed]:
        rules = [
            {"property": "$identifier", "operator": "in", "value": list(part)},
            {"property": "$blueprint", "operator": "=", "value": blueprint},
            {"property": "$datasource", "operator": "contains", "value": self._installation.datasource_prefix},
            {"property": "$datasource", "operator": "contains", "value": self._installation.datasource_suffix},
        ]
        answer = await self._call(
            "POST",
            "/entities/search",
            body={"combinator": "and", "rules": rules},
            params={"exclude_calculated_properties": True, "include": list(include)},
        )
        return [Listed(blueprint, str(each["identifier"]), each) for each in answer.get("entities") or ()]

    async def _call(
        self, method: str, path: str, *, body: Any, params: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        await self._gate.enter("pass")
        try:
            return await self._client.request(
                method, path, params=params, body=body, headers={**self._headers, **(headers or {})}, repeatable=True
            )
        finally:
            self._gate.leave()


def serialised(document: Mapping[str, Any]) -> bytes:
    """The body of an entity; integers beyond 64 bits go the slow way."""
    try:
        return orjson.dumps(document)
    except TypeError:
        import json

        return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def _failure(error: FairwayError) -> Failure:
    return Failure(error.status, error.code, error.message)


def _read(answer: Mapping[str, Any], bodies: Sequence[bytes], part: range, found: Written) -> None:
    """Both lists by index; an item in neither failed (section 7.5)."""
    for item in answer.get("entities") or ():
        if isinstance(item.get("index"), int) and 0 <= item["index"] < len(part):
            found.stored[part[item["index"]]] = str(item.get("identifier", ""))
    for item in answer.get("errors") or ():
        if not isinstance(item.get("index"), int) or not 0 <= item["index"] < len(part):
            continue
        if item.get("identifier") == UNKNOWN and _is_search(bodies[part[item["index"]]]):
            found.ignored.append(part[item["index"]])
            continue
        code, message = str(item.get("error") or ""), str(item.get("message") or "refused")
        found.failed[part[item["index"]]] = Failure(int(item.get("statusCode") or 0), code, message)
    for index in part:
        if index not in found.stored and index not in found.failed and index not in found.ignored:
            found.failed[index] = Failure(0, "no_answer", _SAID_NOTHING)


def _is_search(body: bytes) -> bool:
    """Portals call an entity unknown, too, whose identifier they cannot read."""
    return isinstance(orjson.loads(body).get("identifier"), dict)

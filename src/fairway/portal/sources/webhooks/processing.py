"""From a payload to its outcome: signature, context, mapping. Nothing here is written."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairway.jq import Engine, JqSyntaxError
from fairway.kit.errors import InvalidRequest
from fairway.kit.jsonio import dumps, parse_body
from fairway.portal.sources.webhooks.documents import compile_mappings
from fairway.portal.sources.webhooks.mapping import Item, Mapped
from fairway.portal.sources.webhooks.model import Payload
from fairway.portal.sources.webhooks.signature import Verdict, verify

SECONDS = 10.0
"""Longest evaluation of one payload, all expressions together."""
_SHOWN_ITEMS = 20
_SHOWN_BYTES = 65_536
"""Size of an outcome kept on record; a preview answers everything."""


@dataclass(slots=True)
class Processed:
    """What became of a payload so far. ``problem`` says why there are no mappings at all."""

    signature: Verdict
    mapped: list[Mapped] = field(default_factory=list)
    problem: str | None = None
    request_id: str | None = None

    @property
    def failed(self) -> bool:
        """Did anything go wrong that a person should look at?"""
        return self.problem is not None or any(
            each.problem is not None or any(item.result == "failed" for item in each.items) for each in self.mapped
        )

    def shown(self, *, whole: bool) -> dict[str, Any]:
        """As previews (``whole``) and records show it."""
        return {
            "signature": self.signature.shown(),
            "requestIdentifier": self.request_id,
            "problem": self.problem,
            "mappings": [_mapping(each, whole=whole) for each in self.mapped],
        }


async def process(
    engine: Engine, security: Mapping[str, Any], mappings: Sequence[dict[str, Any]], payload: Payload
) -> Processed:
    """Checks and maps a payload."""
    verdict = verify(security, payload.headers, payload.body)
    if not verdict.valid:
        return Processed(verdict, problem=verdict.reason)
    try:
        body = parse_body(payload.body)
    except InvalidRequest as error:
        return Processed(verdict, problem=error.message)
    return await process_body(engine, security, mappings, payload, body, verdict)


async def process_body(
    engine: Engine,
    security: Mapping[str, Any],
    mappings: Sequence[dict[str, Any]],
    payload: Payload,
    body: Any,
    verdict: Verdict,
) -> Processed:
    """Maps a parsed payload."""
    context = {"body": body, "headers": payload.headers, "queryParams": payload.query}
    done = Processed(verdict)
    try:
        async with asyncio.timeout(SECONDS):
            done.request_id = await _request_id(engine, security, context)
            for mapping in compile_mappings(engine, list(mappings)):
                done.mapped.append(await mapping.evaluate(context))
    except TimeoutError:
        return Processed(verdict, problem=f"The expressions took longer than {SECONDS:g} s together")
    except InvalidRequest as error:
        return Processed(verdict, problem=error.message)
    return done


async def _request_id(engine: Engine, security: Mapping[str, Any], context: dict[str, Any]) -> str | None:
    path = security.get("requestIdentifierPath")
    if not path:
        return None
    try:
        value = (await engine.first(engine.compile(path), context)).value
    except JqSyntaxError:
        return None
    return None if value is None else str(value)[:200]


def _mapping(mapped: Mapped, *, whole: bool) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for item in mapped.items:
        if item.result is not None:
            counts[item.result] = counts.get(item.result, 0) + 1
    mapping = mapped.mapping
    return {
        "index": mapping.index,
        "blueprint": mapping.blueprint,
        "operation": mapping.operation,
        "problem": mapped.problem.shown() if mapped.problem else None,
        "counts": counts,
        "items": _items(mapped.items) if not whole else [_item(item) for item in mapped.items],
    }


def _items(items: list[Item]) -> list[dict[str, Any]]:
    """The first items, failed ones before others, filtered ones not at all, as far as the record has room."""
    shown: list[dict[str, Any]] = []
    room = _SHOWN_BYTES
    wanted = [item for item in items if item.result != "filtered"]
    for item in sorted(wanted, key=lambda each: each.result != "failed")[:_SHOWN_ITEMS]:
        entry = {**_item(item), "raw": None}
        room -= len(dumps(entry))
        if room < 0:
            break
        shown.append(entry)
    return shown


def _item(item: Item) -> dict[str, Any]:
    return {
        "raw": item.raw,
        "filter": item.result != "filtered",
        "result": item.result,
        "mapped": item.mapped,
        "errors": [problem.shown() for problem in item.problems],
    }

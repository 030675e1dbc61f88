"""Runs an integration's handlers and a mapping without a portal (contract section 17)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairway.integration.caching import Cache
from fairway.integration.definition import Context, Integration
from fairway.integration.http import HttpSettings, OutboundGuard, ThirdPartyHttp
from fairway.integration.mapping.compiled import CompiledResource, compile_config
from fairway.integration.mapping.config import parse_config
from fairway.integration.model import Entity, Problem, RawItem, Resource, Trigger
from fairway.jq import Engine
from fairway.kit.clock import Clock, SystemClock
from fairway.kit.logs import get_logger


@dataclass(slots=True)
class Collected:
    """What a resync would have stored. ``raw`` is by kind identifier: ``issue-0``."""

    raw: dict[str, list[RawItem]] = field(default_factory=dict)
    entities: list[Entity] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def context_for(
    integration: Integration,
    *,
    http: ThirdPartyHttp | None = None,
    config: Any = None,
    resource: Resource | None = None,
    clock: Clock | None = None,
    trigger: Trigger = Trigger.MANUAL,
) -> Context:
    """A context as hooks get it. ``config`` is validated by the integration's model when it is a mapping. Without
    ``http`` it has a client that may connect to this machine; close it."""
    model = integration.config_model
    if model is not None and isinstance(config, Mapping):
        config = model.model_validate(config)
    return Context(
        integration,
        config if config is not None else {},
        trigger,
        http or ThirdPartyHttp(HttpSettings(guard=OutboundGuard(enabled=False))),
        Cache(),
        clock or SystemClock(),
        get_logger("fairway.integration.testing"),
        resource,
        integration.selector_of(resource) if resource is not None else None,
    )


async def run_resync(
    integration: Integration,
    mapping: Mapping[str, Any],
    *,
    config: Any = None,
    http: ThirdPartyHttp | None = None,
    clock: Clock | None = None,
) -> Collected:
    """Fetches every resource of ``mapping`` (as in ``port-app-config.yml``) and maps it; problems of the mapping and of
    items are in the result. A given ``http`` stays open.

    Raises:
        Exception: what a handler raised.
    """
    found = Collected()
    parsed = compile_config(Engine(), parse_config(mapping, integration.served, integration.selectors))
    found.problems += parsed.problems
    client = http or ThirdPartyHttp(HttpSettings(guard=OutboundGuard(enabled=False)))
    cache = Cache()
    try:
        for resource in parsed.resources:
            context = context_for(integration, http=client, config=config, resource=resource.resource, clock=clock)
            context.cache = cache
            await _collect(integration, context, resource, found)
    finally:
        if http is None:
            await client.aclose()
    return found


def only(mapping: Mapping[str, Any] | None, *kinds: str) -> dict[str, Any]:
    """A mapping with those of its resources that are of ``kinds``."""
    given = mapping or {}
    return {**given, "resources": [each for each in given.get("resources", ()) if each["kind"] in kinds]}


async def _collect(integration: Integration, context: Context, resource: CompiledResource, found: Collected) -> None:
    items = found.raw.setdefault(resource.resource.name, [])
    for handler in integration.handlers(resource.resource.kind):
        pages = handler(context)
        if isinstance(pages, AsyncIterator):
            async for page in pages:
                items += page
        else:
            items += await pages
    batch = await resource.map(items)
    found.entities += batch.entities
    found.problems += batch.problems


def recordings(folder: Path) -> Mapping[str, bytes]:
    """JSON fixtures of a folder, by path without suffix: ``items/1.json`` is ``/items/1``. For ``FakeThirdParty``."""
    return {
        f"/{path.relative_to(folder).with_suffix('')}": path.read_bytes() for path in sorted(folder.rglob("*.json"))
    }

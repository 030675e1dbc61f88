"""Entities whose relation targets were missing, once more, whole and in the order of their relations (section 7.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from fairway.integration.model import AppConfig, Entity, EntityKey, KindReport
from fairway.integration.portal_api import PortalApi
from fairway.integration.portal_api.entities import Failure
from fairway.integration.resync.documents import body_hash, key_hash
from fairway.integration.resync.load import reject
from fairway.integration.state import StateStore


@dataclass(slots=True)
class _Waiting:
    resource: str
    entity: Entity
    body: bytes
    failure: Failure | None = None

    @property
    def key(self) -> EntityKey:
        return EntityKey(self.entity.blueprint, str(self.entity.identifier))


async def retry_deferred(
    api: PortalApi, store: StateStore, config: AppConfig, run: str, reports: Mapping[str, KindReport]
) -> None:
    """Writes in waves, targets before their users, as long as a wave gets something through; the rest is reported with
    the portal's reason, which names the target."""
    rows = await store.deferred()
    waiting = [_Waiting(name, _entity(blueprint, body), body) for _, name, blueprint, body in rows]
    left = [each for each in waiting if not store.is_overtaken(key_hash(each.key))]
    progress = True
    while left and progress:
        progress = False
        for wave in waves(left):
            progress |= await _write(api, store, config, run, reports, wave)
        left = [each for each in left if each.failure is not None]
    for each in left:
        assert each.failure is not None
        reject(reports[each.resource], each.key, each.failure)


async def _write(
    api: PortalApi,
    store: StateStore,
    config: AppConfig,
    run: str,
    reports: Mapping[str, KindReport],
    wave: Sequence[_Waiting],
) -> bool:
    """Whether anything got through."""
    stored = 0
    by_blueprint: dict[str, list[_Waiting]] = {}
    for each in wave:
        by_blueprint.setdefault(each.entity.blueprint, []).append(each)
    for blueprint, members in by_blueprint.items():
        written = await api.upsert(blueprint, [each.body for each in members], config, event="resync", run=run)
        for index, each in enumerate(members):
            each.failure = written.failed.get(index)
            if index not in written.stored:
                continue
            stored += 1
            reports[each.resource].counts.loaded += 1
            body = body_hash(each.entity.document, merge=config.enable_merge_entity)
            await store.see(each.resource, {key_hash(each.key): body})
    return stored > 0


def waves(waiting: Sequence[_Waiting]) -> list[list[_Waiting]]:
    """Each wave relates to earlier ones only; members of a cycle come last, as they came. A target is known by its
    identifier: its blueprint does not matter, as too much order does no harm."""
    names = {str(each.entity.identifier) for each in waiting}
    needs = {id(each): _targets(each.entity) & names - {str(each.entity.identifier)} for each in waiting}
    left, found = list(waiting), list[list[_Waiting]]()
    while left:
        open_names = {str(each.entity.identifier) for each in left}
        ready = [each for each in left if not needs[id(each)] & open_names]
        if not ready:
            return [*found, left]
        found.append(ready)
        done = {id(each) for each in ready}
        left = [each for each in left if id(each) not in done]
    return found


def _targets(entity: Entity) -> set[str]:
    found: set[str] = set()
    for value in (entity.document.get("relations") or {}).values():
        found.update(each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))
    return found


def _entity(blueprint: str, body: bytes) -> Entity:
    document: dict[str, Any] = orjson.loads(body)
    return Entity(blueprint, document)

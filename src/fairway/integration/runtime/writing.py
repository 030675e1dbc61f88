"""What live events write, at the portal (contract section 9.3)."""

from __future__ import annotations

from collections.abc import Sequence

from fairway.integration.live import ItemsFailed
from fairway.integration.mapping.outcome import key_of
from fairway.integration.model import AppConfig, Entity, EntityKey
from fairway.integration.portal_api.entities import EntityApi, Failure, serialised
from fairway.integration.resync.documents import entity_hash, key_hash
from fairway.integration.resync.load import is_outage
from fairway.integration.state import StateStore
from fairway.kit.errors import Unavailable
from fairway.wire.entities import MAX_BULK_DELETE

_EVENT = "http_request"
_PATIENT = frozenset({404, 409, 429})
"""Answers that another time may mend: a related entity or a blueprint that is not there yet, a conflict, a limit."""


class PortalWriter:
    """A ``LiveWriter``. The state file is told first, so that a run that is on leaves these entities alone; a bulk of
    it that is on the wire at that moment may still land last."""

    def __init__(self, entities: EntityApi, store: StateStore) -> None:
        self._entities = entities
        self._store = store

    async def upsert(self, entities: Sequence[Entity], config: AppConfig) -> None:
        """Writes entities, each blueprint in bulks.

        Raises:
            ItemsFailed: the portal refuses some for what they are.
            Unavailable: some could not be written now.
        """
        await self._store.overtake([entity_hash(each) for each in entities])
        failed: list[tuple[Entity, Failure]] = []
        for blueprint, members in _by_blueprint(entities).items():
            bodies = [serialised(each.document) for each in members]
            written = await self._entities.upsert(blueprint, bodies, config, event=_EVENT)
            failed += [(members[index], failure) for index, failure in sorted(written.failed.items())]
        if failed:
            raise _refusal(failed)

    async def delete(self, keys: Sequence[EntityKey], config: AppConfig) -> None:
        """Deletes what the installation owns of them.

        Raises:
            FairwayError: the portal refuses, or does not answer.
        """
        await self._store.overtake([key_hash(key) for key in keys])
        by_blueprint: dict[str, list[str]] = {}
        for key in keys:
            by_blueprint.setdefault(key.blueprint, []).append(key.identifier)
        size = MAX_BULK_DELETE if config.delete_dependent_entities else 1
        for blueprint, identifiers in by_blueprint.items():
            found = await self._entities.search(blueprint, identifiers, ["blueprint", "identifier"])
            ours = [each.identifier for each in found]
            for start in range(0, len(ours), size):
                await self._entities.delete(
                    blueprint, ours[start : start + size], dependents=config.delete_dependent_entities, event=_EVENT
                )


def _by_blueprint(entities: Sequence[Entity]) -> dict[str, list[Entity]]:
    found: dict[str, list[Entity]] = {}
    for each in entities:
        found.setdefault(each.blueprint, []).append(each)
    return found


def _refusal(failed: Sequence[tuple[Entity, Failure]]) -> ItemsFailed | Unavailable:
    entity, failure = failed[0]
    key = key_of(entity)
    message = f'{len(failed)} entities were not written, "{key.blueprint}/{key.identifier}" because: {failure.message}'
    again = any(is_outage(each) or each.status in _PATIENT for _, each in failed)
    return Unavailable(message) if again else ItemsFailed(message)

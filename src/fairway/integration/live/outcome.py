"""Raw results as upserts and deletes (contract section 9.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from fairway.integration.live.processor import WebhookEventRawResults
from fairway.integration.mapping.compiled import CompiledResource
from fairway.integration.model import Entity, EntityKey
from fairway.kit.errors import InvalidRequest


class LiveWriter(Protocol):
    """The portal, as live events need it."""

    async def upsert(self, entities: Sequence[Entity]) -> None:
        """Writes entities.

        Raises:
            FairwayError: some were not written.
        """
        ...

    async def delete(self, keys: Sequence[EntityKey]) -> None:
        """Deletes those of these entities that the installation owns.

        Raises:
            FairwayError: some were not deleted.
        """
        ...


class ItemsFailed(InvalidRequest):
    """The mapping could not be applied to raw items of an event."""


@dataclass(slots=True)
class Outcome:
    """What one event comes to, over all its processors and resources."""

    upserts: list[Entity] = field(default_factory=list)
    candidates: dict[EntityKey, None] = field(default_factory=dict)
    """Deleted, or refused by a selector."""

    async def add(self, resource: CompiledResource, results: WebhookEventRawResults) -> None:
        """Maps the results of one resource. A deleted item need not pass the selector to be deleted.

        Raises:
            ItemsFailed: an item cannot be mapped.
        """
        updated = await resource.map(results.updated_raw_results, parse_all=True)
        deleted = await resource.map(results.deleted_raw_results, parse_all=True)
        for batch in (updated, deleted):
            if batch.counts.failed:
                reason = batch.problems[0].message if batch.problems else "an error"
                raise ItemsFailed(f'{batch.counts.failed} items of "{resource.resource.name}" failed: {reason}')
        self.upserts += updated.entities
        for entity in (*updated.unselected, *deleted.entities, *deleted.unselected):
            if not isinstance(entity.identifier, Mapping):  # a search names nothing that could be deleted
                self.candidates[_key(entity)] = None

    @property
    def removals(self) -> list[EntityKey]:
        """Candidates that nothing upserts, such as an item that moved to another resource."""
        kept = {_key(entity) for entity in self.upserts if not isinstance(entity.identifier, Mapping)}
        return [key for key in self.candidates if key not in kept]

    async def write(self, writer: LiveWriter) -> None:
        """Upserts, then deletes."""
        if self.upserts:
            await writer.upsert(self.upserts)
        if removals := self.removals:
            await writer.delete(removals)


def _key(entity: Entity) -> EntityKey:
    return EntityKey(entity.blueprint, str(entity.identifier))

"""Raw results as upserts and deletes (contract section 9.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from fairway.integration.live.processor import WebhookEventRawResults
from fairway.integration.mapping.compiled import CompiledResource
from fairway.integration.mapping.outcome import key_of
from fairway.integration.model import AppConfig, Entity, EntityKey
from fairway.kit.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class LiveMapping:
    """The mapping as it is when an event is handled."""

    config: AppConfig
    resources: Sequence[CompiledResource]
    broken: Mapping[str, str] = field(default_factory=dict)
    """What is wrong with kinds that are left out of ``resources``: their events wait until it is mended."""


class LiveWriter(Protocol):
    """The portal, as live events need it; ``config`` has the switches of the mapping."""

    async def upsert(self, entities: Sequence[Entity], config: AppConfig) -> None:
        """Writes entities.

        Raises:
            ItemsFailed: the portal will never take some of them.
            FairwayError: some were not written, and may be another time.
        """
        ...

    async def delete(self, keys: Sequence[EntityKey], config: AppConfig) -> None:
        """Deletes those of these entities that the installation owns.

        Raises:
            FairwayError: some were not deleted.
        """
        ...


class ItemsFailed(InvalidRequest):
    """Nothing that time mends: the mapping cannot be applied to raw items of an event, or the portal refuses them."""


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
                self.candidates[key_of(entity)] = None

    @property
    def removals(self) -> list[EntityKey]:
        """Candidates that nothing upserts, such as an item that moved to another resource."""
        kept = {key_of(entity) for entity in self.upserts}
        return [key for key in self.candidates if key not in kept]

    async def write(self, writer: LiveWriter, config: AppConfig) -> None:
        """Upserts, then deletes."""
        if self.upserts:
            await writer.upsert(self.upserts, config)
        if removals := self.removals:
            await writer.delete(removals, config)

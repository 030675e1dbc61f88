"""The composition root: every service of the portal, built once from settings, clock and database."""

from __future__ import annotations

from dataclasses import dataclass, field

from fairway.jq import Engine
from fairway.kit.clock import Clock
from fairway.kit.crypto import SecretBox
from fairway.kit.settings import Settings
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.http.metrics import Metrics
from fairway.portal.storage.consumers import Consumer
from fairway.portal.storage.database import Database
from fairway.portal.storage.jobs import JobHandler


@dataclass
class Portal:
    """What a portal process consists of."""

    settings: Settings
    clock: Clock
    db: Database
    jq: Engine
    box: SecretBox
    metrics: Metrics
    schemas: SchemaCache
    consumers: list[Consumer] = field(default_factory=list)
    job_handlers: list[JobHandler] = field(default_factory=list)

    async def close(self) -> None:
        """Releases everything, last opened first."""
        await self.jq.aclose()
        await self.db.close()

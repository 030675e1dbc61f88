"""The composition root: every service of the portal, built once from settings, clock and database."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field

from fairway.jq import Engine
from fairway.kit.clock import Clock
from fairway.kit.crypto import SecretBox
from fairway.kit.settings import Settings
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.http.metrics import Metrics
from fairway.portal.storage.consumers import Consumer
from fairway.portal.storage.database import Database, open_database
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
    notices: list[str] = field(default_factory=list)
    """Lines for the person who starts the portal, such as a login that was generated just now; shown once."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server begins to drain: long-lived answers end themselves."""

    async def close(self) -> None:
        """Releases everything, last opened first."""
        await self.jq.aclose()
        await self.db.close()


async def build_portal(settings: Settings, clock: Clock) -> Portal:
    """Opens the database and wires every service.

    Raises:
        FairwayError: the settings do not work; the message says which and why.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    db = await open_database(settings)
    jq = Engine()
    box = SecretBox(secret_key(settings))
    return Portal(settings, clock, db, jq, box, Metrics(), SchemaCache())


def secret_key(settings: Settings) -> bytes:
    """The installation's key: from the settings, or made once in the data dir."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = settings.data_dir / "secret.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip().encode()

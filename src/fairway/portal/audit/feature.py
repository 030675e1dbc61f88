"""The services of this feature, wired."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from fairway.portal.audit.service import AuditService
from fairway.portal.audit.stream.feed import Feed
from fairway.portal.audit.stream.service import EventStreams
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.storage import Database


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit log and the live stream."""

    log: AuditService
    streams: EventStreams


def build_audit(db: Database, schemas: SchemaCache, stopping: asyncio.Event) -> Audit:
    """Wires the feature."""
    log = AuditService(db, schemas)
    return Audit(log, EventStreams(db, log, Feed(db, time.monotonic), stopping))

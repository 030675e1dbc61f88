"""Tables of the sources."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from fairway.portal.storage.tables import metadata
from fairway.portal.storage.types import Document, Id, Millis

integration = Table(
    "integration",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("installation_id", Text, nullable=False, unique=True),
    Column("ingest_id", String(40), nullable=False, unique=True),
    Column("document", Document, nullable=False),
    Column("resync_state", Document, nullable=False),
    Column("resync_requested_at", Millis),
    Column("created_at", Millis, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("updated_by", Text, nullable=False),
)
"""``document`` holds what clients wrote, verbatim; the other columns are the portal's."""

integration_log = Table(
    "integration_log",
    metadata,
    Column("id", Id, primary_key=True),
    Column("integration_id", String(40), nullable=False),
    Column("at", Millis, nullable=False),
    Column("level", String(16), nullable=False),
    Column("event_id", Text),
    Column("message", Text, nullable=False),
    Column("extra", Document, nullable=False),
    Index("ix_integration_log", "integration_id", "id"),
)
"""A ring of log lines per integration."""

integration_sync = Table(
    "integration_sync",
    metadata,
    Column("integration_id", String(40), primary_key=True),
    Column("event_id", String(200), primary_key=True),
    Column("state", String(32), nullable=False),
    Column("heartbeat_at", Millis),
    Column("abort_requested_at", Millis),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
)
"""A ring of resyncs per integration, as their metrics tell of them."""

sync_metric = Table(
    "sync_metric",
    metadata,
    Column("integration_id", String(40), primary_key=True),
    Column("event_id", String(200), primary_key=True),
    Column("kind_identifier", String(200), primary_key=True),
    Column("document", Document, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
)
"""The last metric event of each kind of a resync (framework contract 14.1)."""

integration_kind = Table(
    "integration_kind",
    metadata,
    Column("integration_id", String(40), primary_key=True),
    Column("kind", String(200), primary_key=True),
    Column("examples", Document, nullable=False),
    Column("updated_at", Millis, nullable=False),
)
"""Raw items of each kind, for people who write mappings."""

integration_cursor = Table(
    "integration_cursor",
    metadata,
    Column("integration_id", String(40), primary_key=True),
    Column("kind", String(200), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("cursor", Document, nullable=False),
)
"""How far incremental resyncs have come; ``position`` is the ``index`` of the wire."""

webhook = Table(
    "webhook",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("identifier", Text, nullable=False, unique=True),
    Column("webhook_key", String(40), nullable=False, unique=True),
    Column("document", Document, nullable=False),
    Column("sealed_secret", Text),
    Column("lease_owner", String(40)),
    Column("lease_until", Millis, nullable=False, server_default="0"),
    Column("created_at", Millis, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("updated_by", Text, nullable=False),
)
"""``document`` is the webhook as its writer sent it, without ``security.secret``. The lease belongs to whoever works
through its events, so that they take effect in the order in which they came."""

webhook_event = Table(
    "webhook_event",
    metadata,
    Column("seq", Id, primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("webhook_id", String(40), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("headers", Document, nullable=False),
    Column("query", Document, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("outcome", Document),
    Column("finished_at", BigInteger),
    Index("ix_webhook_event", "webhook_id", "state", "seq"),
)
"""Payloads as they came, ``pending`` until worked through; then a ring of the last ones with what became of them."""

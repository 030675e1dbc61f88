"""Tables of this feature."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, String, Table, Text

from fairway.portal.storage.tables import metadata
from fairway.portal.storage.types import Document, Millis

action = Table(
    "action",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("identifier", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("blueprint", Text),
    Column("operation", String(16)),
    Column("event_type", String(32)),
    Column("event_action", Text),
    Column("published", Boolean, nullable=False),
    Column("document", Document, nullable=False),
    Column("permissions", Document, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("updated_by", Text, nullable=False),
    Index("uq_action_identifier", "identifier", unique=True),
    Index("ix_action_blueprint", "blueprint"),
)
"""Self-service actions and automations; ``document`` is what was sent, without stamps."""

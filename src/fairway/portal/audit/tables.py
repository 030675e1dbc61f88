"""Tables of change-log delivery."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table

from fairway.portal.storage.tables import metadata
from fairway.portal.storage.types import Id, Millis

changelog_delivery = Table(
    "changelog_delivery",
    metadata,
    Column("event_id", Id, primary_key=True, autoincrement=False),
    Column("stream", String(64), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("claimed_until", Millis, nullable=False, server_default="0"),
    Index("ix_changelog_delivery_stream", "stream", "event_id"),
)
"""Events that wait to be posted to their destination. A ``stream`` is one resource at one URL: its events go out in
their order, the first one holding up the others; ``claimed_until`` keeps two workers from one stream, and is the pause
after a failure."""

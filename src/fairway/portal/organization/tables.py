"""Tables of the organisation."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text

from fairway.portal.storage.tables import metadata
from fairway.portal.storage.types import Document, Millis

organization = Table(
    "organization",
    metadata,
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("id", String(40), nullable=False),
    Column("name", Text, nullable=False),
    Column("document", Document, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
)
"""One row, ``slot`` 1: a portal serves one organisation. ``document`` holds the writable keys besides ``name``."""

secret = Table(
    "secret",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("sealed", Text, nullable=False),
    Column("description", Text),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
)
"""Organisation secrets; ``sealed`` is ``SecretBox`` text bound to the secret's name."""

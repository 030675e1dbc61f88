"""Tables of pages, folders and saved views."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from fairway.portal.storage.tables import metadata
from fairway.portal.storage.types import Document, Millis

page = Table(
    "page",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("identifier", Text, nullable=False, unique=True),
    Column("blueprint", Text, index=True),
    Column("sidebar", String(32)),
    Column("parent", Text),
    Column("after", Text),
    Column("position", Integer, nullable=False),
    Column("protected", Boolean, nullable=False),
    Column("document", Document, nullable=False),
    Column("permissions", Document, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("updated_by", Text, nullable=False),
)
"""Pages and folders (``kind``) together, because they share the sidebar, its identifiers and its order. ``document`` is
what the writer sent, without placement. ``position`` counts placements: the later of two items that name the same
``after`` comes first."""

view = Table(
    "view",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("page_id", String(40), ForeignKey("page.id", ondelete="CASCADE"), nullable=False),
    Column("scope", String(16), nullable=False),
    Column("owner", Text, nullable=False),
    Column("team", Text),
    Column("title", Text, nullable=False),
    Column("config", Document, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("updated_by", Text, nullable=False),
    Index("ix_view_page", "page_id", "scope"),
)
"""Saved views of a page. ``config`` (columns, filters, grouping, sorting) belongs to whoever draws the page."""

"""Tables of the catalog."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, false

from fairway.portal.storage.tables import metadata
from fairway.portal.storage.types import Document, Id, Millis, SearchableJson

blueprint = Table(
    "blueprint",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("identifier", String(100), nullable=False, unique=True),
    Column("document", Document, nullable=False),
    Column("permissions", Document, nullable=False),
    Column("system", Boolean, nullable=False, server_default=false()),
    Column("created_at", Millis, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("updated_by", Text, nullable=False),
)
"""``document`` is the blueprint as its writer sent it, ``permissions`` the object of contract 2.10."""

relation = Table(
    "relation",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("blueprint_id", Id, nullable=False),
    Column("identifier", String(100), nullable=False),
    UniqueConstraint("blueprint_id", "identifier"),
)
"""Surrogate keys of relations, so that a rename touches one row and an edge stays small."""

property_key = Table(
    "property_key",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("blueprint_id", Id, nullable=False),
    Column("identifier", String(100), nullable=False),
    Column("state", String(16), nullable=False, server_default="ready"),
    UniqueConstraint("blueprint_id", "identifier"),
)
"""Properties that have rows in ``prop_index``: ``building`` while a job back-fills, then ``ready`` for searches."""

datasource = Table(
    "datasource",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("value", Text, nullable=False, unique=True),
)
"""Distinct ``User-Agent`` texts of writers; few, so a prefix search looks here first."""

entity = Table(
    "entity",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("blueprint_id", Id, nullable=False),
    Column("identifier", Text, nullable=False),
    Column("title", Text),
    Column("icon", Text),
    Column("team", SearchableJson),
    Column("properties", SearchableJson, nullable=False),
    Column("datasource_id", Id, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("updated_by", Text, nullable=False),
    UniqueConstraint("blueprint_id", "identifier"),
    Index("ix_entity_blueprint", "blueprint_id", "id"),
    Index("ix_entity_updated", "blueprint_id", "updated_at", "id"),
    Index("ix_entity_datasource", "datasource_id", "id"),
)
"""``properties`` holds own values that are set; a null is an absent key, which reads fill in again."""

relation_edge = Table(
    "relation_edge",
    metadata,
    Column("source_id", Id, primary_key=True, autoincrement=False),
    Column("relation_id", Id, primary_key=True, autoincrement=False),
    Column("target_id", Id, primary_key=True, autoincrement=False),
    Column("position", Integer, nullable=False),
    Index("ix_relation_edge_reverse", "target_id", "relation_id", "source_id"),
    sqlite_with_rowid=False,
)
"""One row per relation value; ``position`` keeps the order of a many relation."""

prop_index = Table(
    "prop_index",
    metadata,
    Column("entity_id", Id, primary_key=True, autoincrement=False),
    Column("key_id", Id, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("text", Text),
    Column("number", Double),
    sqlite_with_rowid=False,
)
"""Typed values of indexed properties (``property_key``): strings and booleans (``true``/``false``) in ``text``,
truncated to 256 characters; numbers and date instants in ``number``; one row per array element. Writers of entities
pay for every tree here, so there is one that new rows are appended to and, on SQLite, one more for each value."""

Index(
    "ix_prop_index_text",
    prop_index.c.key_id,
    prop_index.c.text,
    prop_index.c.entity_id,
    sqlite_where=prop_index.c.text.is_not(None),
)
Index(
    "ix_prop_index_number",
    prop_index.c.key_id,
    prop_index.c.number,
    prop_index.c.entity_id,
    sqlite_where=prop_index.c.number.is_not(None),
)

deleted_entity = Table(
    "deleted_entity",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("blueprint", String(100), nullable=False),
    Column("identifier", Text, nullable=False),
    Column("document", Document, nullable=False),
    Column("datasource", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("deleted_at", Millis, nullable=False),
    Column("deleted_by", Text, nullable=False),
    Index("ix_deleted_entity", "blueprint", "identifier"),
    Index("ix_deleted_entity_at", "deleted_at"),
)
"""Tombstones: what was deleted, why, and everything needed to restore it."""

blueprint_problem = Table(
    "blueprint_problem",
    metadata,
    Column("blueprint_id", Id, ForeignKey("blueprint.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("property", String(100), primary_key=True),
    Column("program", Text, nullable=False),
    Column("entity", Text),
    Column("message", Text, nullable=False),
    Column("at", Millis, nullable=False),
)
"""The last time a calculation could not be worked out; it counts while the blueprint still has that program."""

migration = Table(
    "migration",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("actor", Text, nullable=False),
    Column("source_blueprint", String(100), nullable=False),
    Column("document", Document, nullable=False),
    Column("status", String(24), nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
)
"""Migrations of contract 10.10, deletions of all entities among them."""

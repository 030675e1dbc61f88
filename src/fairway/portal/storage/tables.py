"""The shared metadata and the tables that belong to storage itself."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, MetaData, Sequence, String, Table, Text, text

from fairway.portal.storage.types import Document, Id, Millis

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

SEQUENCES = (
    "event", "entity", "blueprint", "relation", "property_key", "datasource", "run", "run_log", "gitops_journal",
)  # fmt: skip
"""Names that :meth:`Tx.allocate_ids` knows."""

for _name in SEQUENCES:
    Sequence(f"{_name}_id_seq", metadata=metadata)

id_block = Table(
    "id_block",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("next_id", Id, nullable=False),
)
"""Next identifiers on SQLite, where sequences do not exist."""

marker = Table(
    "marker",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("value", Text, nullable=False),
)
"""Small named values: the catalog version, signing key generations, what the demo has made."""

event = Table(
    "event",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("txid", Id, nullable=False, server_default="0"),
    Column("at", Millis, nullable=False),
    Column("action", String(32), nullable=False),
    Column("resource_type", String(32), nullable=False),
    Column("status", String(16), nullable=False),
    Column("resource", Text, nullable=False),
    Column("blueprint", Text),
    Column("entity", Text),
    Column("run_id", String(64)),
    Column("origin", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("trigger", Document, nullable=False),
    Column("context", Document, nullable=False),
    Column("diff", Document, nullable=False),
    Column("message", Text),
    Column("additional", Document),
    Column("destination", Document),
    Index("ix_event_entity", "blueprint", "entity", "id"),
    Index("ix_event_at", "at", "id"),
    Index(
        "ix_event_run",
        "run_id",
        "id",
        sqlite_where=text("run_id IS NOT NULL"),
        postgresql_where=text("run_id IS NOT NULL"),
    ),
    Index("ix_event_txid", "txid", "id").ddl_if(dialect="postgresql"),
)
"""The outbox and the audit log in one append-only table: written in the transaction of the change, read by consumers
that each keep a cursor. ``txid`` orders PostgreSQL transactions so that a cursor never passes one still open."""

consumer = Table(
    "consumer",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("txid", Id, nullable=False),
    Column("event_id", Id, nullable=False),
    Column("lease_owner", String(64)),
    Column("lease_until", Millis, nullable=False, server_default="0"),
)
"""How far each consumer of the event table has come, and which process holds it."""

job = Table(
    "job",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("key", String(400), nullable=False),
    Column("payload", Document, nullable=False),
    Column("due_at", Millis, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("lease_until", Millis, nullable=False, server_default="0"),
    Column("last_error", Text),
    Column("created_at", Millis, nullable=False),
    Index("ix_job_due", "due_at", "lease_until"),
    Index("uq_job_kind_key", "kind", "key", unique=True),
)
"""Background work: leased, retried with back-off, one row per (kind, key)."""

dead_job = Table(
    "dead_job",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("key", String(400), nullable=False),
    Column("payload", Document, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text),
    Column("died_at", Millis, nullable=False),
)
"""Jobs that ran out of attempts, kept for a person to look at and redrive."""

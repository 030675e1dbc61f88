"""Tables of GitOps sources: what people configured, what passes did, and the ledger.

Entities and repositories have names of any length, so the ledger's keys are hashes of them (``ledger_rows.py``).
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from fairway.portal.storage.tables import metadata
from fairway.portal.storage.types import Document, Id, Millis

gitops_source = Table(
    "gitops_source",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("title", Text, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("url", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("settings", Document, nullable=False),
    Column("options", Document, nullable=False),
    Column("sealed", Document, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("removal", String(16)),
    Column("sync_asked_at", Millis, nullable=False, server_default="0"),
    Column("abort_asked_at", Millis, nullable=False, server_default="0"),
    Column("next_pass_at", Millis),
    Column("last_event_at", Millis),
    Column("last_bad_signature_at", Millis),
    Column("accepted", Integer, nullable=False, server_default="0"),
    Column("refused", Integer, nullable=False, server_default="0"),
    Column("created_at", Millis, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("updated_by", Text, nullable=False),
)
"""``sealed`` has the encrypted secrets by name; ``revision`` counts changes that need another client; ``outcome`` is
how the last pass ended; ``removal`` is set while the source is being deleted."""

gitops_pass = Table(
    "gitops_pass",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("source", String(40), nullable=False),
    Column("started_at", Millis, nullable=False),
    Column("ended_at", Millis),
    Column("status", String(16), nullable=False),
    Column("document", Document, nullable=False),
    Index("ix_gitops_pass", "source", "started_at"),
)
"""The last passes of each source; ``document`` has progress and figures."""

gitops_delivery = Table(
    "gitops_delivery",
    metadata,
    Column("source", String(40), primary_key=True),
    Column("delivery", String(64), primary_key=True),
    Column("received_at", Millis, nullable=False),
    Index("ix_gitops_delivery", "source", "received_at"),
)
"""Hashes of the ids of events that were taken in, for 7 days: forges send some of them twice."""

gitops_notice = Table(
    "gitops_notice",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("source", String(40), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("document", Document, nullable=False),
    Column("version", Integer, nullable=False),
    Column("first_at", Millis, nullable=False),
    Index("ix_gitops_notice", "source"),
)
"""Repositories and pull requests to look at because of events; ``version`` counts the events that were put together."""

gitops_ledger_source = Table(
    "gitops_ledger_source",
    metadata,
    Column("source", String(40), primary_key=True),
    Column("data", Text, nullable=False),
    Column("report", Text, nullable=False),
)
"""Sources between passes."""

gitops_repository = Table(
    "gitops_repository",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("source", String(40), nullable=False),
    Column("id", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("folded", String(200), nullable=False),
    Column("url", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("listed", Integer, nullable=False),
    Column("checked", Integer, nullable=False),
    Column("excluded", Boolean, nullable=False),
    Column("missing_since", Millis),
    Column("missed", Integer, nullable=False),
    Column("problem", Text),
    Column("last_attempt", Millis, nullable=False),
    Column("last_success", Millis, nullable=False),
    Column("files", Integer, nullable=False),
    Column("errors", Integer, nullable=False),
    Column("warnings", Integer, nullable=False),
    Column("broken", Boolean, nullable=False),
    Column("data", Text, nullable=False),
    Index("ix_gitops_repository", "source", "folded", "key"),
)
"""Repositories as they were last looked at. ``folded`` is the beginning of the label in lower case; ``files`` to
``broken`` sum up ``data``."""

gitops_claim = Table(
    "gitops_claim",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("entity_key", String(64), nullable=False),
    Column("source", String(40), nullable=False),
    Column("repository_key", String(64), nullable=False),
    Column("blueprint", Text, nullable=False),
    Column("identifier", Text, nullable=False),
    Column("repository", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("orphaned_since", Millis),
    Column("created", Boolean, nullable=False),
    Column("stale", Boolean, nullable=False),
    Column("severity", String(16)),
    Column("data", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_gitops_claim_entity", "entity_key"),
    Index("ix_gitops_claim_repository", "repository_key"),
    Index("ix_gitops_claim_state", "source", "state", "entity_key"),
)
"""Who defines what. ``severity`` is set while something is wrong with the claim itself."""

gitops_waiting = Table(
    "gitops_waiting",
    metadata,
    Column("target_key", String(64), primary_key=True),
    Column("claim_key", String(64), primary_key=True),
    Index("ix_gitops_waiting_claim", "claim_key"),
)
"""Entities that do not exist, and the claims that wait for them."""

gitops_lease = Table(
    "gitops_lease",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("holder", String(200), nullable=False),
    Column("until", Millis, nullable=False),
)
"""Who may make a pass or apply."""

gitops_plan = Table(
    "gitops_plan",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("source", String(40), nullable=False),
    Column("data", Text, nullable=False),
    Index("ix_gitops_plan", "source"),
)
"""Deletions that wait for an administrator."""

gitops_journal = Table(
    "gitops_journal",
    metadata,
    Column("number", Id, primary_key=True, autoincrement=False),
    Column("id", String(40), nullable=False, unique=True),
    Column("source", String(40), nullable=False),
    Column("blueprint", Text, nullable=False),
    Column("identifier", Text, nullable=False),
    Column("effect", String(16), nullable=False),
    Column("at", Millis, nullable=False),
    Column("reason", Text, nullable=False),
    Column("repository", Text, nullable=False),
    Column("branch", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("restored_at", Millis),
    Index("ix_gitops_journal", "source", "number"),
)
"""What the end of claims deleted or cleared, for 30 days."""

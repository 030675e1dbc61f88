"""Tables of this feature."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from fairway.portal.storage.tables import metadata
from fairway.portal.storage.types import Document, Id, Millis

workflow = Table(
    "workflow",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("identifier", Text, nullable=False),
    Column("document", Document, nullable=False),
    Column("published", Boolean, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("updated_by", Text, nullable=False),
    Index("uq_workflow_identifier", "identifier", unique=True),
)
"""Workflow definitions; ``document`` is what was sent. ``published``: some trigger of it listens to events."""

workflow_run = Table(
    "workflow_run",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("number", Id, nullable=False),
    Column("workflow", Text, nullable=False),
    Column("definition", Document, nullable=False),
    Column("status", String(24), nullable=False),
    Column("result", String(16)),
    Column("status_label", Text),
    Column("summary", Text, nullable=False, server_default=""),
    Column("trigger_node", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("inputs", Document, nullable=False),
    Column("blueprint", Text),
    Column("entity", Text),
    Column("context", Text, nullable=False),
    Column("cause", Text),
    Column("shared", Boolean, nullable=False),
    Column("depth", Integer, nullable=False, server_default="0"),
    Column("parent", String(40)),
    Column("created_by", Text, nullable=False),
    Column("creator_email", Text),
    Column("updated_by", Text, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("ended_at", Millis),
    Index("uq_workflow_run_number", "number", unique=True),
    Index("uq_workflow_run_cause", "cause", unique=True),
    Index("ix_workflow_run_workflow", "workflow", "number"),
    Index("ix_workflow_run_status", "status", "number"),
)
"""One row for each run of a workflow; ``context`` is the sealed JSON of what templates see besides outputs and secrets.
``cause`` is the event or the time that started it: one run for each, however often it is told. ``shared``: everyone may
see it."""

node_run = Table(
    "node_run",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("number", Id, nullable=False),
    Column("workflow_run", String(40), nullable=False),
    Column("workflow", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("type", String(32), nullable=False),
    Column("status", String(24), nullable=False),
    Column("result", String(16)),
    Column("status_label", Text),
    Column("config", Document),
    Column("secret", Boolean, nullable=False),
    Column("output", Document),
    Column("responses", Document),
    Column("outlet", Text),
    Column("links", Document, nullable=False),
    Column("external_run_id", Text),
    Column("queue", Text),
    Column("labels", Document),
    Column("claimed_until", Millis, nullable=False, server_default="0"),
    Column("claimed_by", Text),
    Column("acked_at", Millis),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("ended_at", Millis),
    Index("uq_node_run_number", "number", unique=True),
    Index("uq_node_run_node", "workflow_run", "node", unique=True),
    Index("ix_node_run_external", "external_run_id"),
    Index("ix_node_run_queue", "queue", "claimed_until", "number"),
)
"""One row for each node that a workflow run has come to. ``config`` is the rendered configuration with secrets masked,
``secret`` says that the real one differs. ``queue`` names who may claim, until the node has ended."""

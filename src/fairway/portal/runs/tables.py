"""Tables of this feature."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, false

from fairway.portal.storage.tables import metadata
from fairway.portal.storage.types import Document, Id, Millis

run = Table(
    "run",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("number", Id, nullable=False),
    Column("action", Text, nullable=False),
    Column("blueprint", Text),
    Column("entity", Text),
    Column("status", String(24), nullable=False),
    Column("status_label", Text),
    Column("summary", Text, nullable=False, server_default=""),
    Column("source", Text, nullable=False),
    Column("link", Document, nullable=False),
    Column("properties", Document, nullable=False),
    Column("raw_properties", Document, nullable=False),
    Column("required_approval", Document),
    Column("approval", Document),
    Column("response", Document),
    Column("payload", Document),
    Column("external_run_id", Text),
    Column("definition", Document, nullable=False),
    Column("context", Text, nullable=False),
    Column("secret", Boolean, nullable=False, server_default=false()),
    Column("queue", Text),
    Column("labels", Document),
    Column("depth", Integer, nullable=False, server_default="0"),
    Column("parent", String(40)),
    Column("terminal_log", Boolean, nullable=False, server_default=false()),
    Column("expires_at", Millis),
    Column("created_by", Text, nullable=False),
    Column("creator_email", Text),
    Column("impersonated_by", Text),
    Column("updated_by", Text, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("ended_at", Millis),
    Index("uq_run_number", "number", unique=True),
    Index("ix_run_action", "action", "number"),
    Index("ix_run_entity", "blueprint", "entity", "number"),
    Index("ix_run_creator", "created_by", "number"),
    Index("ix_run_status", "status", "number"),
    Index("ix_run_external", "external_run_id"),
    Index("ix_run_ended", "ended_at"),
)
"""One row for each run. ``definition`` is the action as it was when the run was made. ``context`` is the sealed JSON of
what templates see (secrets are not part of it). ``payload`` is masked; ``secret`` says whether the real one differs.
``queue`` names who may claim the run, ``_PORT_EXEC_AGENT`` or an integration's installation id; whether it waits there
is a row of ``run_queue``."""

run_queue = Table(
    "run_queue",
    metadata,
    Column("number", Id, primary_key=True, autoincrement=False),
    Column("run_id", String(40), nullable=False),
    Column("queue", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("turn", Id, nullable=False),
    Column("labels", Document),
    Column("claimed_until", Millis, nullable=False, server_default="0"),
    Column("claimed_by", Text),
    Index("uq_run_queue_run", "run_id", unique=True),
    Index("ix_run_queue_turn", "queue", "claimed_until", "turn", "number"),
    Index("ix_run_queue_action", "queue", "action", "turn"),
)
"""Runs that wait for somebody to claim and acknowledge them; the row goes with the acknowledgement or the end of the
run. Narrow, because each claim rewrites it. ``turn`` is the place in line: runs of different actions alternate,
whatever their numbers, and runs of one action keep their order (see docs/decisions/0011-the-queue-of-runs.md)."""

run_log = Table(
    "run_log",
    metadata,
    Column("number", Id, primary_key=True, autoincrement=False),
    Column("run_id", String(40), nullable=False),
    Column("line", Integer, nullable=False, server_default="0"),
    Column("level", String(8), nullable=False, server_default="INFO"),
    Column("message", Text, nullable=False),
    Column("status_label", Text),
    Column("created_by", Text, nullable=False),
    Column("created_at", Millis, nullable=False),
    Index("ix_run_log_run", "run_id", "number"),
)
"""Log lines of runs and of workflow node runs, in order of ``number``; ``line`` counts those of a run."""

run_approval = Table(
    "run_approval",
    metadata,
    Column("run_id", String(40), primary_key=True),
    Column("email", Text, primary_key=True),
    Column("user_id", Text),
    Column("state", String(16), nullable=False),
    Column("description", Text),
    Column("decided_at", Millis),
    Column("notified_at", Millis),
)
"""Who was asked to approve a run, and what they said: ``PENDING``, ``APPROVED`` or ``DECLINED``. ``email`` is the
client id where credentials of the organisation decided."""

run_approval_request = Table(
    "run_approval_request",
    metadata,
    Column("run_id", String(40), primary_key=True),
    Column("rule", Document, nullable=False),
    Column("expires_at", Millis),
    Column("created_at", Millis, nullable=False),
)
"""What was asked: ``rule`` is the approve permission as it was when the run was made, resolved to e-mails, roles and
teams. Whether somebody still matches it is looked up when they decide."""

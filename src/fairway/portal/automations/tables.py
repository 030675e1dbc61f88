"""Tables of this feature."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, String, Table, Text, false

from fairway.portal.storage.tables import metadata
from fairway.portal.storage.types import Id, Millis

automation_evaluation = Table(
    "automation_evaluation",
    metadata,
    Column("listener", String(200), primary_key=True),
    Column("event_id", Id, primary_key=True, autoincrement=False),
    Column("outcome", String(16), nullable=False),
    Column("message", Text),
    Column("run_id", String(40)),
    Column("at", Millis, nullable=False),
)
"""What each automation, or trigger of a workflow, made of the last events it listened to: for people, and to spare work
when events are told again. That an event starts one run is kept by the run, whose id (or ``cause``) comes from both."""

timer_due = Table(
    "timer_due",
    metadata,
    Column("entity_id", Id, primary_key=True, autoincrement=False),
    Column("property", String(100), primary_key=True),
    Column("blueprint_id", Id, nullable=False),
    Column("value", Text, nullable=False),
    Column("due_at", Millis, nullable=False),
    Column("fired", Boolean, nullable=False, server_default=false()),
    Column("event_id", Id, nullable=False),
    Index("ix_timer_due", "fired", "due_at"),
)
"""When values of timer properties expire. ``fired`` ones stay, so that a value expires once; ``event_id`` is the
change that set the value."""

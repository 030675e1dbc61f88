"""Tables of scorecards and their results."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint

from fairway.portal.storage.tables import metadata
from fairway.portal.storage.types import Document, Id, Millis

scorecard = Table(
    "scorecard",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("blueprint_id", Id, nullable=False),
    Column("identifier", String(100), nullable=False),
    Column("position", Integer, nullable=False),
    Column("document", Document, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("updated_by", Text, nullable=False),
    UniqueConstraint("blueprint_id", "identifier"),
)
"""``document`` is what the writer sent; the blueprint is named by its surrogate key, so that it can be renamed."""

scorecard_result = Table(
    "scorecard_result",
    metadata,
    Column("scorecard_id", String(40), primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("level", Text, nullable=False),
    Column("changed_at", Millis, nullable=False),
    Index("ix_scorecard_result_level", "scorecard_id", "level", "entity"),
)
"""The level that each entity had when it was last looked at. Answers about entities do not read this: they evaluate;
counts and lists over all entities do."""

rule_result = Table(
    "rule_result",
    metadata,
    Column("scorecard_id", String(40), primary_key=True),
    Column("rule", String(100), primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("passed", Boolean, nullable=False),
    Column("changed_at", Millis, nullable=False),
    Index("ix_rule_result_passed", "scorecard_id", "rule", "passed", "entity"),
    Index("ix_rule_result_entity", "scorecard_id", "entity"),
)
"""The same for each rule; ``changed_at`` is ``result_last_change`` of the ``_rule_result`` entity."""

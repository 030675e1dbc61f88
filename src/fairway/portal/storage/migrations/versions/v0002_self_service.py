"""Tables of actions, runs and workflows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fairway.portal.storage.types import Document, Id

revision = "0002"
down_revision = "0001"

SEQUENCES = ("run", "run_log")


def upgrade() -> None:
    """Tables of actions, runs and workflows."""
    if op.get_bind().dialect.name == "postgresql":
        for name in SEQUENCES:
            op.execute(sa.schema.CreateSequence(sa.Sequence(f"{name}_id_seq")))
    _action()
    _automation_evaluation()
    _event()
    _node_run()
    _run()
    _run_approval()
    _run_approval_request()
    _run_log()
    _run_queue()
    _timer_due()
    _workflow()
    _workflow_run()


def _action() -> None:
    op.create_table(
        "action",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("blueprint", sa.Text(), nullable=True),
        sa.Column("operation", sa.String(length=16), nullable=True),
        sa.Column("event_type", sa.String(length=32), nullable=True),
        sa.Column("event_action", sa.Text(), nullable=True),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("document", Document(), nullable=False),
        sa.Column("permissions", Document(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
    )
    op.create_index("ix_action_blueprint", "action", ["blueprint"], unique=False)
    op.create_index("uq_action_identifier", "action", ["identifier"], unique=True)


def _automation_evaluation() -> None:
    op.create_table(
        "automation_evaluation",
        sa.Column("listener", sa.String(length=200), nullable=False),
        sa.Column("event_id", Id, autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("run_id", sa.String(length=40), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("listener", "event_id", name=op.f("pk_automation_evaluation")),
    )


def _event() -> None:
    op.create_index(
        "ix_event_run",
        "event",
        ["run_id", "id"],
        unique=False,
        sqlite_where=sa.text("run_id IS NOT NULL"),
        postgresql_where=sa.text("run_id IS NOT NULL"),
    )


def _node_run() -> None:
    op.create_table(
        "node_run",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("number", Id, nullable=False),
        sa.Column("workflow_run", sa.String(length=40), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=True),
        sa.Column("status_label", sa.Text(), nullable=True),
        sa.Column("config", Document(), nullable=True),
        sa.Column("secret", sa.Boolean(), nullable=False),
        sa.Column("output", Document(), nullable=True),
        sa.Column("responses", Document(), nullable=True),
        sa.Column("outlet", sa.Text(), nullable=True),
        sa.Column("links", Document(), nullable=False),
        sa.Column("external_run_id", sa.Text(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=True),
        sa.Column("labels", Document(), nullable=True),
        sa.Column("claimed_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("acked_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node_run")),
    )
    op.create_index("ix_node_run_external", "node_run", ["external_run_id"], unique=False)
    op.create_index("ix_node_run_queue", "node_run", ["queue", "claimed_until", "number"], unique=False)
    op.create_index("uq_node_run_node", "node_run", ["workflow_run", "node"], unique=True)
    op.create_index("uq_node_run_number", "node_run", ["number"], unique=True)


def _run() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("number", Id, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("blueprint", sa.Text(), nullable=True),
        sa.Column("entity", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("status_label", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("link", Document(), nullable=False),
        sa.Column("properties", Document(), nullable=False),
        sa.Column("raw_properties", Document(), nullable=False),
        sa.Column("required_approval", Document(), nullable=True),
        sa.Column("approval", Document(), nullable=True),
        sa.Column("response", Document(), nullable=True),
        sa.Column("payload", Document(), nullable=True),
        sa.Column("external_run_id", sa.Text(), nullable=True),
        sa.Column("definition", Document(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("secret", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=True),
        sa.Column("labels", Document(), nullable=True),
        sa.Column("depth", sa.Integer(), server_default="0", nullable=False),
        sa.Column("parent", sa.String(length=40), nullable=True),
        sa.Column("terminal_log", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("creator_email", sa.Text(), nullable=True),
        sa.Column("impersonated_by", sa.Text(), nullable=True),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_index("ix_run_action", "run", ["action", "number"], unique=False)
    op.create_index("ix_run_creator", "run", ["created_by", "number"], unique=False)
    op.create_index("ix_run_ended", "run", ["ended_at"], unique=False)
    op.create_index("ix_run_entity", "run", ["blueprint", "entity", "number"], unique=False)
    op.create_index("ix_run_external", "run", ["external_run_id"], unique=False)
    op.create_index("ix_run_status", "run", ["status", "number"], unique=False)
    op.create_index("uq_run_number", "run", ["number"], unique=True)


def _run_approval() -> None:
    op.create_table(
        "run_approval",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("notified_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "email", name=op.f("pk_run_approval")),
    )


def _run_approval_request() -> None:
    op.create_table(
        "run_approval_request",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("rule", Document(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_approval_request")),
    )


def _run_log() -> None:
    op.create_table(
        "run_log",
        sa.Column("number", Id, autoincrement=False, nullable=False),
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("line", sa.Integer(), server_default="0", nullable=False),
        sa.Column("level", sa.String(length=8), server_default="INFO", nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("status_label", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_run_log")),
    )
    op.create_index("ix_run_log_run", "run_log", ["run_id", "number"], unique=False)


def _run_queue() -> None:
    op.create_table(
        "run_queue",
        sa.Column("number", Id, autoincrement=False, nullable=False),
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("turn", Id, nullable=False),
        sa.Column("labels", Document(), nullable=True),
        sa.Column("claimed_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_run_queue")),
    )
    op.create_index("ix_run_queue_action", "run_queue", ["queue", "action", "turn"], unique=False)
    op.create_index("ix_run_queue_turn", "run_queue", ["queue", "claimed_until", "turn", "number"], unique=False)
    op.create_index("uq_run_queue_run", "run_queue", ["run_id"], unique=True)


def _timer_due() -> None:
    op.create_table(
        "timer_due",
        sa.Column("entity_id", Id, autoincrement=False, nullable=False),
        sa.Column("property", sa.String(length=100), nullable=False),
        sa.Column("blueprint_id", Id, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("fired", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("event_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "property", name=op.f("pk_timer_due")),
    )
    op.create_index("ix_timer_due", "timer_due", ["fired", "due_at"], unique=False)


def _workflow() -> None:
    op.create_table(
        "workflow",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("document", Document(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow")),
    )
    op.create_index("uq_workflow_identifier", "workflow", ["identifier"], unique=True)


def _workflow_run() -> None:
    op.create_table(
        "workflow_run",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("number", Id, nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("definition", Document(), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=True),
        sa.Column("status_label", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("trigger_node", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("inputs", Document(), nullable=False),
        sa.Column("blueprint", sa.Text(), nullable=True),
        sa.Column("entity", sa.Text(), nullable=True),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("depth", sa.Integer(), server_default="0", nullable=False),
        sa.Column("parent", sa.String(length=40), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("creator_email", sa.Text(), nullable=True),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_run")),
    )
    op.create_index("ix_workflow_run_status", "workflow_run", ["status", "number"], unique=False)
    op.create_index("ix_workflow_run_workflow", "workflow_run", ["workflow", "number"], unique=False)
    op.create_index("uq_workflow_run_cause", "workflow_run", ["cause"], unique=True)
    op.create_index("uq_workflow_run_number", "workflow_run", ["number"], unique=True)

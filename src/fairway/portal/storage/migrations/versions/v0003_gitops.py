"""Tables of GitOps sources."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fairway.portal.storage.types import Document, Id

revision = "0003"
down_revision = "0002"

SEQUENCES = ("gitops_journal",)


def upgrade() -> None:
    """Tables of GitOps sources."""
    if op.get_bind().dialect.name == "postgresql":
        for name in SEQUENCES:
            op.execute(sa.schema.CreateSequence(sa.Sequence(f"{name}_id_seq")))
    _gitops_claim()
    _gitops_delivery()
    _gitops_journal()
    _gitops_lease()
    _gitops_ledger_source()
    _gitops_notice()
    _gitops_pass()
    _gitops_plan()
    _gitops_repository()
    _gitops_source()
    _gitops_waiting()


def _gitops_claim() -> None:
    op.create_table(
        "gitops_claim",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("entity_key", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("repository_key", sa.String(length=64), nullable=False),
        sa.Column("blueprint", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("repository", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("orphaned_since", sa.BigInteger(), nullable=True),
        sa.Column("created", sa.Boolean(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_gitops_claim")),
    )
    op.create_index("ix_gitops_claim_entity", "gitops_claim", ["entity_key"], unique=False)
    op.create_index("ix_gitops_claim_repository", "gitops_claim", ["repository_key"], unique=False)
    op.create_index("ix_gitops_claim_state", "gitops_claim", ["source", "state", "entity_key"], unique=False)


def _gitops_delivery() -> None:
    op.create_table(
        "gitops_delivery",
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("delivery", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "delivery", name=op.f("pk_gitops_delivery")),
    )
    op.create_index("ix_gitops_delivery", "gitops_delivery", ["source", "received_at"], unique=False)


def _gitops_journal() -> None:
    op.create_table(
        "gitops_journal",
        sa.Column("number", Id, autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("blueprint", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("effect", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("repository", sa.Text(), nullable=False),
        sa.Column("branch", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("restored_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_gitops_journal")),
        sa.UniqueConstraint("id", name=op.f("uq_gitops_journal_id")),
    )
    op.create_index("ix_gitops_journal", "gitops_journal", ["source", "number"], unique=False)


def _gitops_lease() -> None:
    op.create_table(
        "gitops_lease",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_gitops_lease")),
    )


def _gitops_ledger_source() -> None:
    op.create_table(
        "gitops_ledger_source",
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_gitops_ledger_source")),
    )


def _gitops_notice() -> None:
    op.create_table(
        "gitops_notice",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("document", Document(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gitops_notice")),
    )
    op.create_index("ix_gitops_notice", "gitops_notice", ["source"], unique=False)


def _gitops_pass() -> None:
    op.create_table(
        "gitops_pass",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("document", Document(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gitops_pass")),
    )
    op.create_index("ix_gitops_pass", "gitops_pass", ["source", "started_at"], unique=False)


def _gitops_plan() -> None:
    op.create_table(
        "gitops_plan",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gitops_plan")),
    )
    op.create_index("ix_gitops_plan", "gitops_plan", ["source"], unique=False)


def _gitops_repository() -> None:
    op.create_table(
        "gitops_repository",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("folded", sa.String(length=200), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("checked", sa.Integer(), nullable=False),
        sa.Column("excluded", sa.Boolean(), nullable=False),
        sa.Column("missing_since", sa.BigInteger(), nullable=True),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("last_attempt", sa.BigInteger(), nullable=False),
        sa.Column("last_success", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.Column("broken", sa.Boolean(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_gitops_repository")),
    )
    op.create_index("ix_gitops_repository", "gitops_repository", ["source", "folded", "key"], unique=False)


def _gitops_source() -> None:
    op.create_table(
        "gitops_source",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("settings", Document(), nullable=False),
        sa.Column("options", Document(), nullable=False),
        sa.Column("sealed", Document(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("removal", sa.String(length=16), nullable=True),
        sa.Column("sync_asked_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("abort_asked_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("next_pass_at", sa.BigInteger(), nullable=True),
        sa.Column("last_event_at", sa.BigInteger(), nullable=True),
        sa.Column("last_bad_signature_at", sa.BigInteger(), nullable=True),
        sa.Column("accepted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gitops_source")),
    )


def _gitops_waiting() -> None:
    op.create_table(
        "gitops_waiting",
        sa.Column("target_key", sa.String(length=64), nullable=False),
        sa.Column("claim_key", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("target_key", "claim_key", name=op.f("pk_gitops_waiting")),
    )
    op.create_index("ix_gitops_waiting_claim", "gitops_waiting", ["claim_key"], unique=False)

"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fairway.portal.storage.types import Document, Id, SearchableJson

revision = "0001"
down_revision = None

SEQUENCES = ("event", "entity", "blueprint", "relation", "property_key", "datasource")


def upgrade() -> None:
    """Creates every table of the first release."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        for name in SEQUENCES:
            op.execute(sa.schema.CreateSequence(sa.Sequence(f"{name}_id_seq")))
    _blueprint()
    _changelog_delivery()
    _consumer()
    _credential()
    _datasource()
    _dead_job()
    _deleted_entity()
    _entity()
    _event()
    _external_identity()
    _id_block()
    _integration()
    _integration_cursor()
    _integration_kind()
    _integration_log()
    _integration_sync()
    _job()
    _marker()
    _membership()
    _migration()
    _organization()
    _page()
    _principal()
    _prop_index()
    _property_key()
    _relation()
    _relation_edge()
    _rule_result()
    _scorecard()
    _scorecard_result()
    _secret()
    _session()
    _sync_metric()
    _team()
    _webhook()
    _webhook_event()
    _blueprint_problem()
    _view()
    if postgresql:
        op.create_index("ix_event_txid", "event", ["txid", "id"])


def _blueprint() -> None:
    op.create_table(
        "blueprint",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("identifier", sa.String(length=100), nullable=False),
        sa.Column("document", Document(), nullable=False),
        sa.Column("permissions", Document(), nullable=False),
        sa.Column("system", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blueprint")),
        sa.UniqueConstraint("identifier", name=op.f("uq_blueprint_identifier")),
    )


def _changelog_delivery() -> None:
    op.create_table(
        "changelog_delivery",
        sa.Column("event_id", Id, autoincrement=False, nullable=False),
        sa.Column("stream", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_changelog_delivery")),
    )
    op.create_index("ix_changelog_delivery_stream", "changelog_delivery", ["stream", "event_id"], unique=False)


def _consumer() -> None:
    op.create_table(
        "consumer",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("txid", Id, nullable=False),
        sa.Column("event_id", Id, nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_consumer")),
    )


def _credential() -> None:
    op.create_table(
        "credential",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("principal_id", sa.String(length=64), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("token_issued_at", sa.BigInteger(), nullable=True),
        sa.Column("token_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_credential")),
    )
    op.create_index("ix_credential_principal", "credential", ["principal_id"], unique=False)


def _datasource() -> None:
    op.create_table(
        "datasource",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_datasource")),
        sa.UniqueConstraint("value", name=op.f("uq_datasource_value")),
    )


def _dead_job() -> None:
    op.create_table(
        "dead_job",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("payload", Document(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("died_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_job")),
    )


def _deleted_entity() -> None:
    op.create_table(
        "deleted_entity",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("blueprint", sa.String(length=100), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("document", Document(), nullable=False),
        sa.Column("datasource", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deleted_entity")),
    )
    op.create_index("ix_deleted_entity", "deleted_entity", ["blueprint", "identifier"], unique=False)
    op.create_index("ix_deleted_entity_at", "deleted_entity", ["deleted_at"], unique=False)


def _entity() -> None:
    op.create_table(
        "entity",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("blueprint_id", Id, nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("icon", sa.Text(), nullable=True),
        sa.Column("team", SearchableJson, nullable=True),
        sa.Column("properties", SearchableJson, nullable=False),
        sa.Column("datasource_id", Id, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity")),
        sa.UniqueConstraint("blueprint_id", "identifier", name=op.f("uq_entity_blueprint_id_identifier")),
    )
    op.create_index("ix_entity_blueprint", "entity", ["blueprint_id", "id"], unique=False)
    op.create_index("ix_entity_datasource", "entity", ["datasource_id", "id"], unique=False)
    op.create_index("ix_entity_updated", "entity", ["blueprint_id", "updated_at", "id"], unique=False)


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("txid", Id, server_default="0", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("resource_type", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("blueprint", sa.Text(), nullable=True),
        sa.Column("entity", sa.Text(), nullable=True),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("trigger", Document(), nullable=False),
        sa.Column("context", Document(), nullable=False),
        sa.Column("diff", Document(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("additional", Document(), nullable=True),
        sa.Column("destination", Document(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_at", "event", ["at", "id"], unique=False)
    op.create_index("ix_event_entity", "event", ["blueprint", "entity", "id"], unique=False)


def _external_identity() -> None:
    op.create_table(
        "external_identity",
        sa.Column("issuer", sa.String(length=400), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("principal_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_external_identity")),
    )
    op.create_index("ix_external_identity_principal", "external_identity", ["principal_id"], unique=False)


def _id_block() -> None:
    op.create_table(
        "id_block",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("next_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_id_block")),
    )


def _integration() -> None:
    op.create_table(
        "integration",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("installation_id", sa.Text(), nullable=False),
        sa.Column("ingest_id", sa.String(length=40), nullable=False),
        sa.Column("document", Document(), nullable=False),
        sa.Column("resync_state", Document(), nullable=False),
        sa.Column("resync_requested_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integration")),
        sa.UniqueConstraint("ingest_id", name=op.f("uq_integration_ingest_id")),
        sa.UniqueConstraint("installation_id", name=op.f("uq_integration_installation_id")),
    )


def _integration_cursor() -> None:
    op.create_table(
        "integration_cursor",
        sa.Column("integration_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cursor", Document(), nullable=False),
        sa.PrimaryKeyConstraint("integration_id", "kind", "position", name=op.f("pk_integration_cursor")),
    )


def _integration_kind() -> None:
    op.create_table(
        "integration_kind",
        sa.Column("integration_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=200), nullable=False),
        sa.Column("examples", Document(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("integration_id", "kind", name=op.f("pk_integration_kind")),
    )


def _integration_log() -> None:
    op.create_table(
        "integration_log",
        sa.Column("id", Id, nullable=False),
        sa.Column("integration_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("extra", Document(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integration_log")),
    )
    op.create_index("ix_integration_log", "integration_log", ["integration_id", "id"], unique=False)


def _integration_sync() -> None:
    op.create_table(
        "integration_sync",
        sa.Column("integration_id", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("heartbeat_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("integration_id", "event_id", name=op.f("pk_integration_sync")),
    )


def _job() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("payload", Document(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index("ix_job_due", "job", ["due_at", "lease_until"], unique=False)
    op.create_index("uq_job_kind_key", "job", ["kind", "key"], unique=True)


def _marker() -> None:
    op.create_table(
        "marker",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marker")),
    )


def _membership() -> None:
    op.create_table(
        "membership",
        sa.Column("principal_id", sa.String(length=64), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("principal_id", "team_id", name=op.f("pk_membership")),
    )
    op.create_index("ix_membership_team", "membership", ["team_id"], unique=False)


def _migration() -> None:
    op.create_table(
        "migration",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("source_blueprint", sa.String(length=100), nullable=False),
        sa.Column("document", Document(), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_migration")),
    )


def _organization() -> None:
    op.create_table(
        "organization",
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document", Document(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_organization")),
    )


def _page() -> None:
    op.create_table(
        "page",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("blueprint", sa.Text(), nullable=True),
        sa.Column("sidebar", sa.String(length=32), nullable=True),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("document", Document(), nullable=False),
        sa.Column("permissions", Document(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page")),
        sa.UniqueConstraint("identifier", name=op.f("uq_page_identifier")),
    )
    op.create_index(op.f("ix_page_blueprint"), "page", ["blueprint"], unique=False)


def _principal() -> None:
    op.create_table(
        "principal",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("login", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", Document(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("last_login_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_principal")),
        sa.UniqueConstraint("login", name=op.f("uq_principal_login")),
    )


def _prop_index() -> None:
    op.create_table(
        "prop_index",
        sa.Column("entity_id", Id, autoincrement=False, nullable=False),
        sa.Column("key_id", Id, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("number", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("entity_id", "key_id", "position", name=op.f("pk_prop_index")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_prop_index_number",
        "prop_index",
        ["key_id", "number", "entity_id"],
        unique=False,
        sqlite_where=sa.text("number IS NOT NULL"),
    )
    op.create_index(
        "ix_prop_index_text",
        "prop_index",
        ["key_id", "text", "entity_id"],
        unique=False,
        sqlite_where=sa.text("text IS NOT NULL"),
    )


def _property_key() -> None:
    op.create_table(
        "property_key",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("blueprint_id", Id, nullable=False),
        sa.Column("identifier", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=16), server_default="ready", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_property_key")),
        sa.UniqueConstraint("blueprint_id", "identifier", name=op.f("uq_property_key_blueprint_id_identifier")),
    )


def _relation() -> None:
    op.create_table(
        "relation",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("blueprint_id", Id, nullable=False),
        sa.Column("identifier", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relation")),
        sa.UniqueConstraint("blueprint_id", "identifier", name=op.f("uq_relation_blueprint_id_identifier")),
    )


def _relation_edge() -> None:
    op.create_table(
        "relation_edge",
        sa.Column("source_id", Id, autoincrement=False, nullable=False),
        sa.Column("relation_id", Id, autoincrement=False, nullable=False),
        sa.Column("target_id", Id, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "relation_id", "target_id", name=op.f("pk_relation_edge")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_relation_edge_reverse", "relation_edge", ["target_id", "relation_id", "source_id"], unique=False
    )


def _rule_result() -> None:
    op.create_table(
        "rule_result",
        sa.Column("scorecard_id", sa.String(length=40), nullable=False),
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scorecard_id", "rule", "entity", name=op.f("pk_rule_result")),
    )
    op.create_index("ix_rule_result_entity", "rule_result", ["scorecard_id", "entity"], unique=False)
    op.create_index("ix_rule_result_passed", "rule_result", ["scorecard_id", "rule", "passed", "entity"], unique=False)


def _scorecard() -> None:
    op.create_table(
        "scorecard",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("blueprint_id", Id, nullable=False),
        sa.Column("identifier", sa.String(length=100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document", Document(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard")),
        sa.UniqueConstraint("blueprint_id", "identifier", name=op.f("uq_scorecard_blueprint_id_identifier")),
    )


def _scorecard_result() -> None:
    op.create_table(
        "scorecard_result",
        sa.Column("scorecard_id", sa.String(length=40), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scorecard_id", "entity", name=op.f("pk_scorecard_result")),
    )
    op.create_index("ix_scorecard_result_level", "scorecard_result", ["scorecard_id", "level", "entity"], unique=False)


def _secret() -> None:
    op.create_table(
        "secret",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secret")),
    )


def _session() -> None:
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("principal_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.create_index("ix_session_expires", "session", ["expires_at"], unique=False)
    op.create_index("ix_session_principal", "session", ["principal_id"], unique=False)


def _sync_metric() -> None:
    op.create_table(
        "sync_metric",
        sa.Column("integration_id", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("kind_identifier", sa.String(length=200), nullable=False),
        sa.Column("document", Document(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("integration_id", "event_id", "kind_identifier", name=op.f("pk_sync_metric")),
    )


def _team() -> None:
    op.create_table(
        "team",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("provider", sa.Text(), server_default="port", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
    )


def _webhook() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("webhook_key", sa.String(length=40), nullable=False),
        sa.Column("document", Document(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=True),
        sa.Column("lease_owner", sa.String(length=40), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sa.UniqueConstraint("identifier", name=op.f("uq_webhook_identifier")),
        sa.UniqueConstraint("webhook_key", name=op.f("uq_webhook_webhook_key")),
    )


def _webhook_event() -> None:
    op.create_table(
        "webhook_event",
        sa.Column("seq", Id, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("webhook_id", sa.String(length=40), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("headers", Document(), nullable=False),
        sa.Column("query", Document(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outcome", Document(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_webhook_event")),
        sa.UniqueConstraint("id", name=op.f("uq_webhook_event_id")),
    )
    op.create_index("ix_webhook_event", "webhook_event", ["webhook_id", "state", "seq"], unique=False)


def _blueprint_problem() -> None:
    op.create_table(
        "blueprint_problem",
        sa.Column("blueprint_id", Id, autoincrement=False, nullable=False),
        sa.Column("property", sa.String(length=100), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["blueprint_id"], ["blueprint.id"], name=op.f("fk_blueprint_problem_blueprint_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("blueprint_id", "property", name=op.f("pk_blueprint_problem")),
    )


def _view() -> None:
    op.create_table(
        "view",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("page_id", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("config", Document(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"], name=op.f("fk_view_page_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_view")),
    )
    op.create_index("ix_view_page", "view", ["page_id", "scope"], unique=False)

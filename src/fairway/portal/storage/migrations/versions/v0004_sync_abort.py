"""When somebody asked for the end of a sync."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """When somebody asked for the end of a sync."""
    _integration_sync()


def _integration_sync() -> None:
    op.add_column("integration_sync", sa.Column("abort_requested_at", sa.BigInteger(), nullable=True))

"""Tables of access."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, true

from fairway.portal.storage.tables import metadata
from fairway.portal.storage.types import Document, Millis

principal = Table(
    "principal",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("login", Text, unique=True),
    Column("email", Text),
    Column("name", Text, nullable=False),
    Column("roles", Document, nullable=False),
    Column("status", String(16), nullable=False),
    Column("enabled", Boolean, nullable=False, server_default=true()),
    Column("password_hash", Text),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("last_login_at", Millis),
)
"""Whoever can authenticate: organisation credentials (``app``; the id is the client id), people and service accounts
(``email`` is the identifier of their ``_user`` entity, ``login`` the same in lower case). ``enabled`` is false for what
may not authenticate now."""

team = Table(
    "team",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("provider", Text, nullable=False, server_default="port"),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
)
"""Mirror of the ``_team`` entities, kept in step in the transaction of their change. ``provider`` is ``port``, or the
issuer of the identity provider whose groups decide who is in it."""

membership = Table(
    "membership",
    metadata,
    Column("principal_id", String(64), primary_key=True),
    Column("team_id", Text, primary_key=True),
    Index("ix_membership_team", "team_id"),
)
"""Who is in which team."""

credential = Table(
    "credential",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("principal_id", String(64), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("sealed_secret", Text),
    Column("generation", Integer, nullable=False),
    Column("token_issued_at", Millis),
    Column("token_expires_at", Millis),
    Column("created_at", Millis, nullable=False),
    Index("ix_credential_principal", "principal_id"),
)
"""Client id and secret. ``secret_hash`` is keyed with the installation's key; ``sealed_secret`` exists for organisation
credentials only, whose secret signs outgoing requests (contract 7.7). A new secret is a new ``generation``, and a token
of an older one no longer counts."""

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("principal_id", String(64), nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("expires_at", Millis, nullable=False),
    Index("ix_session_principal", "principal_id"),
    Index("ix_session_expires", "expires_at"),
)
"""Browser sessions; the cookie's value is only known to the browser."""

external_identity = Table(
    "external_identity",
    metadata,
    Column("issuer", String(400), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("principal_id", String(64), nullable=False),
    Column("created_at", Millis, nullable=False),
    Index("ix_external_identity_principal", "principal_id"),
)
"""Accounts at an identity provider, bound at their first login."""

"""SQL of principals: from a row to the caller that decisions see."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from fairway.portal.access.tables import external_identity, membership, principal, session, team
from fairway.portal.caller import Caller
from fairway.portal.storage.tx import Tx


async def load_caller(tx: Tx, principal_id: str, org_id: str) -> Caller | None:
    """The caller for an enabled principal, without what only a request knows (origin, user agent, trace)."""
    row = await tx.row(select(principal).where(principal.c.id == principal_id, principal.c.enabled.is_(True)))
    return None if row is None else as_caller(row, await teams_of(tx, principal_id), org_id)


async def find_by_login(tx: Tx, name: str) -> Row[Any] | None:
    """The principal row of an e-mail (in any case), a user id or a client id."""
    return await tx.row(
        select(principal).where((principal.c.login == name.lower()) | (principal.c.id == name)).limit(1)
    )


async def teams_of(tx: Tx, principal_id: str) -> dict[str, str]:
    """Team identifier to name."""
    joined = membership.outerjoin(team, team.c.id == membership.c.team_id)
    statement = select(membership.c.team_id, team.c.name).select_from(joined)
    rows = await tx.rows(statement.where(membership.c.principal_id == principal_id))
    return {row.team_id: row.name or row.team_id for row in rows}


def as_caller(row: Any, teams: dict[str, str], org_id: str) -> Caller:
    """The caller of a principal row."""
    return Caller(
        row.id, row.kind, org_id, email=row.email, roles=frozenset(row.roles), teams=frozenset(teams),
        team_names=frozenset(teams.values()),
    )  # fmt: skip


async def insert_principal(tx: Tx, now: int, **values: Any) -> None:
    """A new principal, active."""
    known = {"status": "Active", "created_at": now, "updated_at": now}
    await tx.run(insert(principal).values(**{**known, **values}))


async def set_password(tx: Tx, principal_id: str, password_hash: str) -> None:
    """Stores a password and ends the principal's sessions."""
    await tx.run(update(principal).where(principal.c.id == principal_id).values(password_hash=password_hash))
    await end_sessions(tx, principal_id)


async def end_sessions(tx: Tx, principal_id: str) -> None:
    """Signs the principal out everywhere."""
    await tx.run(delete(session).where(session.c.principal_id == principal_id))


async def forget_principal(tx: Tx, principal_id: str) -> None:
    """Removes a principal with its sessions, memberships and external identities."""
    await end_sessions(tx, principal_id)
    for table in (membership, external_identity):
        await tx.run(delete(table).where(table.c.principal_id == principal_id))
    await tx.run(delete(principal).where(principal.c.id == principal_id))

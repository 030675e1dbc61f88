"""Finding people by what rules name: e-mails, roles, teams."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, Text, or_, select, type_coerce

from fairway.kit.jsonio import dumps_text
from fairway.portal.access.directory import PERSON_KINDS
from fairway.portal.access.principals import as_caller
from fairway.portal.access.tables import membership, principal, team
from fairway.portal.caller import Caller
from fairway.portal.storage.tx import Tx


async def find_people(
    tx: Tx,
    org_id: str,
    *,
    emails: Collection[str] = (),
    roles: Collection[str] = (),
    teams: Collection[str] = (),
) -> list[Caller]:
    """People and service accounts who may authenticate and have one of these e-mails (in any case), one of these
    roles, or are in one of these teams (identifiers or names); by e-mail."""
    conditions = [tx.any_of(principal.c.login, [email.lower() for email in emails])]
    stored = type_coerce(principal.c.roles, Text)
    conditions += [stored.contains(dumps_text(role), autoescape=True) for role in roles]
    if teams:
        named = tx.any_of(membership.c.team_id, teams) | tx.any_of(team.c.name, teams)
        joined = membership.outerjoin(team, team.c.id == membership.c.team_id)
        conditions.append(principal.c.id.in_(select(membership.c.principal_id).select_from(joined).where(named)))
    return await _callers(tx, org_id, await _people(tx, or_(*conditions)))


async def find_callers(tx: Tx, org_id: str, ids: Collection[str]) -> list[Caller]:
    """The people and service accounts with these principal ids who may authenticate."""
    return await _callers(tx, org_id, await _people(tx, tx.any_of(principal.c.id, ids)))


async def emails_of(tx: Tx, ids: Collection[str]) -> dict[str, str]:
    """E-mail by principal id, of those who have one, enabled or not."""
    statement = select(principal.c.id, principal.c.email).where(tx.any_of(principal.c.id, ids))
    return {row.id: row.email for row in await tx.rows(statement) if row.email}


async def _people(tx: Tx, condition: Any) -> Sequence[Row[Any]]:
    people = principal.c.kind.in_(PERSON_KINDS) & principal.c.enabled.is_(True)
    return await tx.rows(select(principal).where(people, condition).order_by(principal.c.login))


async def _callers(tx: Tx, org_id: str, rows: Sequence[Row[Any]]) -> list[Caller]:
    joined = membership.outerjoin(team, team.c.id == membership.c.team_id)
    mine = tx.any_of(membership.c.principal_id, [row.id for row in rows])
    teams: dict[str, dict[str, str]] = defaultdict(dict)
    for row in await tx.rows(select(membership, team.c.name).select_from(joined).where(mine)):
        teams[row.principal_id][row.team_id] = row.name or row.team_id
    return [as_caller(row, teams[row.id], org_id) for row in rows]

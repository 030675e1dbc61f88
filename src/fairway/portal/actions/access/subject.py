"""The caller as policies see them: ``.user`` and ``.trigger`` (contract 6.3, 6.7)."""

from __future__ import annotations

from typing import Any

from fairway.kit.errors import NotFound
from fairway.portal.access.directory import Directory, PersonRecord
from fairway.portal.caller import Caller
from fairway.portal.storage.tx import Tx


async def user_document(tx: Tx, directory: Directory, caller: Caller) -> dict[str, Any]:
    """``{picture, userId, email, name, mainRole, roles, teams, teamsIdentifiers}``; machines have no teams."""
    document: dict[str, Any] = {
        "picture": None,
        "userId": caller.principal_id,
        "email": caller.email,
        "name": caller.email or caller.principal_id,
        "mainRole": _main_role(caller),
        "roles": [{"name": role} for role in sorted(caller.roles)],
        "teams": [],
        "teamsIdentifiers": [],
    }
    record = await _record(tx, directory, caller)
    if record is None:
        return document
    known = await directory.find_teams(tx, record.person.teams)
    teams = [
        {"name": name, "identifier": each, "provider": known[each].provider if each in known else "port"}
        for each, name in zip(record.person.teams, record.team_names, strict=True)
    ]
    return {**document, "name": record.person.name, "teams": teams, "teamsIdentifiers": list(record.person.teams)}


async def _record(tx: Tx, directory: Directory, caller: Caller) -> PersonRecord | None:
    if not caller.email:
        return None
    try:
        return await directory.person(tx, caller.email)
    except NotFound:
        return None


def _main_role(caller: Caller) -> str:
    for role in ("Admin", "Member"):
        if role in caller.roles:
            return role
    return min(caller.roles, default="Member")

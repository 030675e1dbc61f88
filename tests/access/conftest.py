"""People who can be asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from fairway.kit.clock import to_millis
from fairway.portal.access.directory import Person, Team
from fairway.portal.services import Portal
from support.http import access_token

AddPerson = Callable[..., Awaitable[str]]
"""``await add_person(email, roles=..., teams=..., ...)`` gives an access token."""


@pytest.fixture
def add_person(portal: Portal, anonymous: httpx.AsyncClient) -> AddPerson:
    """Adds or changes people in the directory alone, without an entity."""
    directory = portal.access.directory

    async def add(
        email: str,
        *,
        roles: tuple[str, ...] = ("Member",),
        teams: tuple[str, ...] = (),
        status: str = "Active",
        service_account: bool = False,
    ) -> str:
        now = to_millis(portal.clock.now())
        person = Person(email, "Jo Doe", service_account, roles, status, teams, now, now)
        for team_id in teams:
            team = Team(team_id, f"Team {team_id}", None, now, now)
            await portal.db.write(lambda tx, team=team: directory.put_team(tx, team))
        await portal.db.write(lambda tx: directory.put_person(tx, person))
        issued = await portal.db.write(lambda tx: directory.issue_credentials(tx, email, now))
        return "" if status == "Disabled" else await access_token(anonymous, issued.client_id, issued.client_secret)

    return add

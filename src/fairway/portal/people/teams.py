"""Use cases of teams (contract 10.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairway.kit.errors import Conflict, InvalidRequest, NotFound
from fairway.kit.ids import random_id
from fairway.portal.access.directory import Directory, Team
from fairway.portal.caller import Caller
from fairway.portal.catalog.entities import Mode
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.people.documents import read_team, written_team
from fairway.portal.people.visibility import sees_all
from fairway.portal.people.writer import TEAM, PeopleWriter
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

NAME_PATTERN = r"^[^;#/\?\s][^;#/\?]*[^;#/\?\s]$"
"""Of contract 1.6."""

_NAME = re.compile(NAME_PATTERN)
_FOREIGN = re.compile(r"[^\w@.+:-]+")
"""What an entity identifier cannot hold."""


@dataclass(frozen=True, slots=True)
class TeamChange:
    """What a write asks for; ``users`` that are not sent stay."""

    name: str | None
    describes: bool
    """Whether the description is written at all."""
    description: str | None
    users: Sequence[str] | None


class TeamService:
    """Lists, creates, changes and removes teams."""

    def __init__(self, db: Database, schemas: SchemaCache, directory: Directory, writer: PeopleWriter) -> None:
        self._db = db
        self._schemas = schemas
        self._directory = directory
        self._writer = writer

    async def list(self, caller: Caller) -> list[dict[str, Any]]:
        """All teams that the caller may see, with their users."""

        async def work(tx: Tx) -> list[dict[str, Any]]:
            teams = await self._directory.teams(tx)
            if not await sees_all(tx, self._schemas, caller, TEAM):
                teams = [team for team in teams if team.id in caller.teams]
            members = await self._directory.members(tx, [team.id for team in teams])
            return [read_team(team, members[team.id], caller.org_id) for team in teams]

        return await self._db.read(work)

    async def get(self, caller: Caller, name: str) -> dict[str, Any]:
        """One team by name or identifier.

        Raises:
            NotFound: there is none, or the caller may not see it.
        """

        async def work(tx: Tx) -> dict[str, Any]:
            team = await self._require(tx, name)
            if team.id not in caller.teams and not await sees_all(tx, self._schemas, caller, TEAM):
                raise _missing(name)
            members = await self._directory.members(tx, [team.id])
            return read_team(team, members[team.id], caller.org_id)

        return await self._db.read(work)

    async def create(self, caller: Caller, change: TeamChange) -> dict[str, Any]:
        """A new team.

        Raises:
            Conflict: the name is taken.
            NotFound: one of the users does not exist.
        """
        name = check_name(change.name or "")

        async def work(tx: Tx) -> dict[str, Any]:
            await self._free(tx, name)
            identifier = await self._identifier(tx, name)
            body = {"identifier": identifier, "title": name, "properties": {"description": change.description}}
            await self._writer.put(tx, caller, TEAM, [body], Mode.CREATE)
            return await self._finish(tx, caller, identifier, change)

        return await self._db.write(work)

    async def update(self, caller: Caller, name: str, change: TeamChange) -> dict[str, Any]:
        """Changes name, description, members. The entity's identifier stays when the name changes.

        Raises:
            NotFound: the team or one of the users does not exist.
            Conflict: the new name is taken.
        """

        async def work(tx: Tx) -> dict[str, Any]:
            team = await self._require(tx, name)
            body: dict[str, Any] = {"identifier": team.id}
            if change.name is not None and change.name != team.name:
                await self._free(tx, check_name(change.name), but=team.id)
                body["title"] = change.name
            if change.describes:
                body["properties"] = {"description": change.description}
            await self._writer.put(tx, caller, TEAM, [body], Mode.PATCH)
            return await self._finish(tx, caller, team.id, change)

        return await self._db.write(work)

    async def remove(self, caller: Caller, name: str) -> None:
        """Deletes a team; its members stay users.

        Raises:
            NotFound: no such team.
        """

        async def work(tx: Tx) -> None:
            team = await self._require(tx, name)
            await self._writer.remove(tx, caller, TEAM, team.id, "team deleted")

        await self._db.write(work)

    async def _finish(self, tx: Tx, caller: Caller, team_id: str, change: TeamChange) -> dict[str, Any]:
        team = await self._require(tx, team_id)
        if change.users is not None:
            await self._writer.set_members(tx, caller, team, change.users)
        return written_team(team, (await self._directory.members(tx, [team_id]))[team_id])

    async def _require(self, tx: Tx, name: str) -> Team:
        found = (await self._directory.find_teams(tx, [name])).get(name)
        if found is None:
            raise _missing(name)
        return found

    async def _free(self, tx: Tx, name: str, but: str | None = None) -> None:
        found = (await self._directory.find_teams(tx, [name])).get(name)
        if found is not None and found.id != but:
            raise Conflict(f'Team "{name}" already exists')

    async def _identifier(self, tx: Tx, name: str) -> str:
        return await team_identifier(tx, self._directory, name)


async def team_identifier(tx: Tx, directory: Directory, name: str) -> str:
    """A free entity identifier for a team of this name: the name itself where the pattern of identifiers allows."""
    plain = _FOREIGN.sub("_", name).strip(".") or "team"
    taken = await directory.find_teams(tx, [plain])
    return f"{plain}_{random_id('', 6)}" if plain in taken else plain


def check_name(name: str) -> str:
    """The name.

    Raises:
        InvalidRequest: it breaks the pattern of contract 1.6.
    """
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            f'Team name "{name[:100]}" is not allowed: two characters or more, none of ; # / ? and no space at its ends'
        )
    return name


def _missing(name: str) -> NotFound:
    return NotFound(f'Team "{name}" was not found')

"""Writes to ``_user`` and ``_team`` entities from inside a unit of work, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from fairway.kit.errors import InvalidRequest, NotFound
from fairway.portal.access.directory import Directory, PersonRecord, Team
from fairway.portal.caller import Caller
from fairway.portal.catalog.entities import Mode, Outcome, WriteOptions
from fairway.portal.catalog.entities.context import DeleteOptions
from fairway.portal.people.mirror import TEAM, USER
from fairway.portal.storage.tx import Tx


class EntityWriter(Protocol):
    """What people need of the catalog's entity writer."""

    async def write_in(
        self,
        tx: Tx,
        caller: Caller,
        blueprint: str,
        bodies: Sequence[Any],
        options: WriteOptions,
        path_identifier: str | None = None,
    ) -> list[Outcome]: ...

    async def delete_in(
        self, tx: Tx, caller: Caller, blueprint: str, identifiers: Sequence[str], options: DeleteOptions | None = None
    ) -> list[str]: ...


class PeopleWriter:
    """The entity writer, narrowed to people and teams."""

    def __init__(self, entities: EntityWriter, directory: Directory) -> None:
        self._entities = entities
        self._directory = directory

    async def put(
        self, tx: Tx, caller: Caller, blueprint: str, bodies: Sequence[Mapping[str, Any]], mode: Mode
    ) -> None:
        """Writes entities.

        Raises:
            FairwayError: one of them could not be written; nothing is.
        """
        managed = caller.kind == "system"
        options = WriteOptions(mode=mode, managed=managed)
        for outcome in await self._entities.write_in(tx, caller, blueprint, list(bodies), options):
            if outcome.error is not None:
                raise outcome.error

    async def rename(self, tx: Tx, caller: Caller, blueprint: str, old: str, body: Mapping[str, Any]) -> None:
        """Merges ``body`` into the entity ``old``; an identifier in it renames the entity."""
        options = WriteOptions(mode=Mode.PATCH)
        (outcome,) = await self._entities.write_in(tx, caller, blueprint, [dict(body)], options, old)
        if outcome.error is not None:
            raise outcome.error

    async def remove(self, tx: Tx, caller: Caller, blueprint: str, identifier: str, what: str) -> None:
        """Deletes one entity."""
        await self._entities.delete_in(tx, caller, blueprint, [identifier], DeleteOptions(reason=what))

    async def set_members(self, tx: Tx, caller: Caller, team: Team, emails: Iterable[str]) -> None:
        """Makes exactly these people members of a team.

        Raises:
            NotFound: one of them is no user.
        """
        wanted = {(await self._directory.person(tx, email)).id for email in dict.fromkeys(emails)}
        present = {record.id for record in (await self._directory.members(tx, [team.id]))[team.id]}
        changed = await self._directory.people(tx, wanted ^ present) if wanted ^ present else []
        bodies = [_moved(record, team.id, joins=record.id in wanted) for record in changed]
        if bodies:
            await self.put(tx, caller, USER, bodies, Mode.PATCH)

    async def team_ids(self, tx: Tx, names: Sequence[str]) -> list[str]:
        """Identifiers of teams given by name or identifier.

        Raises:
            NotFound: one does not exist.
        """
        found = await self._directory.find_teams(tx, names)
        for name in names:
            if name not in found:
                raise NotFound(f'Team "{name}" was not found')
        return list(dict.fromkeys(found[name].id for name in names))


def _moved(record: PersonRecord, team_id: str, *, joins: bool) -> dict[str, Any]:
    teams = [each for each in record.person.teams if each != team_id]
    return {
        "identifier": record.person.email,
        "relations": {"team": [*teams, team_id] if joins else teams},
    }


def string_list(body: Mapping[str, Any], key: str, where: str = "body") -> list[str] | None:
    """An optional list of strings of a body; none when absent or null.

    Raises:
        InvalidRequest: something else.
    """
    value = body.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidRequest(f'"{key}" in the {where} must be an array of strings')
    return list(value)


__all__ = ["TEAM", "USER", "EntityWriter", "PeopleWriter", "string_list"]

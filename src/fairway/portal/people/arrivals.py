"""People who come in by themselves: the first administrator, and whoever signs in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairway.kit.errors import NotFound
from fairway.portal.access.bootstrap import Identity, administrator_differs
from fairway.portal.access.directory import LOCAL, Directory, PersonRecord
from fairway.portal.access.keys import Keys
from fairway.portal.access.passwords import hash_now
from fairway.portal.caller import Caller
from fairway.portal.catalog.entities import Mode
from fairway.portal.people.teams import team_identifier
from fairway.portal.people.writer import TEAM, USER, PeopleWriter
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx


class PeopleArrivals:
    """Makes the ``_user`` entity of whoever arrives; the portal itself is the writer."""

    def __init__(self, db: Database, directory: Directory, writer: PeopleWriter, system: Caller) -> None:
        self._db = db
        self._directory = directory
        self._writer = writer
        self._system = system

    async def ensure_administrator(self, identity: Identity, keys: Keys) -> None:
        """Makes the first administrator at the first start. A later start changes nothing, unless the settings name
        another e-mail or password than they did: an administrator who was deleted stays deleted."""

        async def work(tx: Tx) -> None:
            if not await administrator_differs(tx, identity, keys):
                return
            known = await self._known(tx, identity.admin_email)
            body = {**_names(known, identity.admin_email, "Administrator"), "properties": _ACTIVE_ADMIN}
            await self._writer.put(tx, self._system, USER, [body], Mode.UPSERT_MERGE)
            await self._directory.set_password(tx, identity.admin_email, hash_now(identity.admin_password))

        await self._db.write(work)

    async def arrived(self, email: str, name: str, teams: Sequence[str] | None, provider: str = LOCAL) -> None:
        """Somebody signs in: the user exists afterwards and is active. ``teams`` are the groups that the identity
        provider tells; memberships that it gave before and does not tell now end, local ones stay."""

        async def work(tx: Tx) -> None:
            known = await self._known(tx, email)
            body: dict[str, Any] = {**_names(known, email, name), "properties": {"status": "Active"}}
            if teams is not None:
                body["relations"] = {"team": await self._memberships(tx, known, teams, provider)}
            await self._writer.put(tx, self._system, USER, [body], Mode.UPSERT_MERGE)

        await self._db.write(work)

    async def _memberships(self, tx: Tx, known: PersonRecord | None, names: Sequence[str], provider: str) -> list[str]:
        present = [] if known is None else list(known.person.teams)
        by_id = await self._directory.find_teams(tx, present)
        local = [each for each in present if each not in by_id or by_id[each].provider != provider]
        wanted = [name.strip() for name in names if name.strip()]
        found = await self._directory.find_teams(tx, wanted)
        for name in dict.fromkeys(wanted):
            if name not in found:
                found[name] = await self._new_team(tx, name, provider)
        return list(dict.fromkeys([*local, *(found[name].id for name in wanted)]))

    async def _new_team(self, tx: Tx, name: str, provider: str) -> Any:
        identifier = await team_identifier(tx, self._directory, name)
        await self._writer.put(tx, self._system, TEAM, [{"identifier": identifier, "title": name}], Mode.CREATE)
        await self._directory.set_provider(tx, identifier, provider)
        return (await self._directory.find_teams(tx, [identifier]))[identifier]

    async def _known(self, tx: Tx, email: str) -> PersonRecord | None:
        try:
            return await self._directory.person(tx, email)
        except NotFound:
            return None


_ACTIVE_ADMIN = {"port_role": "Admin", "status": "Active"}


def _names(known: PersonRecord | None, email: str, name: str) -> dict[str, Any]:
    """Identifier and, for somebody new, the title. The spelling of the e-mail that is known stays."""
    return {"identifier": email, "title": name} if known is None else {"identifier": known.person.email}

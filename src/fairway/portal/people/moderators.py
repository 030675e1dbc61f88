"""Keeps ``moderated_blueprints`` of users in step with blueprints that are renamed or deleted."""

from __future__ import annotations

from typing import Any

from fairway.portal.access.directory import Directory
from fairway.portal.caller import Caller, system_caller
from fairway.portal.catalog.blueprints.observer import MemberKind
from fairway.portal.catalog.entities import Mode
from fairway.portal.people.writer import USER, PeopleWriter
from fairway.portal.storage.tx import Tx


class Moderators:
    """An observer of blueprints."""

    def __init__(self, directory: Directory, writer: PeopleWriter) -> None:
        self._directory = directory
        self._writer = writer

    async def blueprint_created(self, tx: Tx, caller: Caller, document: dict[str, Any], *, catalog_page: bool) -> None:
        """A new blueprint has no moderators."""

    async def blueprint_renamed(self, tx: Tx, caller: Caller, old: str, new: str) -> None:
        """Its moderators moderate it under its new name."""
        await self._replace(tx, caller, old, new)

    async def blueprint_deleted(self, tx: Tx, caller: Caller, identifier: str) -> None:
        """A later blueprint of the same name does not inherit its moderators."""
        await self._replace(tx, caller, identifier, None)

    async def member_renamed(
        self, tx: Tx, caller: Caller, blueprint: str, kind: MemberKind, old: str, new: str
    ) -> None:
        """Roles do not name properties or relations."""

    async def _replace(self, tx: Tx, caller: Caller, old: str, new: str | None) -> None:
        bodies = []
        for record in await self._directory.people(tx):
            moderated = [role.removesuffix("-moderator") for role in record.person.roles if role.endswith("-moderator")]
            if old in moderated:
                kept = [new if name == old else name for name in moderated]
                names = [name for name in kept if name is not None]
                bodies.append({"identifier": record.person.email, "properties": {"moderated_blueprints": names}})
        if bodies:
            await self._writer.put(tx, system_caller(caller.org_id), USER, bodies, Mode.PATCH)

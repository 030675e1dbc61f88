"""The one organisation of this portal: who it is, and what may be changed about it (contract 10.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import InvalidRequest
from fairway.kit.ids import random_id
from fairway.kit.settings import Settings
from fairway.portal.access.decisions import require_admin
from fairway.portal.caller import Caller
from fairway.portal.http.requests import optional, require
from fairway.portal.organization import repository
from fairway.portal.organization.repository import OrgRow
from fairway.portal.storage import Database, Tx, outbox
from fairway.portal.storage.outbox import Change

_WRITABLE: dict[str, type] = {
    "name": str,
    "settings": dict,
    "isOnboarded": bool,
    "toolSelectionProvisioning": dict,
    "announcement": dict,
}
_READ_ONLY = frozenset({"id", "featureFlags"})
"""Keys of our own answer, ignored when a client sends the whole object back."""
_MAX_TITLE = 30
_MAX_ANNOUNCEMENT = 300


@dataclass(frozen=True, slots=True)
class OrgInfo:
    """What others need to know of the organisation."""

    id: str
    name: str


async def ensure_organization(db: Database, settings: Settings, clock: Clock) -> OrgInfo:
    """The organisation, created with ``organization_name`` on the first start."""

    async def known(tx: Tx) -> OrgRow | None:
        return await repository.organization_or_none(tx)

    async def create(tx: Tx) -> OrgRow:
        first = OrgRow(random_id("org_"), settings.organization_name, {})
        await repository.insert_organization(tx, first, to_millis(clock.now()))
        return await _row(tx)

    row = await db.read(known)
    if row is None:
        row = await db.write(create)
    return OrgInfo(row.id, row.name)


async def current(tx: Tx) -> OrgInfo:
    """The organisation, in a unit of work of another service."""
    row = await _row(tx)
    return OrgInfo(row.id, row.name)


class OrganizationService:
    """Reads and changes the organisation."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def read(self) -> dict[str, Any]:
        """The organisation as the wire shows it. No feature flag is set: each promises behaviour (contract 8.3)."""
        return _shown(await self._db.read(_row))

    async def patch(self, caller: Caller, body: dict[str, Any]) -> None:
        """Changes the keys that ``body`` names; ``settings`` are merged key by key.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: a key is unknown or has the wrong type.
        """
        await self._change(caller, body, keep=True)

    async def replace(self, caller: Caller, body: dict[str, Any]) -> None:
        """Replaces everything that can be written; ``name`` is required.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: ``name`` is missing, or a key is unknown or has the wrong type.
        """
        require(body, "name", str)
        await self._change(caller, body, keep=False)

    async def _change(self, caller: Caller, body: dict[str, Any], *, keep: bool) -> None:
        require_admin(caller, "change the organisation")
        _check(body)

        async def work(tx: Tx) -> None:
            before = await _row(tx)
            after = _merged(before, body, keep=keep)
            if after == before:
                return
            now = to_millis(self._clock.now())
            await repository.update_organization(tx, after, now)
            change = Change("UPDATE", "organization", before.id, _shown(before), _shown(after))
            await outbox.append(tx, caller, now, [change])

        await self._db.write(work)


async def _row(tx: Tx) -> OrgRow:
    row = await repository.organization_or_none(tx)
    if row is None:
        raise RuntimeError("The organisation is created at start, before anything can ask for it")
    return row


def _merged(before: OrgRow, body: dict[str, Any], *, keep: bool) -> OrgRow:
    document = dict(before.document) if keep else {}
    document.update({key: value for key, value in body.items() if key in _WRITABLE and key != "name"})
    if keep and "settings" in body:
        document["settings"] = {**before.document.get("settings", {}), **body["settings"]}
    return OrgRow(before.id, body.get("name", before.name), document)


def _shown(row: OrgRow) -> dict[str, Any]:
    settings = {"hiddenBlueprints": [], **row.document.get("settings", {})}
    return {"id": row.id, "name": row.name, "featureFlags": [], **row.document, "settings": settings}


def _check(body: dict[str, Any]) -> None:
    for key in body:
        if key not in _WRITABLE and key not in _READ_ONLY:
            raise InvalidRequest(f'The organisation must NOT have additional properties: additional property: "{key}"')
    for key, kind in _WRITABLE.items():
        optional(body, key, kind, nullable=False)
    if not body.get("name", "x").strip():
        raise InvalidRequest('"name" of the organisation must not be empty')
    settings, announcement = body.get("settings", {}), body.get("announcement", {})
    hidden = optional(settings, "hiddenBlueprints", list, where="settings", nullable=False)
    if hidden is not None and not all(isinstance(each, str) for each in hidden):
        raise InvalidRequest('"hiddenBlueprints" in the settings must be a list of blueprint identifiers')
    _check_length(settings, "portalTitle", "settings", _MAX_TITLE)
    _check_length(announcement, "content", "announcement", _MAX_ANNOUNCEMENT)
    _check_length(announcement, "link", "announcement", _MAX_ANNOUNCEMENT)


def _check_length(body: dict[str, Any], key: str, where: str, limit: int) -> None:
    text = optional(body, key, str, where=where)
    if text is not None and len(text) > limit:
        raise InvalidRequest(f'"{key}" in the {where} has {len(text)} characters; at most {limit} are allowed')

"""The one organisation of this portal."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.kit.clock import Clock, to_millis
from fairway.kit.ids import random_id
from fairway.kit.settings import Settings
from fairway.portal.organization import repository
from fairway.portal.organization.repository import OrgRow
from fairway.portal.storage import Database, Tx


@dataclass(frozen=True, slots=True)
class OrgInfo:
    """What others need to know of the organisation."""

    id: str
    name: str


async def ensure_organization(db: Database, settings: Settings, clock: Clock) -> OrgInfo:
    """The organisation, created with ``organization_name`` on the first start."""

    async def work(tx: Tx) -> OrgInfo:
        first = OrgRow(random_id("org_"), settings.organization_name, {})
        await repository.insert_organization(tx, first, to_millis(clock.now()))
        return await current(tx)

    async def known(tx: Tx) -> OrgInfo | None:
        row = await repository.organization_or_none(tx)
        return None if row is None else OrgInfo(row.id, row.name)

    return await db.read(known) or await db.write(work)


async def current(tx: Tx) -> OrgInfo:
    """The organisation, in a unit of work of another service."""
    row = await repository.organization_or_none(tx)
    if row is None:
        raise RuntimeError("The organisation is created at start, before anything can ask for it")
    return OrgInfo(row.id, row.name)

"""SQL of the organisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update

from fairway.portal.organization.tables import organization, secret
from fairway.portal.storage import Tx

_SLOT = 1


@dataclass(frozen=True, slots=True)
class OrgRow:
    """The organisation as stored."""

    id: str
    name: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SecretRow:
    """A secret as stored; ``sealed`` never leaves the service."""

    name: str
    sealed: str
    description: str | None
    created_at: int
    updated_at: int


async def organization_or_none(tx: Tx) -> OrgRow | None:
    """The organisation, unless this is the first start."""
    row = await tx.row(select(organization).where(organization.c.slot == _SLOT))
    return None if row is None else OrgRow(row.id, row.name, row.document)


async def insert_organization(tx: Tx, org: OrgRow, now: int) -> None:
    """Creates the organisation unless another process just did."""
    await tx.insert_ignore(
        organization,
        {
            "slot": _SLOT,
            "id": org.id,
            "name": org.name,
            "document": org.document,
            "created_at": now,
            "updated_at": now,
        },
    )


async def update_organization(tx: Tx, org: OrgRow, now: int) -> None:
    """Replaces name and document."""
    values = {"name": org.name, "document": org.document, "updated_at": now}
    await tx.run(update(organization).where(organization.c.slot == _SLOT).values(values))


async def secrets(tx: Tx) -> list[SecretRow]:
    """All secrets by name."""
    return [SecretRow(**row._mapping) for row in await tx.rows(select(secret).order_by(secret.c.name))]


async def secret_or_none(tx: Tx, name: str) -> SecretRow | None:
    """One secret."""
    row = await tx.row(select(secret).where(secret.c.name == name))
    return None if row is None else SecretRow(**row._mapping)


async def insert_secret(tx: Tx, row: SecretRow) -> bool:
    """Stores a new secret; false when the name is taken."""
    return await tx.insert_ignore(
        secret,
        {
            "name": row.name,
            "sealed": row.sealed,
            "description": row.description,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
        },
    )


async def update_secret(tx: Tx, row: SecretRow) -> None:
    """Replaces value and description."""
    values = {"sealed": row.sealed, "description": row.description, "updated_at": row.updated_at}
    await tx.run(update(secret).where(secret.c.name == row.name).values(values))


async def delete_secret(tx: Tx, name: str) -> bool:
    """Removes a secret; false when there is none."""
    return await tx.run(delete(secret).where(secret.c.name == name)) > 0

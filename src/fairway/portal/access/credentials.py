"""SQL of client ids and secrets, and the secret that signs for the organisation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from fairway.kit.crypto import SecretBox
from fairway.kit.errors import Unavailable
from fairway.kit.ids import random_id
from fairway.portal.access.keys import Keys
from fairway.portal.access.tables import credential, principal
from fairway.portal.storage.tx import Tx


@dataclass(frozen=True, slots=True)
class IssuedCredentials:
    """A client id and secret, told once."""

    client_id: str
    client_secret: str = field(repr=False)

    def document(self) -> dict[str, str]:
        """``{"clientId": ..., "clientSecret": ...}``."""
        return {"clientId": self.client_id, "clientSecret": self.client_secret}


async def put_credential(
    tx: Tx, client_id: str, principal_id: str, secret_hash: str, now: int, *, sealed_secret: str | None = None
) -> None:
    """Stores a new secret for a client id; tokens of an older one stop counting."""
    changed = {"secret_hash": secret_hash, "sealed_secret": sealed_secret, "token_issued_at": None}
    statement = update(credential).where(credential.c.client_id == client_id)
    if await tx.run(statement.values(generation=credential.c.generation + 1, **changed)):
        return
    await tx.run(
        insert(credential).values(
            client_id=client_id, principal_id=principal_id, generation=1, created_at=now, **changed
        )
    )


async def issue_personal(tx: Tx, keys: Keys, principal_id: str, now: int) -> IssuedCredentials:
    """The credentials of a person or a service account, replacing those they have."""
    client_id = await tx.scalar(select(credential.c.client_id).where(credential.c.principal_id == principal_id))
    issued = IssuedCredentials(client_id or random_id("", 60), random_id("", 64))
    await put_credential(tx, issued.client_id, principal_id, keys.hash_secret(issued.client_secret), now)
    return issued


async def issue_app(tx: Tx, keys: Keys, box: SecretBox, client_id: str, now: int) -> IssuedCredentials:
    """A fresh secret for organisation credentials, kept sealed because it signs outgoing requests."""
    issued = IssuedCredentials(client_id, random_id("", 64))
    sealed = box.seal(issued.client_secret, client_id)
    await put_credential(tx, client_id, client_id, keys.hash_secret(issued.client_secret), now, sealed_secret=sealed)
    return issued


async def revoke_credentials(tx: Tx, principal_id: str) -> None:
    """No secret and no token of this principal counts any more."""
    await tx.run(delete(credential).where(credential.c.principal_id == principal_id))


async def find_credential(tx: Tx, client_id: str) -> Row[Any] | None:
    """The credential with its principal's ``kind``, ``email`` and ``enabled``."""
    columns = (principal.c.kind, principal.c.email, principal.c.enabled)
    joined = credential.join(principal, principal.c.id == credential.c.principal_id)
    return await tx.row(select(credential, *columns).select_from(joined).where(credential.c.client_id == client_id))


async def first_app_credential(tx: Tx) -> Row[Any] | None:
    """The organisation's first active credential pair, as :func:`find_credential` answers it."""
    columns = (principal.c.kind, principal.c.email, principal.c.enabled)
    joined = credential.join(principal, principal.c.id == credential.c.principal_id)
    active = (principal.c.kind == "app", principal.c.enabled.is_(True))
    order = (credential.c.created_at, credential.c.client_id)
    return await tx.row(select(credential, *columns).select_from(joined).where(*active).order_by(*order).limit(1))


async def signing_secret(tx: Tx, box: SecretBox) -> str:
    """The organisation's signing secret: that of its first active credential pair (contract 15.11).

    Raises:
        Unavailable: every pair is disabled.
    """
    row = await first_app_credential(tx)
    if row is None:
        raise no_credentials()
    return box.open(row.sealed_secret, row.client_id)


def no_credentials() -> Unavailable:
    """Nobody can sign, or act, for the organisation."""
    return Unavailable("The organisation has no active credentials; create or enable one under /v1/apps")

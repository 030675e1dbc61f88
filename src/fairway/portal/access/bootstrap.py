"""First start: the secret key, the organisation's credentials and the first administrator.

What the settings do not give is generated once and kept in the data dir, readable by its owner alone.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from fairway.kit.clock import Clock, to_millis
from fairway.kit.crypto import SecretBox
from fairway.kit.errors import FairwayError, InvalidRequest
from fairway.kit.ids import random_id
from fairway.kit.settings import Settings
from fairway.portal.access.credentials import put_credential
from fairway.portal.access.keys import Keys
from fairway.portal.access.principals import insert_principal
from fairway.portal.access.tables import principal
from fairway.portal.storage.database import Database
from fairway.portal.storage.tables import marker
from fairway.portal.storage.tx import Tx

MIN_SECRET = 32
"""Bytes of the organisation's secret that seal encrypted inputs (contract 15.11)."""

KEY_CHECK = "access.key_check"


@dataclass(frozen=True)
class Identity:
    """The installation's keys and the credentials it starts with."""

    secret_key: bytes = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)
    admin_email: str
    admin_password: str = field(repr=False)
    generated: frozenset[str] = frozenset()
    """Which of ``secret_key``, ``client_id``, ``client_secret`` and ``admin_password`` were made by this very call:
    whoever starts the portal prints these once."""

    def notices(self) -> list[str]:
        """What was generated just now, for the person who starts the portal; the key itself is not told."""
        lines = []
        if "client_secret" in self.generated:
            lines.append(f"Client id {self.client_id}, client secret {self.client_secret}")
        if "admin_password" in self.generated:
            lines.append(f"Sign in as {self.admin_email} with the password {self.admin_password}")
        return lines


def load_identity(settings: Settings) -> Identity:
    """The identity of the settings, completed from the data dir, completed by generating.

    Raises:
        InvalidRequest: the secret key or the client secret is too short.
    """
    made: set[str] = set()
    known = _read(settings.data_dir)

    def value(name: str, given: str, generate: Callable[[], str]) -> str:
        if given:
            return given
        if name not in known:
            known[name] = generate()
            made.add(name)
        return known[name]

    secret_key = value("secret_key", _plain(settings.secret_key), lambda: secrets.token_urlsafe(48))
    client_id = value("client_id", settings.client_id, lambda: random_id("", 60))
    client_secret = value("client_secret", _plain(settings.client_secret), lambda: random_id("", 64))
    password = value("admin_password", _plain(settings.admin_password), lambda: random_id("", 20))
    _check_length("FAIRWAY_SECRET_KEY", secret_key)
    _check_length("FAIRWAY_CLIENT_SECRET", client_secret)
    if made:
        _write(settings.data_dir, known)
    return Identity(secret_key.encode(), client_id, client_secret, settings.admin_email, password, frozenset(made))


def remember_secret(settings: Settings, client_id: str, client_secret: str) -> None:
    """Keeps a rotated secret where the former one was kept: in the data dir, unless the settings gave it."""
    known = _read(settings.data_dir)
    if "client_secret" in known and known.get("client_id", settings.client_id) == client_id:
        _write(settings.data_dir, {**known, "client_secret": client_secret})


async def ensure_principals(db: Database, identity: Identity, clock: Clock, keys: Keys, box: SecretBox) -> None:
    """Makes the organisation's credentials exist.

    A secret that was changed through the API stays changed at the next start, unless the settings give another one
    than they gave before.

    Raises:
        InvalidRequest: the database was set up under another secret key.
    """
    now = to_millis(clock.now())
    credentials = keys.hash_secret(f"{identity.client_id}\n{identity.client_secret}")

    async def work(tx: Tx) -> None:
        await _check_key(tx, box)
        if await _differs(tx, "access.bootstrap_credentials", credentials):
            await _put_app(tx, identity, now, keys, box)

    await db.write(work)


async def administrator_differs(tx: Tx, identity: Identity, keys: Keys) -> bool:
    """Whether the first administrator is to be made, or given the password of the settings: at the first start, and
    when the settings name others than they did. The people feature then makes the user, so that its entity exists."""
    administrator = keys.hash_secret(f"{identity.admin_email}\n{identity.admin_password}")
    return await _differs(tx, "access.bootstrap_administrator", administrator)


async def _check_key(tx: Tx, box: SecretBox) -> None:
    sealed = await tx.scalar(select(marker.c.value).where(marker.c.name == KEY_CHECK))
    if sealed is None:
        await tx.insert_ignore(marker, {"name": KEY_CHECK, "value": box.seal("fairway", KEY_CHECK)})
        return
    try:
        box.open(sealed, KEY_CHECK)
    except FairwayError as error:
        raise InvalidRequest(
            "The secret key is not the one that this database was set up with; give every portal process the same "
            "FAIRWAY_SECRET_KEY, or the data dir that holds the file secret.key",
            cause=error.message,
        ) from None


async def _differs(tx: Tx, name: str, value: str) -> bool:
    """Whether a value is another one than at the last start; it is remembered."""
    stored = await tx.scalar(select(marker.c.value).where(marker.c.name == name))
    if stored == value:
        return False
    await tx.upsert(marker, {"name": name, "value": value}, ["name"])
    return True


async def _put_app(tx: Tx, identity: Identity, now: int, keys: Keys, box: SecretBox) -> None:
    if not await tx.scalar(select(principal.c.id).where(principal.c.id == identity.client_id)):
        values = {"id": identity.client_id, "kind": "app", "name": "Organization credentials", "roles": ["Admin"]}
        await insert_principal(tx, now, **values)
    sealed = box.seal(identity.client_secret, identity.client_id)
    secret_hash = keys.hash_secret(identity.client_secret)
    await put_credential(tx, identity.client_id, identity.client_id, secret_hash, now, sealed_secret=sealed)


def _plain(value: Any) -> str:
    return "" if value is None else str(value.get_secret_value())


def _check_length(name: str, value: str) -> None:
    if len(value.encode()) < MIN_SECRET:
        raise InvalidRequest(
            f"{name} has {len(value.encode())} bytes; at least {MIN_SECRET} are needed. "
            "Leave it out to have one generated into the data dir"
        )


def _read(folder: Path) -> dict[str, str]:
    """What the data dir knows: ``secret.key`` holds the key alone, ``identity.json`` the credentials."""
    known: dict[str, str] = {}
    identity = folder / "identity.json"
    if identity.exists():
        known = {str(name): str(value) for name, value in json.loads(identity.read_text()).items()}
    key = folder / "secret.key"
    if key.exists():
        known["secret_key"] = key.read_text().strip()
    return known


def _write(folder: Path, known: dict[str, str]) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    values = dict(known)
    key = values.pop("secret_key", None)
    if key is not None:
        _write_private(folder / "secret.key", key + "\n")
    if values:
        _write_private(folder / "identity.json", json.dumps(values, indent=2) + "\n")


def _write_private(path: Path, text: str) -> None:
    """Replaces a file at once, never readable by others in between."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)

"""Passwords that people choose: argon2id, verified beside the event loop."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from fairway.kit.errors import InvalidRequest

MIN_LENGTH = 8
MAX_LENGTH = 1024
"""Longer input would only cost memory."""

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody has this password")
"""Verified against when there is no such account, so that the time of the answer does not tell."""


def hash_now(password: str) -> str:
    """The stored form of a password; takes tens of milliseconds, so only for start-up."""
    return _hasher.hash(password)


async def hash_password(password: str) -> str:
    """The stored form of a new password.

    Raises:
        InvalidRequest: too short or too long.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InvalidRequest(f"A password needs {MIN_LENGTH} to {MAX_LENGTH} characters")
    return await asyncio.to_thread(_hasher.hash, password)


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password fits; takes the same time when nothing is stored."""
    fits = await asyncio.to_thread(_verify, stored or _NOBODY, password[:MAX_LENGTH])
    return fits and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False

"""Headers of credentials that stay the same, and names for them that give nothing away."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping

from fairway.gitops.forges.settings import ForgeSettings


def basic(username: str, password: str) -> str:
    """The value of a Basic ``Authorization`` header."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def static(settings: ForgeSettings, scheme: str = "Bearer") -> Callable[[], Awaitable[Mapping[str, str]]]:
    """The authorization of a token, or else of user name and password; without either requests are anonymous."""
    found: dict[str, str] = {}
    if settings.token:
        found["authorization"] = f"{scheme} {settings.token}"
    elif settings.username or settings.password:
        found["authorization"] = basic(settings.username, settings.password)

    async def authorization() -> Mapping[str, str]:
        return found

    return authorization


def fingerprint(settings: ForgeSettings) -> str:
    """Who the credentials are when the forge does not say: the user name, or a mark of the token."""
    if settings.token:
        return "token " + hashlib.sha256(settings.token.encode()).hexdigest()[:12]
    return settings.username or "anonymous"

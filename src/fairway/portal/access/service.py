"""Everything that access offers, built once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from fairway.kit.clock import Clock
from fairway.kit.crypto import SecretBox
from fairway.kit.settings import Settings
from fairway.portal.access.apps import AppService
from fairway.portal.access.authenticator import Authenticator
from fairway.portal.access.cache import CallerCache
from fairway.portal.access.directory import Directory
from fairway.portal.access.keys import Keys
from fairway.portal.access.oidc import OidcService
from fairway.portal.access.sessions import SessionService
from fairway.portal.access.throttle import Throttle
from fairway.portal.access.tokens import TokenService
from fairway.portal.caller import Caller
from fairway.portal.storage.database import Database


class GrantSource(Protocol):
    """Adds entries to ``GET /v1/auth/permissions``, such as ``execute:actions:<id>``."""

    async def granted(self, caller: Caller, query: Mapping[str, str]) -> list[str]:
        """What the caller may do."""
        ...


@dataclass
class Access:
    """The access feature."""

    settings: Settings
    keys: Keys
    cache: CallerCache
    authenticator: Authenticator
    tokens: TokenService
    sessions: SessionService
    apps: AppService
    directory: Directory
    oidc: OidcService
    grant_sources: list[GrantSource] = field(default_factory=list)

    async def permissions(self, caller: Caller, query: Mapping[str, str]) -> list[str]:
        """``GET /v1/auth/permissions``: what every source grants the caller."""
        found: list[Any] = []
        for source in self.grant_sources:
            found.extend(await source.granted(caller, query))
        return found


def build_access(
    settings: Settings, clock: Clock, db: Database, keys: Keys, box: SecretBox, *, org_id: str, org_name: str
) -> Access:
    """Wires the feature."""
    cache = CallerCache(time.monotonic)
    throttle = Throttle(time.monotonic)
    sessions = SessionService(db, clock, keys, cache, throttle, settings.session_ttl_seconds)
    return Access(
        settings,
        keys,
        cache,
        Authenticator(db, clock, keys, cache, org_id),
        TokenService(
            db, clock, keys, throttle, org_id=org_id, org_name=org_name, ttl_seconds=settings.token_ttl_seconds
        ),
        sessions,
        AppService(db, clock, keys, box, cache),
        Directory(keys, cache),
        OidcService(settings, db, clock, box, sessions),
    )

"""The settings of an installation, typed."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairway.integration.manifest.config_model import ConfigModel
from fairway.kit.errors import InvalidRequest

_PUBLIC = "https://api.github.com"
_PUBLIC_HOSTS = ("https://github.com", "https://www.github.com")


@dataclass(frozen=True, slots=True)
class Settings:
    """As in ``.port/spec.yaml``. ``key`` is the app's private key in PEM form."""

    host: str = _PUBLIC
    token: str | None = field(default=None, repr=False)
    app: str | None = None
    key: str | None = field(default=None, repr=False)
    organizations: tuple[str, ...] = ()
    """None: all that the credential reaches."""
    include_archived: bool = False
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, config: ConfigModel) -> Settings:
        """Raises:
        InvalidRequest: there is neither a token nor a whole app.
        """
        given: Mapping[str, Any] = config.plain()
        host = str(given["github_host"] or _PUBLIC).rstrip("/")
        named = [given["github_organization"], *(given["github_organizations"] or ())]
        settings = cls(
            host=_PUBLIC if host in _PUBLIC_HOSTS else host,
            token=given["github_token"] or None,
            app=given["github_app_id"] or None,
            key=_pem(given["github_app_private_key"]),
            organizations=tuple(dict.fromkeys(str(name).strip() for name in named if name)),
            include_archived=bool(given["include_archived"]),
            secret=given["webhook_secret"] or None,
        )
        if not settings.token and not (settings.app and settings.key):
            raise InvalidRequest('Set "githubToken", or "githubAppId" together with "githubAppPrivateKey"')
        return settings

    @property
    def graphql(self) -> str:
        """Where GraphQL is; at an Enterprise Server it is no part of the REST API."""
        return self.host.removesuffix("/v3") + "/graphql" if self.host.endswith("/api/v3") else self.host + "/graphql"


def _pem(text: str | None) -> str | None:
    """Environment variables carry keys on one line, or as base64."""
    if not text:
        return None
    found = text.strip().replace("\\n", "\n")
    if "-----BEGIN" in found:
        return found
    try:
        return base64.b64decode(found, validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidRequest('"githubAppPrivateKey" is neither a key in PEM form nor the base64 of one') from None

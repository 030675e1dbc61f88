"""The settings of an installation, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairway.integration.manifest.config_model import ConfigModel
from fairway.kit.errors import InvalidRequest

LEVELS = (0, 5, 10, 15, 20, 30, 40, 50)
"""Access levels of GitLab; 0: any project that the token's user is a member of."""


@dataclass(frozen=True, slots=True)
class Settings:
    """As in ``.port/spec.yaml``."""

    host: str
    token: str = field(repr=False)
    groups: tuple[str, ...] = ()
    """Full paths; none: every group that the token reaches."""
    min_access_level: int = 30
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, config: ConfigModel) -> Settings:
        """Raises:
        InvalidRequest: the access level is none of GitLab's.
        """
        given: Mapping[str, Any] = config.plain()
        level = given["min_access_level"]
        if level not in LEVELS:
            raise InvalidRequest(f'"minAccessLevel" must be one of {", ".join(map(str, LEVELS))}, not {level}')
        return cls(
            host=str(given["gitlab_host"]).rstrip("/").removesuffix("/api/v4"),
            token=str(given["gitlab_token"]),
            groups=tuple(str(path).strip().strip("/") for path in given["gitlab_groups"] or ()),
            min_access_level=level,
            secret=given["webhook_secret"] or None,
        )

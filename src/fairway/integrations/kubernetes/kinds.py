"""Kinds of the mapping: ``v1/pods``, ``apps/v1/deployments``, ``stable.example.com/v1/crontabs``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fairway.kit.errors import InvalidRequest

CLUSTER = "cluster"
_PART = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_PARTS_OF_CORE, _PARTS_OF_GROUP = 2, 3


@dataclass(frozen=True, slots=True)
class ObjectKind:
    """Where a kind is at the API server. ``group`` is empty for the core."""

    group: str
    version: str
    resource: str

    @classmethod
    def of(cls, text: str) -> ObjectKind:
        """Raises:
        InvalidRequest: it is no kind.
        """
        parts = text.split("/")
        core = len(parts) == _PARTS_OF_CORE
        if (not core and len(parts) != _PARTS_OF_GROUP) or not all(_PART.fullmatch(part) for part in parts):
            raise InvalidRequest(
                f'"{text}" is no kind of Kubernetes: it must be version/resource for the core (v1/pods), or'
                " group/version/resource (apps/v1/deployments), in lower case"
            )
        return cls("", *parts) if core else cls(*parts)

    @property
    def root(self) -> str:
        """The path of its version."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    @property
    def api_version(self) -> str:
        """As objects have it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def secret(self) -> bool:
        """Whether its objects hold what nobody may see."""
        return not self.group and self.resource == "secrets"

    def path(self, namespace: str | None = None) -> str:
        """The path of its listing."""
        within = f"/namespaces/{namespace}" if namespace else ""
        return f"{self.root}{within}/{self.resource}"

"""Who we are at the portal. The user agent is the only record of ownership (contract section 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fairway.kit.errors import InvalidRequest

Feature = Literal["exporter", "gitops"]
Origin = Literal["Default", "Port", "Empty"]


@dataclass(frozen=True, slots=True)
class Installation:
    """One installation of an integration type.

    Raises:
        InvalidRequest: a part is empty or has characters that would let one installation pass for another.
    """

    identifier: str
    type: str
    version: str

    def __post_init__(self) -> None:
        for name in ("identifier", "type", "version"):
            value = getattr(self, name)
            if not value or "/" in value or not value.isprintable() or not value.isascii():
                raise InvalidRequest(
                    f'The {name} of the integration is "{value}"; it must be printable ASCII without "/", not empty'
                )

    def user_agent(self, feature: Feature | None = None) -> str:
        """As the portal stamps it on entities (section 5.1)."""
        agent = f"port-ocean/{self.type}/{self.version}/{self.identifier}"
        return f"{agent}/{feature}" if feature else agent

    @property
    def datasource_prefix(self) -> str:
        """Of the data source of everything that any version wrote."""
        return f"port-ocean/{self.type}/"

    @property
    def datasource_suffix(self) -> str:
        """Its end."""
        return f"/{self.identifier}/exporter"


@dataclass(frozen=True, slots=True)
class Registration:
    """What the portal is told about the process at each start (section 5.3)."""

    changelog_destination: Mapping[str, Any] = field(default_factory=dict)
    incremental: bool = False
    origin: Origin | None = None
    """Where the first mapping comes from; ``None`` lets the portal decide."""
    runtime: Literal["OnPrem", "Saas"] = "OnPrem"
    initialise: bool = True
    """Whether default resources are created at the first start."""

    def compared(self, installation: Installation) -> dict[str, Any]:
        """The six fields that a start brings up to date."""
        return {
            "changelogDestination": dict(self.changelog_destination),
            "installationAppType": installation.type,
            "version": installation.version,
            "actionsProcessingEnabled": False,  # section 12 is not offered yet
            "incrementalSyncEnabled": self.incremental,
            "processingMode": "ocean-core",  # section 13: we process here, never at the portal
        }

"""An integration in memory, and how the wire shows it (contract 8.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairway.kit.clock import rfc3339
from fairway.wire.sync_details import DETAILS

READ_ONLY = frozenset(
    {
        "_id", "id", "identifier", "installationId", "logAttributes", "metricAttributes", "ingestAttributes",
        "resyncState", "createdAt", "createdBy", "updatedAt", "updatedBy",
    }
)  # fmt: skip
"""Keys that are the portal's: ignored when a client sends the whole object back."""


@dataclass(frozen=True, slots=True)
class Integration:
    """A row of the registry."""

    id: str
    installation_id: str
    ingest_id: str
    document: dict[str, Any]
    resync_state: dict[str, Any]
    resync_requested_at: int | None
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str

    @property
    def destination(self) -> dict[str, Any] | None:
        """``changelogDestination``, unless it is the empty object of polling listeners."""
        return self.document.get("changelogDestination") or None

    def shown(self, base_url: str) -> dict[str, Any]:
        """As the wire shows it: what was written, verbatim, and the portal's own keys."""
        return {
            "title": None,
            "installationAppType": None,
            "version": None,
            "config": None,
            "changelogDestination": {},
            "actionsProcessingEnabled": False,
            "incrementalSyncEnabled": False,
            "arePortResourcesInitialized": False,
            "installationType": "OnPrem",
            **self.document,
            "_id": self.id,
            "identifier": self.installation_id,
            "installationId": self.installation_id,
            "resyncState": self.resync_state,
            "logAttributes": self._ingest(f"{base_url}/logs/integration/{self.ingest_id}"),
            "metricAttributes": {
                **self._ingest(f"{base_url}/metrics/integration/{self.ingest_id}"),
                DETAILS: True,
            },
            "ingestAttributes": self._ingest(f"{base_url}/ingest/{self.ingest_id}"),
            "createdAt": rfc3339(self.created_at),
            "updatedAt": rfc3339(self.updated_at),
            "createdBy": self.created_by,
            "updatedBy": self.updated_by,
        }

    def summary(self) -> dict[str, Any]:
        """Without configuration and addresses, for lists."""
        kept = ("title", "installationAppType", "version")
        return {
            "_id": self.id,
            "identifier": self.installation_id,
            "installationId": self.installation_id,
            **{key: self.document.get(key) for key in kept},
            "resyncState": self.resync_state,
            "updatedAt": rfc3339(self.updated_at),
        }

    def _ingest(self, url: str) -> dict[str, str]:
        return {"ingestUrl": url, "ingestId": self.ingest_id}

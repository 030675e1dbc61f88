"""The calls of the portal by which runs are taken (contract section 12.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairway.client import PortalClient
from fairway.integration.actions.model import Work
from fairway.kit.errors import Conflict
from fairway.wire.runs import RESERVED_USAGE

_CLAIM: Mapping[Work, str] = {"run": "/actions/runs/claim-pending", "node": "/workflows/runs/claim-pending"}
_LIST: Mapping[Work, str] = {"run": "runs", "node": "nodeRuns"}


@dataclass(frozen=True, slots=True)
class Held:
    """Identifiers of both kinds of work."""

    runs: Sequence[str]
    nodes: Sequence[str]

    def document(self) -> dict[str, Any]:
        """As heartbeat and release take them."""
        return {"runIds": list(self.runs), "nodeRunIdentifiers": list(self.nodes)}


class Claims:
    """Every method raises :class:`FairwayError` when the portal does not answer, or refuses."""

    def __init__(self, client: PortalClient, installation: str, visibility_ms: int) -> None:
        self._client = client
        self._installation = installation
        self._visibility_ms = visibility_ms
        self.keeps = False
        """Whether the portal has shown that claims can be waited for, kept and given back; only ours does."""

    async def claim(self, work: Work, limit: int, exclude: Sequence[str], wait_ms: int) -> list[Any]:
        """Documents of what is now ours for a while; waits for the first where the portal can."""
        body: dict[str, Any] = {
            "installationId": self._installation,
            "limit": limit,
            "visibilityTimeoutMs": self._visibility_ms,
        }
        if exclude:
            body["exclude"] = list(exclude)
        if self.keeps:
            body["waitMs"] = wait_ms
        answer = await self._client.request("POST", _CLAIM[work], body=body, headers=RESERVED_USAGE)
        self.keeps = self.keeps or isinstance(answer.get("fairway"), Mapping)
        found = answer.get(_LIST[work])
        return found if isinstance(found, list) else []

    async def acknowledge(self, work: Work, identifier: str) -> bool:
        """Whether it is ours for good; false when it is somebody else's, or has ended."""
        path = "/actions/runs/ack" if work == "run" else "/workflows/runs/ack"
        body = {"runId" if work == "run" else "nodeRunIdentifier": identifier}
        try:
            await self._client.request("PATCH", path, body=body, headers=RESERVED_USAGE)
        except Conflict:
            return False
        return True

    async def keep(self, held: Held) -> frozenset[str]:
        """Extends claims; those that are still ours."""
        body = {**held.document(), "visibilityTimeoutMs": self._visibility_ms}
        answer = await self._client.request("POST", "/fairway/runs/heartbeat", body=body, repeatable=True)
        return frozenset(answer.get("extended") or ())

    async def release(self, held: Held) -> None:
        """Gives back what was not begun."""
        await self._client.request("POST", "/fairway/runs/release", body=held.document(), repeatable=True)

"""What the portal is told about a run. Nothing of it ever fails a sync (contract sections 7.9 and 14)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fairway import __version__
from fairway.client import PortalClient
from fairway.client.api import segment
from fairway.integration.model import KindReport, State, SyncReport
from fairway.integration.portal_api.details import kind_details, run_details
from fairway.integration.portal_api.installation import Installation
from fairway.integration.portal_api.masking import Masking
from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger
from fairway.wire.sync_details import DETAILS, Quality

log = get_logger(__name__)

RUNTIME = "__runtime__"
RECONCILIATION = "__reconciliation__"
_EXAMPLES = 5
_PATIENCE_SECONDS = 10.0
"""A sink that takes longer is left alone: a report is not worth a run that stands still."""
_SHOWN: Mapping[State, str] = {State.WARNINGS: "completed"}
"""Portals know five states; what the warnings are is told by log lines."""


class Telemetry:
    """Metrics, heartbeats, examples and log lines; ``integration`` of the portal names the addresses."""

    def __init__(self, client: PortalClient, installation: Installation, masking: Masking) -> None:
        self._client = client
        self._installation = installation
        self._masking = masking
        self._metrics: str | None = None
        self._logs: str | None = None
        self._details = False
        self.quality: Quality | None = None
        """Where the integration stands on the quality scale, when that is known."""

    def learn(self, integration: Mapping[str, Any]) -> None:
        """Takes the addresses from an integration as the portal shows it."""
        self._metrics = _url(integration.get("metricAttributes")) or self._metrics
        self._logs = _url(integration.get("logAttributes")) or self._logs
        metrics = integration.get("metricAttributes")
        self._details = isinstance(metrics, Mapping) and metrics.get(DETAILS) is True

    async def pending(self, run: str, kinds: Sequence[KindReport]) -> None:
        """All kinds wait."""
        events = [self.event(run, each, State.PENDING) for each in kinds]
        await self._metric("POST", "/syncMetrics", {"syncKindsMetrics": events})

    @property
    def wants_details(self) -> bool:
        """Whether the portal takes more than the contract has."""
        return self._details

    async def run(self, run: str, state: State, report: SyncReport | None = None) -> None:
        """The whole run; with ``report`` when it has ended."""
        event = self._event(run, RUNTIME, state, {})
        if self._details:
            event[DETAILS] = self._masking.clean(run_details(state, report, self.quality))
        await self._metric("POST", "/syncMetrics", {"syncKindsMetrics": [event]})

    async def reconciling(self, run: str) -> None:
        """Its reconciliation begins."""
        event = self._event(run, RECONCILIATION, State.SYNCING, {})
        await self._metric("POST", "/syncMetrics", {"syncKindsMetrics": [event]})

    async def kind(self, run: str, report: KindReport) -> None:
        """One kind in its present state."""
        event = self.event(run, report, report.state)
        await self._put(run, report.resource.name, event)

    async def reconciled(self, run: str, state: State, deleted: int) -> None:
        """How the reconciliation ended."""
        metrics = {"delete": {"object_count_type": {"deleted": {"object_count": deleted}}}}
        await self._put(run, RECONCILIATION, self._event(run, RECONCILIATION, state, metrics))

    async def heartbeat(self, run: str) -> bool:
        """The run is alive (section 14.3); whether somebody asked the portal to end it."""
        answer = await self._metric("POST", "/heartbeat", {"eventId": run})
        return answer is not None and answer.get("abort") is True

    async def examples(self, kind: str, items: Sequence[Any]) -> None:
        """The first items of a kind, masked (section 14.4)."""
        path = f"/integration/{segment(self._installation.identifier)}/kinds/{segment(kind)}/examples"
        shown = [self._masking.clean(each) for each in items[:_EXAMPLES]]
        await self._tolerant("POST", path, {"examples": shown}, "examples")

    async def logs(self, lines: Sequence[Mapping[str, Any]]) -> bool:
        """Log lines; false when they did not arrive."""
        if self._logs is None:
            return False
        return await self._tolerant("POST", self._logs, {"logs": list(lines)}, "logs") is not None

    def event(self, run: str, report: KindReport, state: State) -> dict[str, Any]:
        """The metric event of a kind (section 14.1)."""
        counts = report.counts
        phases = {
            "extract": _counts(raw_extracted=counts.raw, failed=int(state is State.FAILED and not counts.failed)),
            "transform": _counts(
                transformed=counts.mapped, filtered_out=counts.filtered + counts.dropped, failed=counts.failed
            ),
            "load": _counts(loaded=counts.loaded, failed=counts.rejected, skipped=counts.unchanged),
            "delete": _counts(deleted=counts.deleted),
            "resync": {
                "duration_seconds": round(report.seconds, 3),
                "success": int(state in (State.COMPLETED, State.WARNINGS)),
            },
        }
        event = self._event(run, report.resource.name, state, phases)
        blueprint = report.resource.mappings[0].get("blueprint") if report.resource.mappings else None
        told = {DETAILS: self._masking.clean(kind_details(report, state))} if self._details else {}
        return {
            **event,
            "kind": report.resource.kind,
            "kindIndex": report.resource.index,
            "blueprint": blueprint,
            **told,
        }

    def _event(self, run: str, name: str, state: State, phases: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "integrationType": self._installation.type,
            "installationType": "OnPrem",
            "executionMode": "single_process",
            "integrationIdentifier": self._installation.identifier,
            "integrationVersion": self._installation.version,
            "oceanVersion": __version__,
            "kindIdentifier": name,
            "kind": name,
            "kindIndex": 0,
            "eventId": run,
            "syncState": _SHOWN.get(state, state.value),
            "metrics": {"phase": dict(phases)},
        }

    async def _put(self, run: str, name: str, event: Mapping[str, Any]) -> None:
        path = f"/syncMetrics/resync/{quote(run, safe='')}/kind/{quote(name, safe='')}"
        await self._metric("PUT", path, {"syncKindMetrics": event})

    async def _metric(self, method: str, path: str, body: Any) -> dict[str, Any] | None:
        return await self._tolerant(method, self._metrics + path, body, "metrics") if self._metrics else None

    async def _tolerant(self, method: str, path: str, body: Any, what: str) -> dict[str, Any] | None:
        """The answer; ``None`` when there is none."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await self._client.request(method, path, body=body, repeatable=True)
        except (FairwayError, TimeoutError) as error:
            log.warning("report_failed", what=what, error=str(error) or "no answer in time", local_only=True)
            return None


def _counts(**counts: int) -> dict[str, Any]:
    return {"object_count_type": {name: {"object_count": count} for name, count in counts.items()}}


def _url(attributes: Any) -> str | None:
    url = attributes.get("ingestUrl") if isinstance(attributes, Mapping) else None
    return url.rstrip("/") if isinstance(url, str) and url.startswith(("http://", "https://")) else None

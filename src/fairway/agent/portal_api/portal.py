"""The calls of the portal that an agent makes (contract 4, catalog API 7.6).

Additions of ours go only to a portal that has shown ``"fairway"`` in an answer; others refuse unknown fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from fairway.agent.portal_api.connection import Connection, Reply
from fairway.agent.portal_api.errors import PortalTrouble
from fairway.agent.portal_api.waiting import Allowance
from fairway.kit.logs import get_logger
from fairway.wire.runs import AGENT

Work = Literal["run", "node"]
_CLAIM: Mapping[Work, str] = {"run": "/actions/runs/claim-pending", "node": "/workflows/runs/claim-pending"}
_ACK: Mapping[Work, str] = {"run": "/actions/runs/ack", "node": "/workflows/runs/ack"}
_LISTS: Mapping[Work, str] = {"run": "runs", "node": "nodeRuns"}
MAX_REPORTS = 1000
"""Reports in one call."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """What is asked for."""

    limit: int
    visibility_ms: int
    exclude: Sequence[str] = ()
    wait_ms: int = 0


@dataclass(frozen=True, slots=True)
class Claimed:
    """What was given: documents of runs or node runs."""

    items: list[dict[str, Any]]
    allowance: Allowance | None


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids of both kinds of work."""

    runs: list[str] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """As heartbeat and release take them."""
        named = {"runIds": self.runs, "nodeRunIdentifiers": self.nodes}
        return {name: ids for name, ids in named.items() if ids}


class Portal:
    """One portal; every method raises :class:`PortalTrouble` when it is not done."""

    def __init__(self, connection: Connection, *, agent_id: str = "", labels: Mapping[str, str] | None = None) -> None:
        self.connection = connection
        self.fairway = False
        """Whether the portal understands our additions."""
        self._agent_id = agent_id
        self._labels = dict(labels or {})
        self._plain_extras: dict[Work, bool] = {"run": True, "node": True}

    async def claim(self, kind: Work, claim: Claim) -> Claimed:
        """Takes work that waits for agents."""
        body: dict[str, Any] = {"installationId": AGENT, "limit": claim.limit}
        if kind == "run":
            body["invocationMethod"] = "WEBHOOK"
        fairway = self.fairway
        try:
            reply = await self._claim(kind, {**body, **self._extras(kind, claim)}, claim.wait_ms if fairway else 0)
        except PortalTrouble as trouble:
            if fairway or trouble.answered not in (400, 422) or not self._plain_extras[kind]:
                raise
            log.info("portal_takes_no_lease", kind=kind, problem=trouble.message)
            self._plain_extras[kind] = False
            reply = await self._claim(kind, body, 0)
        shown = isinstance(reply.body.get("fairway"), dict)
        self.fairway = shown or (self.fairway and kind != "run")
        items = reply.body.get(_LISTS[kind])
        found = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        return Claimed(found, reply.allowance)

    async def _claim(self, kind: Work, body: dict[str, Any], wait_ms: int) -> Reply:
        return await self.connection.call("claim", "POST", _CLAIM[kind], body, wait=wait_ms / 1000, reserved=True)

    def _extras(self, kind: Work, claim: Claim) -> dict[str, Any]:
        extras: dict[str, Any] = {}
        if self.fairway or self._plain_extras[kind]:
            extras["visibilityTimeoutMs"] = claim.visibility_ms
            if claim.exclude:
                extras["exclude"] = list(claim.exclude)
        if self.fairway:
            extras |= {"waitMs": claim.wait_ms, "agentId": self._agent_id, "invocationMethods": ["WEBHOOK", "GITLAB"]}
            if self._labels:
                extras["labels"] = self._labels
        return extras

    async def ack_runs(self, ids: Sequence[str]) -> int:
        """How many of the runs this agent has from now on; 0 when others have them all."""
        try:
            reply = await self.connection.call("ack", "PATCH", _ACK["run"], {"runIds": list(ids)}, reserved=True)
        except PortalTrouble as trouble:
            if trouble.answered == 409:
                return 0
            raise
        count = reply.body.get("ackedCount")
        return count if isinstance(count, int) else len(ids)

    async def ack_node(self, node_id: str) -> bool:
        """Whether this agent has the node run from now on."""
        try:
            reply = await self.connection.call(
                "ack", "PATCH", _ACK["node"], {"nodeRunIdentifier": node_id}, reserved=True
            )
        except PortalTrouble as trouble:
            if trouble.answered == 409:
                return False
            raise
        return bool(reply.body.get("acked", True))

    async def run(self, run_id: str) -> dict[str, Any]:
        """The run's document."""
        reply = await self.connection.call("run", "GET", f"/actions/runs/{_segment(run_id)}")
        run = reply.body.get("run")
        return run if isinstance(run, dict) else {}

    async def log_run(self, run_id: str, message: str) -> None:
        """A line for the run's log."""
        await self.connection.call("log", "POST", f"/actions/runs/{_segment(run_id)}/logs", {"message": message})

    async def log_node(self, node_id: str, lines: list[dict[str, str]]) -> None:
        """Lines for the node run's log."""
        await self.connection.call("log", "POST", f"/workflows/nodes/runs/{_segment(node_id)}/logs", {"logs": lines})

    async def patch_run(self, run_id: str, body: Mapping[str, Any]) -> None:
        """Status, link, summary, external id."""
        await self.connection.call("status", "PATCH", f"/actions/runs/{_segment(run_id)}", dict(body))

    async def respond(self, run_id: str, response: Any) -> None:
        """The answer of a synchronized call."""
        path = f"/actions/runs/{_segment(run_id)}/response"
        await self.connection.call("response", "PATCH", path, {"response": response})

    async def patch_node(self, node_id: str, body: Mapping[str, Any]) -> None:
        """Result and output of a node run."""
        await self.connection.call("status", "PATCH", f"/workflows/nodes/runs/{_segment(node_id)}", dict(body))

    async def heartbeat(self, ids: Ids, visibility_ms: int) -> frozenset[str]:
        """Extends leases (ours); the ids whose lease still counts."""
        body = {**ids.document(), "agentId": self._agent_id, "visibilityTimeoutMs": visibility_ms}
        reply = await self.connection.call("heartbeat", "POST", "/fairway/runs/heartbeat", body)
        return frozenset(reply.body.get("extended") or ())

    async def release(self, ids: Ids) -> None:
        """Gives work back that was not begun (ours)."""
        await self.connection.call("release", "POST", "/fairway/runs/release", ids.document())

    async def report(self, reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Many reports in one call (ours); one result for each, in order."""
        reply = await self.connection.call("report", "POST", "/fairway/runs/reports", {"reports": reports})
        results = reply.body.get("results")
        if not isinstance(results, list) or len(results) != len(reports):
            raise PortalTrouble("The portal's answer does not fit the reports that it was sent", 502)
        return results

    async def announce(self, streamer_name: str) -> None:
        """Tells the portal how this organisation's agents get their work, unless it says so already: the flag is the
        organisation's, and changing it changes it for every agent."""
        known = await self._announced()
        if known != streamer_name:
            settings = {"settings": {"portAgentStreamerName": streamer_name}}
            await self.connection.call("organization", "PATCH", "/organization", settings)

    async def _announced(self) -> str | None:
        try:
            reply = await self.connection.call("organization", "GET", "/organization")
        except PortalTrouble as trouble:
            if trouble.passing:
                raise
            return None
        self._notice(reply)
        organization = reply.body.get("organization")
        settings = organization.get("settings") if isinstance(organization, dict) else None
        name = settings.get("portAgentStreamerName") if isinstance(settings, dict) else None
        return name if isinstance(name, str) else None

    async def kafka_credentials(self) -> dict[str, Any]:
        """``{brokers, username, password}``."""
        reply = await self.connection.call("kafka_credentials", "GET", "/kafka-credentials")
        self._notice(reply)
        credentials = reply.body.get("credentials")
        if not isinstance(credentials, dict):
            raise PortalTrouble("The portal's answer has no Kafka credentials", 502)
        return credentials

    def _notice(self, reply: Reply) -> None:
        self.fairway = self.fairway or isinstance(reply.body.get("fairway"), dict)


def _segment(identifier: str) -> str:
    return quote(identifier, safe="")

"""Who delivers a payload: the portal, an agent, an integration, or nobody (contract 6.6, 15.15)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fairway.kit.settings import Settings
from fairway.portal.runs.delivery.credentials import github_configured, gitlab_configured
from fairway.wire.runs import AGENT, AGENT_GITLAB

Streamer = Callable[[], Awaitable[str | None]]
"""``settings.portAgentStreamerName`` of the organisation: what its execution agent reads, ``KAFKA`` or ``POLLING``."""


@dataclass(frozen=True, slots=True)
class Route:
    """Exactly one of: claimable in a queue, delivered by the portal, or not deliverable."""

    queue: str | None = None
    push: bool = False
    problem: str | None = None


PUSH = Route(push=True)


class Routes:
    """Knows what this portal is connected to."""

    def __init__(self, settings: Settings, streamer: Streamer) -> None:
        self._settings = settings
        self._streamer = streamer

    async def of(self, payload: Mapping[str, Any], secrets: Mapping[str, str]) -> Route:
        """The way of a rendered payload that fits its type."""
        match payload["type"]:
            case "WEBHOOK":
                return await self._agent(AGENT) if payload["agent"] else PUSH
            case "GITLAB":
                direct = gitlab_configured(self._settings, secrets, payload["groupName"], payload["projectName"])
                return PUSH if direct else await self._agent(AGENT_GITLAB)
            case "INTEGRATION_ACTION":
                return Route(queue=payload["installationId"])
            case "KAFKA" if not self._settings.kafka_brokers:
                return Route(problem="This portal has no Kafka: the setting FAIRWAY_KAFKA_BROKERS is not set")
            case "GITHUB" if not github_configured(self._settings):
                return Route(
                    problem="This portal has no GitHub credentials: set FAIRWAY_GITHUB_TOKEN, "
                    "or FAIRWAY_GITHUB_APP_ID and FAIRWAY_GITHUB_APP_PRIVATE_KEY"
                )
        return PUSH

    def addressed(self, payload: dict[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
        """The payload with what an agent looks at: ``agent``, and a ``body`` that it copies and extends."""
        if payload["type"] == "WEBHOOK" and payload["agent"] and payload.get("body") is None:
            return {**payload, "body": {}}
        if payload["type"] == "GITLAB":
            direct = gitlab_configured(self._settings, secrets, payload.get("groupName"), payload.get("projectName"))
            return {**payload, "agent": not direct}
        return payload

    async def _agent(self, queue: str) -> Route:
        """An agent gets its work from one place, the one that it told the organisation."""
        if self._settings.kafka_brokers and await self._streamer() == "KAFKA":
            return PUSH
        return Route(queue=queue)

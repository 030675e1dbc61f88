"""A world of processes to be killed whose agents read Kafka."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import httpx

from support.fault_world import FaultWorld
from support.live import LivePortal


class Broker(Protocol):
    """A broker that can be struck."""

    address: str
    session_ms: int
    """Session time-out that suits it."""

    def strike(self) -> None:
        """Takes it away, and brings it back."""
        ...


class KafkaWorld(FaultWorld):
    """``settings`` are those of a portal with Kafka; the broker is the caller's."""

    def __init__(self, portal: LivePortal, broker: Broker, folder: Path, *, agents: int = 2) -> None:
        super().__init__(portal, folder, agents=agents)
        self.broker = broker
        self.org_id = ""
        self.strikes["broker"] = broker.strike

    def prepare(self, client: httpx.Client) -> None:
        """Agents of the organisation read Kafka."""
        told = client.patch("/v1/organization", json={"settings": {"portAgentStreamerName": "KAFKA"}})
        assert told.status_code == 200, told.text
        self.org_id = client.get("/v1/organization").json()["organization"]["id"]

    def environment(self, folder: Path) -> dict[str, str]:
        """One consumer group, and a body that names the run."""
        (folder / "mapping.json").write_text('[{"body": {"run": ".context.runId"}}]')
        return {
            "PORT_ORG_ID": self.org_id, "STREAMER_NAME": "KAFKA", "KAFKA_CONSUMER_GROUP_ID": f"{self.org_id}.agents",
            "KAFKA_CONSUMER_SESSION_TIMEOUT_MS": str(self.broker.session_ms),
        }  # fmt: skip

"""Words and shapes of runs that both ends of a delivery need (contract 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

RunStatus = Literal["IN_PROGRESS", "SUCCESS", "FAILURE", "WAITING_FOR_APPROVAL", "DECLINED"]
TERMINAL: frozenset[str] = frozenset({"SUCCESS", "FAILURE", "DECLINED"})
NodeStatus = Literal["IN_PROGRESS", "COMPLETED"]
NodeResult = Literal["SUCCESS", "FAILED", "CANCELLED"]

AGENT = "_PORT_EXEC_AGENT"
"""``installationId`` under which execution agents claim."""
AGENT_GITLAB = "_PORT_EXEC_AGENT:GITLAB"
"""Queue of GitLab pipelines that an agent triggers."""
RESERVED_USAGE = {"x-port-reserved-usage": "true"}
"""Header of claims and acknowledgements."""
IDEMPOTENCY_KEY = "Idempotency-Key"
"""Header with the run's id on every request that delivers it: a receiver that sees a key twice saw a retry."""
RUN_PREFIX = "r_"
NODE_RUN_PREFIX = "wfnr_"

DEFAULT_VISIBILITY_MS = 60_000
MAX_VISIBILITY_MS = 600_000


def runs_topic(org_id: str) -> str:
    """Kafka topic of run events."""
    return f"{org_id}.runs"


def change_log_topic(org_id: str) -> str:
    """Kafka topic of change-log events."""
    return f"{org_id}.change.log"


@dataclass(frozen=True, slots=True)
class RunEvent:
    """What a message about a run says (contract 7.9)."""

    run_id: str
    action: str
    """Identifier of the action."""
    operation: str
    """``CREATE``, ``DAY-2`` or ``DELETE``; automations say ``CREATE``."""
    trigger: Mapping[str, Any]
    invocation: Mapping[str, Any]
    """The rendered invocation method."""
    properties: Mapping[str, Any]
    entity: Mapping[str, Any] | None = None
    entity_identifier: str | None = None
    blueprint: str | None = None
    censored: Sequence[str] = ()
    """Names of encrypted inputs."""

    def message(self) -> dict[str, Any]:
        """The message, unsigned: ``headers`` is empty and in its place."""
        return {
            "action": self.operation,
            "resourceType": "run",
            "status": "TRIGGERED",
            "trigger": dict(self.trigger),
            "context": {"entity": self.entity_identifier, "blueprint": self.blueprint, "runId": self.run_id},
            "payload": {
                "entity": self.entity,
                "action": {
                    "identifier": self.action,
                    "invocationMethod": dict(self.invocation),
                    "trigger": self.operation,
                },
                "properties": dict(self.properties),
                "censoredProperties": list(self.censored),
            },
            "headers": {},
        }

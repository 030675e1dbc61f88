"""Words and shapes of runs that both ends of a delivery need (contract 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

RunStatus = Literal["IN_PROGRESS", "SUCCESS", "FAILURE", "WAITING_FOR_APPROVAL", "DECLINED"]
TERMINAL: frozenset[str] = frozenset({"SUCCESS", "FAILURE", "DECLINED"})
NodeStatus = Literal["IN_PROGRESS", "COMPLETED"]
NodeResult = Literal["SUCCESS", "FAILED", "CANCELLED"]

AGENT = "_PORT_EXEC_AGENT"
"""``installationId`` under which execution agents claim."""
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


def run_event(
    *,
    operation: str,
    trigger: Mapping[str, Any],
    entity: Mapping[str, Any] | None,
    entity_identifier: str | None,
    blueprint: str | None,
    run_id: str,
    action: str,
    invocation: Mapping[str, Any],
    properties: Mapping[str, Any],
    censored: list[str],
) -> dict[str, Any]:
    """The message of contract 7.9, unsigned."""
    return {
        "action": operation,
        "resourceType": "run",
        "status": "TRIGGERED",
        "trigger": dict(trigger),
        "context": {"entity": entity_identifier, "blueprint": blueprint, "runId": run_id},
        "payload": {
            "entity": entity,
            "action": {"identifier": action, "invocationMethod": dict(invocation), "trigger": operation},
            "properties": dict(properties),
            "censoredProperties": censored,
        },
        "headers": {},
    }

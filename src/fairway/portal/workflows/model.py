"""Workflows and their runs as this feature sees them (contract 7.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fairway.kit.clock import rfc3339
from fairway.wire.runs import NodeResult, NodeStatus

JsonObject = Mapping[str, Any]
RunResult = Literal["SUCCESS", "FAILED", "CANCELLED"]

RUN_PREFIX = "wfr_"
SELF_SERVE, EVENT, SCHEDULE = "SELF_SERVE_TRIGGER", "EVENT_TRIGGER", "SCHEDULE_TRIGGER"
WEBHOOK, KAFKA, INTEGRATION_ACTION, UPSERT_ENTITY = "WEBHOOK", "KAFKA", "INTEGRATION_ACTION", "UPSERT_ENTITY"
CONDITION, INPUT = "CONDITION", "INPUT"
TRIGGERS = (SELF_SERVE, EVENT, SCHEDULE)
ACTIONS = (WEBHOOK, KAFKA, INTEGRATION_ACTION, UPSERT_ENTITY)
REPORTED = (WEBHOOK, KAFKA, INTEGRATION_ACTION)
"""Executed by others, who report."""
BRANCHES = (CONDITION, INPUT)
NOT_OFFERED = ("AI", "AI_AGENT")
"""Stored and echoed; a run that comes to one fails and says why."""
TYPES = (*TRIGGERS, *ACTIONS, *BRANCHES, *NOT_OFFERED)


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a workflow."""

    identifier: str
    document: JsonObject

    @property
    def config(self) -> JsonObject:
        """What it does: ``type`` and the keys of that type."""
        found: JsonObject = self.document["config"]
        return found

    @property
    def type(self) -> str:
        """One of :data:`TYPES`."""
        return str(self.config["type"])

    @property
    def published(self) -> bool:
        """Of a trigger: whether it starts runs."""
        return self.config.get("published") is not False

    @property
    def goes_on(self) -> bool:
        """Whether a failure of it does not end the run."""
        return self.config.get("onFailure") == "continue"


@dataclass(frozen=True, slots=True)
class Connection:
    """An arrow between two nodes."""

    source: str
    target: str
    outlet: str | None
    """Of a CONDITION or INPUT: the branch that follows this arrow."""
    fallback: bool
    """Followed when no outlet of a CONDITION holds, or when the source failed."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """A stored definition, checked when it was saved."""

    id: str
    identifier: str
    document: JsonObject
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str

    def shown(self) -> dict[str, Any]:
        """As the wire shows it."""
        return {
            **self.document,
            "identifier": self.identifier,
            "id": self.id,
            "createdAt": rfc3339(self.created_at),
            "createdBy": self.created_by,
            "updatedAt": rfc3339(self.updated_at),
            "updatedBy": self.updated_by,
        }


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """A row of the workflow run table."""

    id: str
    number: int
    workflow: str
    definition: JsonObject
    """The workflow as it was when the run was made."""
    status: NodeStatus
    result: RunResult | None
    status_label: str | None
    summary: str
    trigger_node: str
    source: str
    inputs: JsonObject
    """As submitted; encrypted ones sealed."""
    blueprint: str | None
    entity: str | None
    context: str
    cause: str | None
    shared: bool
    """Everyone may see it."""
    depth: int
    parent: str | None
    created_by: str
    creator_email: str | None
    updated_by: str
    created_at: int
    updated_at: int
    ended_at: int | None

    @property
    def ended(self) -> bool:
        """Nothing of it changes any more."""
        return self.status == "COMPLETED"

    def shown(self) -> dict[str, Any]:
        """As the wire shows it."""
        return {
            "id": self.id,
            "workflow": {"identifier": self.workflow, "title": self.definition.get("title")},
            "status": self.status,
            "result": self.result,
            "statusLabel": _label(self.status_label),
            "summary": self.summary,
            "trigger": {"identifier": self.trigger_node},
            "source": self.source,
            "inputs": self.inputs,
            "blueprint": self.blueprint,
            "entity": self.entity,
            "createdBy": self.created_by,
            "updatedBy": self.updated_by,
            "createdAt": rfc3339(self.created_at),
            "updatedAt": rfc3339(self.updated_at),
            "endedAt": _instant(self.ended_at),
        }


@dataclass(frozen=True, slots=True)
class NodeRun:
    """A row of the node run table."""

    id: str
    number: int
    workflow_run: str
    workflow: str
    node: str
    type: str
    status: NodeStatus
    result: NodeResult | None
    status_label: str | None
    config: JsonObject | None
    secret: bool
    """What is delivered differs from ``config``."""
    output: Any
    responses: Sequence[JsonObject] | None
    outlet: str | None
    links: Sequence[str]
    external_run_id: str | None
    queue: str | None
    labels: JsonObject | None
    claimed_until: int
    claimed_by: str | None
    acked_at: int | None
    created_at: int
    updated_at: int
    ended_at: int | None

    @property
    def ended(self) -> bool:
        """Nothing of it changes any more, but labels and links."""
        return self.status == "COMPLETED"

    @property
    def uid(self) -> str:
        """``nodeUid``: the node of the definition, for ``exclude`` of claims."""
        return f"{self.workflow}:{self.node}"

    def shown(self, config: JsonObject | None = None) -> dict[str, Any]:
        """As the wire shows it; ``config`` stands in for the masked one."""
        found = self.config if config is None else config
        return {
            "identifier": self.id,
            "nodeUid": self.uid,
            "workflowRunIdentifier": self.workflow_run,
            "status": self.status,
            "result": self.result,
            "statusLabel": _label(self.status_label),
            "config": found,
            "node": {"identifier": self.node, "type": self.type, "config": found},
            "output": self.output,
            "selectedOutlet": self.outlet,
            "responses": self.responses,
            "links": list(self.links),
            "externalRunId": self.external_run_id,
            "claimedUntil": _instant(self.claimed_until or None),
            "pendingExecution": self.queue is not None and self.acked_at is None,
            "createdAt": rfc3339(self.created_at),
            "updatedAt": rfc3339(self.updated_at),
            "endedAt": _instant(self.ended_at),
        }


def nodes_of(document: JsonObject) -> dict[str, Node]:
    """The nodes of a definition by identifier, in their order."""
    return {each["identifier"]: Node(each["identifier"], each) for each in document["nodes"]}


def connections_of(document: JsonObject) -> list[Connection]:
    """The arrows of a definition, in their order."""
    return [
        Connection(each["sourceIdentifier"], each["targetIdentifier"], outlet_of(each), bool(each.get("fallback")))
        for each in document.get("connections") or ()
    ]


def outlet_of(connection: JsonObject) -> str | None:
    """The branch that an arrow leaves by; older definitions call it option."""
    return connection.get("sourceOutletIdentifier") or connection.get("sourceOptionIdentifier")


def outlets_of(config: JsonObject) -> Sequence[JsonObject]:
    """The branches of a CONDITION or INPUT; older definitions call them options."""
    return config.get("outlets") or config.get("options") or ()


def _label(text: str | None) -> dict[str, str] | None:
    return None if text is None else {"text": text}


def _instant(millis: int | None) -> str | None:
    return None if millis is None else rfc3339(millis)

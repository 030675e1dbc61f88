"""What errors of Kafka mean for the agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["none", "passing", "restart", "hopeless"]

_RESTART = frozenset(
    {
        "_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "ILLEGAL_SASL_STATE", "GROUP_AUTHORIZATION_FAILED",
        "TOPIC_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED", "INCONSISTENT_GROUP_PROTOCOL",
    }
)  # fmt: skip
"""A new consumer with new credentials may help."""
_HOPELESS = frozenset({"FENCED_INSTANCE_ID", "_FENCED", "UNSUPPORTED_SASL_MECHANISM", "INVALID_GROUP_ID"})
_QUIET = frozenset({"_PARTITION_EOF"})
_HINTS = {
    "GROUP_AUTHORIZATION_FAILED": "KAFKA_CONSUMER_GROUP_ID has to begin with the organisation id or be the issued user",
    "FENCED_INSTANCE_ID": "another replica has the same FAIRWAY_AGENT_MEMBER_ID",
    "_FENCED": "another replica has the same FAIRWAY_AGENT_MEMBER_ID",
    "INCONSISTENT_GROUP_PROTOCOL": "agents with another assignment strategy are still in the group; stop them first",
    "UNKNOWN_TOPIC_OR_PART": "the portal has not made the topic yet, or PORT_ORG_ID is wrong",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error, judged."""

    kind: Kind
    text: str


def judge(error: Any) -> Trouble:
    """What to do about a ``KafkaError``."""
    name = error.name()
    hint = _HINTS.get(name)
    text = f"Kafka: {error.str()} ({name})" + (f"; {hint}" if hint else "")
    if name in _QUIET:
        return Trouble("none", text)
    if name in _HOPELESS:
        return Trouble("hopeless", text)
    return Trouble("restart" if name in _RESTART or error.fatal() else "passing", text)

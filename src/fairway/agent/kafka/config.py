"""How the agent joins its consumer group."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fairway.kit.logs import get_logger

log = get_logger(__name__)

_CLIENT_ID = "port-agent"
"""As the original agent's (contract 5): quotas and access lists may name it."""
_STATEFUL = re.compile(r".+-\d+")


@dataclass(frozen=True, slots=True)
class KafkaCredentials:
    """Where the brokers are, and who we are there; without a user name there is no SASL login."""

    brokers: tuple[str, ...]
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """What the agent's settings say about Kafka; defaults are those of contract 3."""

    group_id: str
    runs_topic: str
    change_log_topic: str
    security_protocol: str = "plaintext"
    mechanism: str = "none"
    session_timeout_ms: int = 45_000
    auto_offset_reset: str = "earliest"
    member_id: str = ""
    """Static membership: a member that comes back under its name within the session time-out gets its partitions back
    at once. Empty: a dynamic member, whose partitions others get as soon as it stops."""
    assignment: str = "cooperative-sticky"
    max_held: int = 1000
    """Messages of both topics handed out and not finished; beyond, fetching pauses."""
    max_window: int = 10_000
    """Messages of a partition from the first unfinished one on; beyond, the partition pauses. They would be repeated
    after a crash."""
    revoke_seconds: float = 10.0
    """How long work on a partition may finish before somebody else gets it."""
    renew_seconds: float = 60.0
    """Without an answer of any broker for so long, credentials are asked for anew: brokers may have moved."""
    first_backoff_seconds: float = 1.0
    max_backoff_seconds: float = 30.0
    max_failure_seconds: float = 3600.0
    """Continuous failure after which the agent gives up."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Further properties of librdkafka."""

    @property
    def starts_at_end(self) -> bool:
        """Whether a new group reads only what is new."""
        return self.auto_offset_reset in ("latest", "largest", "end")

    @property
    def cooperative(self) -> bool:
        """Whether rebalances move single partitions."""
        return self.assignment.startswith("cooperative")


def stable_member_id(hostname: str) -> str:
    """The host name where it outlives a restart: that of a stateful set's pod, which ends in a number. Names of a
    deployment's pods are new each time, and a static member that never returns would hold its partitions for a whole
    session time-out; there it is empty."""
    return hostname if _STATEFUL.fullmatch(hostname) else ""


def consumer_config(
    settings: KafkaSettings, credentials: KafkaCredentials, callbacks: dict[str, Callable[..., None]]
) -> dict[str, Any]:
    """librdkafka's configuration."""
    config: dict[str, Any] = {
        "bootstrap.servers": ",".join(credentials.brokers),
        "client.id": _CLIENT_ID,
        "group.id": settings.group_id,
        "security.protocol": settings.security_protocol.lower(),
        "session.timeout.ms": settings.session_timeout_ms,
        "heartbeat.interval.ms": max(1, min(3000, settings.session_timeout_ms // 3)),
        "auto.offset.reset": settings.auto_offset_reset,
        "partition.assignment.strategy": settings.assignment,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "allow.auto.create.topics": False,
        "queued.min.messages": 1000,
        "queued.max.messages.kbytes": 8192,
        "fetch.queue.backoff.ms": 20,
        "socket.timeout.ms": 20_000,
        "statistics.interval.ms": 5000,
        "logger": _QuietLogger(),
        **callbacks,
    }
    if settings.member_id:
        config["group.instance.id"] = settings.member_id
    if settings.security_protocol.lower().startswith("sasl"):
        config |= {"sasl.username": credentials.username, "sasl.password": credentials.password}
        if settings.mechanism.lower() != "none":
            config["sasl.mechanism"] = settings.mechanism.upper()
    return config | settings.extra


class _QuietLogger:
    """librdkafka's lines through our own logs: it repeats each connection failure every second otherwise."""

    def log(self, level: int, pattern: str, *args: Any) -> None:
        log.debug("librdkafka", level=level, line=pattern % args if args else pattern)

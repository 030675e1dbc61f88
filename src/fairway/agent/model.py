"""What passes between the agent's rooms: an invocation comes in, a report goes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["run", "node", "changelog"]
Source = Literal["POLLING", "KAFKA"]


@dataclass(frozen=True, slots=True)
class Invocation:
    """One piece of work, as it was received."""

    kind: Kind
    id: str | None
    """``r_...`` or ``wfnr_...``; none for change-log events, which belong to no run."""
    message: Mapping[str, Any]
    """What mappings see as ``.``: the envelope of contract 7, rebuilt for claimed runs."""
    method: Mapping[str, Any]
    """``invocationMethod``, a node's ``config``, or ``changelogDestination``."""
    key: str
    """Invocations of one key are worked off in order: the entity of the action, else the run itself."""
    action: str = ""
    """Identifier of the action, for limits and metrics."""
    source: Source = "POLLING"
    received_at: float = 0.0
    """Monotonic seconds."""
    problem: str = ""
    """Why it must not be executed, such as a wrong signature; it then fails with this text, if a mapping applies."""
    signature: str = ""
    """Of the message that it came in, where that was signed: it comes once."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line for the run's log."""

    message: str
    level: Literal["INFO", "WARN", "ERROR", "DEBUG"] = "INFO"


@dataclass(frozen=True, slots=True)
class Report:
    """What became of an invocation."""

    invocation: Invocation
    status: Literal["SUCCESS", "FAILURE"] | None = None
    """None when the target is to report itself."""
    summary: str | None = None
    link: str | list[str] | None = None
    external_run_id: str | None = None
    response: Any = None
    """Body of a synchronized call's answer, parsed when it is JSON; none when there is nothing to report."""
    response_status: int | None = None
    logs: tuple[LogLine, ...] = field(default=())
    matched: bool = True
    """Whether a mapping applied: work of other agents is left alone."""
    dead: bool = False
    """Undeliverable after all retries: kept as a dead letter."""
    attempts: int = 0
    """Requests that were sent to the target."""

"""The bodies of claims, acknowledgements, heartbeats and releases (contract 7.6, and ours)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.portal.http.requests import optional
from fairway.portal.runs.claim_store import Wanted
from fairway.portal.runs.queue_repository import Terms, labels_text
from fairway.wire.runs import AGENT, AGENT_GITLAB, DEFAULT_VISIBILITY_MS, MAX_VISIBILITY_MS

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
MAX_WAIT_MS = 30_000
MAX_IDS = 5_000
_AGENT_QUEUES = {"WEBHOOK": AGENT, "GITLAB": AGENT_GITLAB}


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """What a claimer asks for."""

    queues: tuple[str, ...]
    limit: int = DEFAULT_LIMIT
    visibility_ms: int = DEFAULT_VISIBILITY_MS
    wait_ms: int = 0
    exclude: tuple[str, ...] = ()
    labels: str = "{}"
    agent: str | None = None

    def of(self, queue: str, limit: int) -> Wanted:
        """The claim on one of the queues."""
        return Wanted(Terms(queue, self.exclude, self.labels), limit, self.visibility_ms, self.agent)


@dataclass(frozen=True, slots=True)
class Held:
    """Runs that an agent has, or says it has."""

    runs: tuple[str, ...]
    node_runs: tuple[str, ...]
    agent: str | None
    visibility_ms: int


def parse_claim(body: dict[str, Any]) -> ClaimRequest:
    """The body of ``POST /v1/actions/runs/claim-pending``.

    Raises:
        InvalidRequest: a key has another type.
    """
    return ClaimRequest(
        _queues(body),
        _number(body, "limit", DEFAULT_LIMIT, MAX_LIMIT),
        _number(body, "visibilityTimeoutMs", DEFAULT_VISIBILITY_MS, MAX_VISIBILITY_MS),
        _number(body, "waitMs", 0, MAX_WAIT_MS, low=0),
        tuple(sorted(_texts(body, "exclude"))),
        labels_text(optional(body, "labels", dict)),
        optional(body, "agentId", str),
    )


def parse_acknowledgement(body: dict[str, Any]) -> tuple[tuple[str, ...], str | None]:
    """``runIds``, and ``runId`` of those who acknowledge one at a time.

    Raises:
        InvalidRequest: neither is there.
    """
    ids, single = _texts(body, "runIds"), optional(body, "runId", str)
    if single is None and "runIds" not in body:
        raise InvalidRequest('"runIds" (an array of run ids) or "runId" is required in the body')
    return ids, single


def parse_held(body: dict[str, Any]) -> Held:
    """The body of a heartbeat or a release.

    Raises:
        InvalidRequest: a key has another type, or there are too many ids.
    """
    return Held(
        _texts(body, "runIds"),
        _texts(body, "nodeRunIdentifiers"),
        optional(body, "agentId", str),
        _number(body, "visibilityTimeoutMs", DEFAULT_VISIBILITY_MS, MAX_VISIBILITY_MS),
    )


def _queues(body: dict[str, Any]) -> tuple[str, ...]:
    """An agent gets webhooks, unless it names what it can do; an integration has one queue."""
    installation = optional(body, "installationId", str) or AGENT
    if installation != AGENT:
        return (installation,)
    single = optional(body, "invocationMethod", str)
    methods = _texts(body, "invocationMethods") or (() if single is None else (single,)) or ("WEBHOOK",)
    return tuple(queue for method, queue in _AGENT_QUEUES.items() if method in methods)


def _number(body: dict[str, Any], key: str, default: int, high: int, *, low: int = 1) -> int:
    value = optional(body, key, (int, float))
    return default if value is None else int(max(low, min(high, value)))


def _texts(body: dict[str, Any], key: str) -> tuple[str, ...]:
    values = optional(body, key, list) or []
    if not all(isinstance(each, str) for each in values):
        raise InvalidRequest(f'"{key}" in the body must be an array of strings')
    if len(values) > MAX_IDS:
        raise InvalidRequest(f'"{key}" in the body has {len(values)} entries; at most {MAX_IDS} are taken at once')
    return tuple(dict.fromkeys(values))

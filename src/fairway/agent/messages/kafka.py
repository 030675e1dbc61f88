"""Invocations from Kafka (contract 5 and 7): run events, node runs and change-log events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from fairway.agent.messages.codec import read_json
from fairway.agent.messages.routing import foreign, mapping, order_key, type_of
from fairway.agent.messages.signature import without_signature
from fairway.agent.messages.skipped import Skipped
from fairway.agent.model import Invocation
from fairway.kit.errors import FairwayError
from fairway.wire.runs import NODE_RUN_PREFIX
from fairway.wire.signatures import SIGNATURE

MAX_BYTES = 8 * 1024 * 1024
"""Longest message that is read: the portal refuses bodies over 1 MiB, an event may hold several."""


class ChecksSignatures(Protocol):
    """What :class:`fairway.agent.messages.signature.SignatureCheck` does."""

    def problem(self, data: bytes, message: Mapping[str, Any]) -> str:
        """Why a message must not be trusted; empty when it may be."""
        ...


class MessageReader:
    """Turns the bytes of a message into an invocation, or says why there is none. Never raises for what it is given."""

    def __init__(self, signatures: ChecksSignatures, *, max_bytes: int = MAX_BYTES) -> None:
        self._signatures = signatures
        self._max_bytes = max_bytes

    def run(self, data: bytes | None, *, received_at: float = 0.0) -> Invocation | Skipped:
        """A message of the runs topic. Every one has to be signed, whatever keys it has; one that is not becomes an
        invocation with a ``problem``, so that its run ends."""
        message = self._read(data)
        if isinstance(message, Skipped):
            return message
        payload = mapping(message.get("payload"))
        action = mapping(payload.get("action"))
        method = mapping(action.get("invocationMethod"))
        reason = foreign(method)
        if reason:
            return Skipped(reason)
        context = mapping(message.get("context"))
        run_id = context.get("runId") if isinstance(context.get("runId"), str) else None
        identifier = action.get("identifier")
        problem = self._signatures.problem(data or b"", message)
        return Invocation(
            kind="changelog" if not run_id else "node" if run_id.startswith(NODE_RUN_PREFIX) else "run",
            id=run_id or None,
            message=without_signature(message, whole=type_of(method) == "GITLAB"),
            method=method,
            key=order_key(context.get("blueprint"), context.get("entity"), run_id or "runs"),
            action=identifier if isinstance(identifier, str) else "",
            source="KAFKA",
            received_at=received_at,
            problem=problem,
            signature="" if problem else str(mapping(message.get("headers")).get(SIGNATURE, "")),
        )

    def change(self, data: bytes | None, *, received_at: float = 0.0) -> Invocation | Skipped:
        """A message of the change-log topic. Those are not signed, and whatever run caused the change is not theirs."""
        message = self._read(data)
        if isinstance(message, Skipped):
            return message
        destination = mapping(message.get("changelogDestination"))
        reason = foreign(destination)
        if reason:
            return Skipped(reason)
        context = mapping(message.get("context"))
        blueprint = context.get("blueprint")
        otherwise = f"changelog:{blueprint if isinstance(blueprint, str) else ''}"
        return Invocation(
            kind="changelog",
            id=None,
            message=message,
            method=destination,
            key="changelog:" + order_key(blueprint, context.get("entity"), otherwise),
            source="KAFKA",
            received_at=received_at,
        )

    def _read(self, data: bytes | None) -> dict[str, Any] | Skipped:
        if data is None:
            return Skipped("it is a tombstone")
        try:
            message = read_json(data, max_bytes=self._max_bytes)
        except FairwayError as error:
            return Skipped(error.message, unreadable=True)
        return message if isinstance(message, dict) else Skipped("it is not a JSON object", unreadable=True)

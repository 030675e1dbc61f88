"""Dry runs: what would be done with a message, as a document for people and for ``fairway agent --explain``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairway.agent.mapping.evaluate import Verdict
from fairway.agent.messages.claimed import from_node_run, from_run
from fairway.agent.messages.codec import write_json
from fairway.agent.messages.kafka import MessageReader
from fairway.agent.messages.routing import mapping
from fairway.agent.messages.skipped import Skipped
from fairway.agent.model import Invocation, Report
from fairway.agent.target import Delivery
from fairway.kit.errors import InvalidRequest
from fairway.kit.http import Answer

SAMPLE = {"statusCode": 200, "headers": {"content-type": "application/json"}, "text": '{"id": 1}'}
"""The answer that a report is shown for when none is given."""


class _Unchecked:
    """A dry run sends nothing, so a message need not be signed."""

    def problem(self, data: bytes, message: Mapping[str, Any]) -> str:
        return ""


def sample_invocation(message: Any) -> Invocation:
    """The invocation that a message would become.

    Raises:
        InvalidRequest: it is no message of a known shape, or would be passed over.
    """
    if not isinstance(message, dict):
        raise InvalidRequest("A message has to be a JSON object: a claimed run, a claimed node run, or a Kafka event")
    reader = MessageReader(_Unchecked())
    payload = mapping(message.get("payload"))
    if "invocationMethod" in mapping(payload.get("action")):
        found = reader.run(write_json(message))
    elif "changelogDestination" in message:
        found = reader.change(write_json(message))
    elif "config" in message or "node" in message:
        found = from_node_run(message)
    elif payload:
        found = from_run(message)
    else:
        raise InvalidRequest(
            'The message is none that is known: it has neither "payload" (a run), "config" or "node" (a node run), nor '
            '"changelogDestination" (a change)'
        )
    if isinstance(found, Skipped):
        raise InvalidRequest(f"The agent would pass over this message: {found.reason}")
    return found


def describe(
    invocation: Invocation,
    verdicts: Sequence[Verdict],
    *,
    request: Any = None,
    report: Report | None = None,
    notes: Sequence[str] = (),
    problem: str = "",
) -> dict[str, Any]:
    """The document of a dry run."""
    return {
        "kind": invocation.kind,
        "id": invocation.id,
        "key": invocation.key,
        "matched": next((each.name for each in verdicts if each.matched), None),
        "mappings": [{"name": each.name, "matched": each.matched, "reason": each.reason} for each in verdicts],
        "problem": problem or invocation.problem or None,
        "notes": list(notes),
        "request": request,
        "report": None if report is None else _shown(report),
    }


def sample_delivery(response: Mapping[str, Any], headers: Mapping[str, str]) -> Delivery:
    """A target's answer that was made up.

    Raises:
        InvalidRequest: it is none: ``{statusCode, headers, text}``.
    """
    status, text = response.get("statusCode", 200), response.get("text", "")
    if "json" in response and "text" not in response:
        text = write_json(response["json"]).decode()
    if not isinstance(status, int) or not isinstance(text, str):
        raise InvalidRequest('A sample response needs "statusCode", a number, and "text" or "json"')
    found = {str(name).lower(): str(value) for name, value in mapping(response.get("headers")).items()}
    return Delivery(Answer(status, found, text.encode()), 1, headers)


def _shown(report: Report) -> dict[str, Any]:
    return {
        "status": report.status,
        "summary": report.summary,
        "link": report.link,
        "externalRunId": report.external_run_id,
        "response": report.response,
        "logs": [f"{line.level} {line.message}" for line in report.logs],
    }

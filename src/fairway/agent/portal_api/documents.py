"""What reports look like on the wire, in the plain dialect and in ours (contract 4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from fairway.agent.model import Report

MAX_BODY = 900_000
"""Bytes of a request; the portal refuses more than 1 MiB, and the rest of the request needs room."""
_LONGEST_TEXT = 16_384
_LONGEST_LOG = 65_536
_CUT = "... (cut)"
_BARE = 1_000


def clipped(text: str, most: int = _LONGEST_TEXT) -> str:
    """A text of bearable length."""
    return text if len(text) <= most else text[: most - len(_CUT)] + _CUT


def batch_document(report: Report, *, ack: bool) -> dict[str, Any]:
    """One item of a batch of reports: everything about one run."""
    invocation = report.invocation
    item: dict[str, Any] = {"runId" if invocation.kind == "run" else "nodeRunIdentifier": invocation.id}
    if ack:
        item["ack"] = True
    if report.logs:
        item["logs"] = log_lines(report)
    item |= status_document(report)
    if report.response is not None:
        item["response"] = report.response
        if invocation.kind == "node":
            item["responseStatus"] = report.response_status
    return item


def bare_document(report: Report, refusal: str) -> dict[str, Any]:
    """The report for a portal that refused a part of it: the run has to end all the same."""
    item = batch_document(replace(report, logs=(), response=None, link=None, external_run_id=None), ack=True)
    if item.get("summary"):
        item["summary"] = clipped(item["summary"], _BARE)
    text = f"The portal refused the whole report, so this is a part of it: {refusal}"
    return {**item, "logs": [{"level": "WARN", "message": clipped(text, _BARE)}]}


def status_document(report: Report) -> dict[str, Any]:
    """Body of ``PATCH /v1/actions/runs/{id}``: only what is known, in the types that the portal takes."""
    body: dict[str, Any] = {}
    if report.status is not None:
        body["status"] = report.status
    if report.link:
        body["link"] = report.link
    if report.summary:
        body["summary"] = clipped(report.summary)
    if report.external_run_id:
        body["externalRunId"] = report.external_run_id
    return body


def node_document(report: Report) -> dict[str, Any] | None:
    """Body of ``PATCH /v1/workflows/nodes/runs/{id}``; none when there is nothing to say."""
    body: dict[str, Any] = {}
    if report.status is not None:
        output = {"response": node_response(report)} if report.response is not None else {}
        body = {
            "status": "COMPLETED",
            "result": "SUCCESS" if report.status == "SUCCESS" else "FAILED",
            "output": output,
        }
    if report.external_run_id:
        body["externalRunId"] = report.external_run_id
    return body or None


def node_response(report: Report) -> dict[str, Any]:
    """The answer as later nodes of a workflow see it."""
    return {"status": report.response_status, "data": report.response}


def log_lines(report: Report) -> list[dict[str, str]]:
    """The lines with their levels."""
    return [{"level": line.level, "message": clipped(line.message)} for line in report.logs]


def log_text(report: Report) -> str:
    """All lines as one message: a call for each would cost more than the run."""
    return clipped("\n".join(line.message for line in report.logs), _LONGEST_LOG)


def encoded_size(document: Any) -> int:
    """Bytes on the wire."""
    return len(orjson.dumps(document))

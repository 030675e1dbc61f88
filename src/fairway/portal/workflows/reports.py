"""What agents, integrations and backends say of node runs (contract 7.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import InvalidRequest, NotFound
from fairway.portal.caller import Caller
from fairway.portal.http.requests import optional
from fairway.portal.storage import Database, Tx
from fairway.portal.workflows import logs
from fairway.portal.workflows import run_repository as repository
from fairway.portal.workflows.claims import require_machine
from fairway.portal.workflows.completion import Completion
from fairway.portal.workflows.model import REPORTED, NodeRun

_RESULTS = ("SUCCESS", "FAILED", "CANCELLED")
_FROM_REPORT: Mapping[str, str] = {"SUCCESS": "SUCCESS", "FAILURE": "FAILED"}


class NodeReports:
    """Reads, logs and reports of node runs."""

    def __init__(self, db: Database, clock: Clock, completion: Completion, max_lines: int) -> None:
        self._db = db
        self._clock = clock
        self._completion = completion
        self._max_lines = max_lines

    async def find(self, caller: Caller, external_id: str, limit: int) -> list[dict[str, Any]]:
        """Node runs that a backend knows by this identifier, newest first."""
        require_machine(caller)
        if not external_id:
            raise InvalidRequest('Query parameter "external_run_id" is required')
        return [
            each.shown() for each in await self._db.read(lambda tx: repository.by_external_id(tx, external_id, limit))
        ]

    async def get(self, caller: Caller, identifier: str) -> dict[str, Any]:
        """One node run.

        Raises:
            Forbidden: the caller is neither a machine nor an Admin.
            NotFound: there is none of that identifier.
        """
        require_machine(caller)
        return (await self._db.read(lambda tx: require_node_run(tx, identifier))).shown()

    async def patch(self, caller: Caller, identifier: str, body: dict[str, Any]) -> dict[str, Any]:
        """Changes a node run; ``status`` ``COMPLETED`` ends it and moves the run on. Once it has ended the same result
        may be reported again, and labels, links and the external id may still change.

        Raises:
            Forbidden: the caller is neither a machine nor an Admin.
            NotFound: there is none of that identifier.
            InvalidRequest: a key is malformed, or the node is none that anybody reports on.
            Conflict: it has ended otherwise.
        """
        require_machine(caller)
        changes = _changes(body)
        result = _result(body)

        async def current(tx: Tx) -> NodeRun:
            return await self._note_in(tx, await _reported(tx, identifier), changes)

        node = await self._db.write(current)
        if result is None:
            return node.shown()
        output = body.get("output") if "output" in body else node.output
        return (await self._completion.report(caller, node, result, output)).shown()

    async def log(self, caller: Caller, identifier: str, body: dict[str, Any]) -> None:
        """Appends log lines.

        Raises:
            Forbidden: the caller is neither a machine nor an Admin.
            NotFound: there is no such node run.
            InvalidRequest: they are malformed, or the log is full.
        """
        require_machine(caller)
        lines = logs.parse_lines(body)
        now = to_millis(self._clock.now())

        async def work(tx: Tx) -> None:
            await require_node_run(tx, identifier)
            if await logs.room_in(tx, identifier, self._max_lines) < len(lines):
                raise InvalidRequest(f'The log of node run "{identifier}" is full: it may have {self._max_lines} lines')
            await logs.write_in(tx, identifier, lines, caller, now)

        await self._db.write(work)

    async def logs(self, caller: Caller, identifier: str, limit: int, offset: int) -> list[dict[str, Any]]:
        """Log lines, oldest first.

        Raises:
            Forbidden: the caller is neither a machine nor an Admin.
            NotFound: there is no such node run.
        """
        require_machine(caller)

        async def work(tx: Tx) -> list[dict[str, Any]]:
            await require_node_run(tx, identifier)
            return await logs.page_in(tx, identifier, limit, offset)

        return await self._db.read(work)

    async def apply_report(self, caller: Caller, report: Mapping[str, Any]) -> None:
        """One report of an agent's batch: ``{nodeRunIdentifier, ack?, logs?, status?, summary?, link?, externalRunId?,
        statusLabel?, response?, responseStatus?}``.

        Raises:
            FairwayError: the report could not be applied; the message says why.
        """
        require_machine(caller)
        identifier = str(report.get("nodeRunIdentifier"))
        now = to_millis(self._clock.now())
        lines = logs.parse_lines({"logs": report.get("logs") or []})
        changes = _changes({**report, "links": report.get("link")})
        status = report.get("status")
        if status is not None and status not in _FROM_REPORT:
            raise InvalidRequest(f'"status" in the report must be one of {", ".join(_FROM_REPORT)}')

        async def work(tx: Tx) -> NodeRun:
            node = await _reported(tx, identifier)
            if report.get("ack"):  # once more when the answer to the report was lost
                await repository.acknowledge(tx, identifier, now)
            room = await logs.room_in(tx, identifier, self._max_lines)
            await logs.write_in(tx, identifier, lines[:room], caller, now)
            return await self._note_in(tx, node, changes)

        node = await self._db.write(work)
        if status is not None:
            await self._completion.report(caller, node, _FROM_REPORT[status], _output(report))

    async def _note_in(self, tx: Tx, node: NodeRun, changes: dict[str, Any]) -> NodeRun:
        if changes:
            await repository.update_node_run(tx, node.id, {**changes, "updated_at": to_millis(self._clock.now())})
        return await require_node_run(tx, node.id)


async def require_node_run(tx: Tx, identifier: str) -> NodeRun:
    """One node run.

    Raises:
        NotFound: there is none of that identifier.
    """
    found = await repository.find_node_run(tx, identifier)
    if found is None:
        raise NotFound(f'Node run "{identifier[:80]}" was not found')
    return found


async def _reported(tx: Tx, identifier: str) -> NodeRun:
    """A node run that somebody outside of the portal executes; people answer INPUT nodes, and nobody for them."""
    found = await require_node_run(tx, identifier)
    if found.type not in REPORTED:
        raise InvalidRequest(
            f'Node run "{identifier}" is of type {found.type}; reports are taken for {", ".join(REPORTED)}'
        )
    return found


def _result(body: dict[str, Any]) -> str | None:
    """The result that ends the node; none while it goes on."""
    status = body.get("status")
    if status not in (None, "IN_PROGRESS", "COMPLETED"):
        raise InvalidRequest('"status" in the body must be one of IN_PROGRESS, COMPLETED')
    result = body.get("result")
    if result is not None and result not in _RESULTS:
        raise InvalidRequest(f'"result" in the body must be one of {", ".join(_RESULTS)}')
    if status == "COMPLETED" and result is None:
        return "SUCCESS"
    return None if status == "IN_PROGRESS" else result


def _changes(body: Mapping[str, Any]) -> dict[str, Any]:
    """Columns for what may change at any time."""
    given = dict(body)
    changes: dict[str, Any] = {}
    links = optional(given, "links", (list, str))
    if links is not None:
        changes["links"] = [links] if isinstance(links, str) else [str(each) for each in links]
    external = optional(given, "externalRunId", str)
    if external is not None:
        changes["external_run_id"] = external
    label = optional(given, "statusLabel", (dict, str))
    if label is not None:
        changes["status_label"] = label if isinstance(label, str) else str(label.get("text") or "")
    return changes


def _output(report: Mapping[str, Any]) -> dict[str, Any]:
    output: dict[str, Any] = {}
    if report.get("response") is not None:
        output["response"] = {"status": report.get("responseStatus"), "data": report["response"]}
    if report.get("summary") is not None:
        output["summary"] = report["summary"]
    if report.get("status") == "FAILURE":
        output["error"] = {"message": report.get("summary") or "The agent reported a failure"}
    return output

"""Use cases of runs: start them, read them, report about them, end them (contract 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.kit.errors import Conflict
from fairway.portal.caller import Caller
from fairway.portal.runs import listing, log_repository
from fairway.portal.runs.changes import NewLine, Patch, parse_line, parse_patch, parse_response
from fairway.portal.runs.delivery.repository import take_letter
from fairway.portal.runs.documents import log_document, run_document
from fairway.portal.runs.listing import RunFilter
from fairway.portal.runs.model import NewRun, Run
from fairway.portal.runs.neighbours import Neighbours
from fairway.portal.runs.presence import Presence
from fairway.portal.runs.sight import Sight
from fairway.portal.runs.starting import Starter
from fairway.portal.runs.steps import RunSteps, Tools
from fairway.portal.runs.transitions import answered, logged, patched, reopened
from fairway.portal.storage import Tx

CANCELLED = "Cancelled"


class RunService(RunSteps):
    """What people, backends and other rooms do with runs. The steps of a run's life are inherited."""

    def __init__(self, tools: Tools, neighbours: Neighbours, sight: Sight, presence: Presence) -> None:
        super().__init__(tools)
        self._sight = sight
        self._presence = presence
        self._starter = Starter(tools, neighbours, self)

    async def start(
        self, caller: Caller, identifier: str, body: Mapping[str, Any], run_as: str | None
    ) -> dict[str, Any]:
        """Starts a self-service action and answers at once, whatever its backend does (contract 15.16).

        Raises:
            NotFound: the action, the entity or the user of ``run_as`` does not exist, as far as the caller may know.
            InvalidRequest: the action is an automation, or entity or inputs will not do.
            Forbidden: the caller may not run it, or may not run it for somebody else.
        """
        return run_document(await self._starter.start(caller, identifier, body, run_as))

    async def open(self, caller: Caller, new: NewRun) -> Run:
        """Begins a run that something else than a person asks for: at once, or once it is approved."""
        return await self._starter.open(caller, new)

    async def rerun(self, caller: Caller, run_id: str) -> dict[str, Any]:
        """A new run of the same action with the same inputs. Raises like :meth:`start`."""
        run = await self._tools.db.read(lambda tx: self._sight.require(tx, caller, run_id))
        return run_document(await self._starter.again(caller, run))

    async def all(self, caller: Caller, wanted: RunFilter) -> tuple[list[dict[str, Any]], str | None]:
        """The newest runs that fit and that the caller may see, and where the next page begins.

        Raises:
            InvalidRequest: the filter holds an unknown word.
        """
        wanted.check()

        async def work(tx: Tx) -> tuple[list[dict[str, Any]], str | None]:
            page = await listing.page(tx, self._sight, caller, wanted)
            return await self._shown(tx, page.runs), page.next

        return await self._tools.db.read(work)

    async def get(self, caller: Caller, run_id: str) -> dict[str, Any]:
        """One run.

        Raises:
            NotFound: there is none that the caller may see.
        """

        async def work(tx: Tx) -> dict[str, Any]:
            return (await self._shown(tx, [await self._sight.require(tx, caller, run_id)]))[0]

        return await self._tools.db.read(work)

    async def patch(self, caller: Caller, run_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Applies a report of the run's backend (contract 7.3).

        Raises:
            NotFound: there is none that the caller may see.
            Forbidden: the caller may not report about it.
            InvalidRequest: a key has another type, or the run has ended otherwise.
        """
        patch = parse_patch(body)
        return run_document(await self._tools.db.write(lambda tx: self._patch(tx, caller, run_id, patch)))

    async def respond(self, caller: Caller, run_id: str, body: dict[str, Any]) -> None:
        """Stores what the backend answered. Raises like :meth:`patch`."""
        response = parse_response(body)
        now = self._tools.now()

        async def work(tx: Tx) -> None:
            run = await self._sight.require_reporter(tx, caller, run_id)
            after = answered(run, response, caller.principal_id, now)
            await self._ledger.changed(tx, caller, [(run, after)], now)

        await self._tools.db.write(work)

    async def log(self, caller: Caller, run_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Appends a line to the log; one with ``terminationStatus`` ends the run (contract 7.4). Raises like
        :meth:`patch`."""
        line = parse_line(body)
        return await self._tools.db.write(lambda tx: self._log(tx, caller, run_id, line))

    async def logs(self, caller: Caller, run_id: str, limit: int, offset: int) -> list[dict[str, Any]]:
        """Lines of the log, oldest first.

        Raises:
            NotFound: there is no run that the caller may see.
        """

        async def work(tx: Tx) -> list[dict[str, Any]]:
            await self._sight.require(tx, caller, run_id)
            return [log_document(each) for each in await log_repository.page(tx, run_id, limit, offset)]

        return await self._tools.db.read(work)

    async def cancel(self, caller: Caller, run_id: str) -> dict[str, Any]:
        """Ends a run as failed, and says who did. What its backend has begun goes on.

        Raises:
            NotFound: there is none that the caller may see.
            Forbidden: the caller may not end it.
            Conflict: it has ended.
        """

        async def work(tx: Tx) -> Run:
            run = await self._sight.require_reporter(tx, caller, run_id)
            if run.terminal:
                raise Conflict(f'Run "{run_id}" has ended with {run.status}; there is nothing to cancel')
            line = NewLine(f"Cancelled by {caller.email or caller.principal_id}", "WARN")
            now = self._tools.now()
            await self._ledger.log(tx, caller.principal_id, {run_id: [line]}, now, limited=False)
            after, _ = patched(run, Patch("FAILURE", CANCELLED), caller.principal_id, now)
            await self._ledger.changed(tx, caller, [(run, after)], now)
            return after

        return run_document(await self._tools.db.write(work))

    async def redrive(self, caller: Caller, run_id: str) -> dict[str, Any]:
        """Hands a run over once more: one whose executor took it and was lost, or one that failed because it could not
        be delivered. The receiver sees the same idempotency key again.

        Raises:
            NotFound: there is none that the caller may see.
            Forbidden: the caller may not report about it.
            Conflict: it is not in an executor's hands, and did not fail on its way there.
        """
        return run_document(await self._tools.db.write(lambda tx: self._redrive(tx, caller, run_id)))

    async def _redrive(self, tx: Tx, caller: Caller, run_id: str) -> Run:
        run = await self._sight.require_reporter(tx, caller, run_id)
        undelivered = await take_letter(tx, run_id) and run.status == "FAILURE"
        if run.payload is None or not (undelivered or run.status == "IN_PROGRESS"):
            raise Conflict(f'Run "{run_id}" cannot be handed over again: it is {run.status}')
        if run.pending:
            raise Conflict(f'Run "{run_id}" waits to be claimed already')
        now = self._tools.now()
        line = NewLine(f"Handed over again by {caller.email or caller.principal_id}")
        await self._ledger.log(tx, caller.principal_id, {run_id: [line]}, now, limited=False)
        if undelivered:
            await self._ledger.changed(tx, caller, [(run, reopened(run, caller.principal_id, now))], now)
        await self._ledger.hand_over(tx, run, now)
        return await self.lock(tx, run_id)

    async def _patch(self, tx: Tx, caller: Caller, run_id: str, patch: Patch) -> Run:
        run = await self._sight.require_reporter(tx, caller, run_id)
        now = self._tools.now()
        after, lines = patched(run, patch, caller.principal_id, now)
        await self._ledger.log(tx, caller.principal_id, {run_id: lines}, now, limited=patch.status is None)
        await self._ledger.changed(tx, caller, [(run, after)], now)
        return after

    async def _log(self, tx: Tx, caller: Caller, run_id: str, line: NewLine) -> dict[str, Any]:
        moves = line.termination is not None or line.status_label is not None
        run = await self._sight.require_reporter(tx, caller, run_id, lock=moves)
        now = self._tools.now()
        after = logged(run, line, caller.principal_id, now)
        limited = line.termination is None
        (stored,) = await self._ledger.log(tx, caller.principal_id, {run_id: [line]}, now, limited=limited)
        await self._ledger.changed(tx, caller, [(run, after)], now)
        return log_document(stored)

    async def _shown(self, tx: Tx, runs: list[Run]) -> list[dict[str, Any]]:
        gone = await self._presence.deleted(tx, runs)
        return [run_document(run, each) for run, each in zip(runs, gone, strict=True)]

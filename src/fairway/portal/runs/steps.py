"""The steps of a run's life, for whoever takes them: people, automations, approvals, backends (contract 7.5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.kit.crypto import SecretBox
from fairway.kit.errors import FairwayError, NotFound
from fairway.portal.access.directory import Directory
from fairway.portal.caller import Caller, system_caller
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.people.documents import user_document
from fairway.portal.runs import repository
from fairway.portal.runs.changes import NewLine
from fairway.portal.runs.context import context_of, definition_of, fresh_run, trigger_of, with_rendered
from fairway.portal.runs.documents import run_document
from fairway.portal.runs.ledger import RunLedger
from fairway.portal.runs.model import Finish, NewRun, Run
from fairway.portal.runs.rendering.renderer import Rendered, Renderer
from fairway.portal.runs.rendering.sealing import open_context, seal_context
from fairway.portal.runs.transitions import decided, finished
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.jobs import Job, JobHandler, enqueue
from fairway.wire.runs import RunStatus

RENDER_JOB = "run.render"
UNDELIVERABLE = "Cannot be delivered"

_SHOWN_USER = ("id", "email", "firstName", "lastName", "providers", "status", "createdAt", "updatedAt")


@dataclass(frozen=True, slots=True)
class Tools:
    """What the steps are taken with."""

    db: Database
    clock: Clock
    box: SecretBox
    schemas: SchemaCache
    directory: Directory
    ledger: RunLedger
    renderer: Renderer
    org_id: str

    def now(self) -> int:
        """Milliseconds."""
        return to_millis(self.clock.now())

    @property
    def system(self) -> Caller:
        """The portal itself."""
        return system_caller(self.org_id)


class RunSteps:
    """Begins runs, moves them on and ends them."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._ledger = tools.ledger

    def document(self, run: Run) -> dict[str, Any]:
        """The run as answers and events show it (contract 7.2)."""
        return run_document(run)

    async def prepare(self, caller: Caller, new: NewRun) -> NewRun:
        """The new run with ``.trigger`` in full: the caller as the user routes show them."""
        if new.trigger is not None:
            return new
        user = await self._tools.db.read(lambda tx: self._user(tx, caller))
        return replace(new, trigger=trigger_of(caller, new.action, self._tools.now(), user))

    async def launch(self, caller: Caller, new: NewRun) -> Run:
        """Renders a run and begins it in one write. Approval is not asked for here."""
        new = await self.prepare(caller, new)
        assert new.trigger is not None
        context = context_of(new, new.trigger)
        renderer = self._tools.renderer
        rendered = await renderer.render(new.action.invocation, context, await renderer.secrets())
        return await self._tools.db.write(lambda tx: self.begin(tx, caller, new, rendered))

    async def begin(
        self, tx: Tx, caller: Caller, new: NewRun, rendered: Rendered | None, *, status: RunStatus = "IN_PROGRESS"
    ) -> Run:
        """Inserts a run with its event and lets it go to whoever executes it. Without ``rendered`` a run in progress is
        rendered in the background. A run that exists already is left as it is."""
        existing = await repository.find(tx, new.id)
        if existing is not None:
            return existing
        now = self._tools.now()
        run = await self._row(tx, caller, new, status, now)
        if rendered is not None:
            run = with_rendered(run, rendered)
        await self._ledger.created(tx, caller, run)
        if status != "IN_PROGRESS":
            return run
        return await self._send(tx, caller, run, rendered, now)

    async def log_in(
        self, tx: Tx, run_id: str, message: str, *, level: str = "INFO", label: str | None = None, by: Caller
    ) -> None:
        """Appends a line that the portal has to say."""
        line = NewLine(message, level, label)
        await self._ledger.log(tx, by.principal_id, {run_id: [line]}, self._tools.now(), limited=False)

    async def finish_in(self, tx: Tx, caller: Caller, run_id: str, finish: Finish) -> Run:
        """Applies what a backend says; a run that has ended stays as it is.

        Raises:
            NotFound: there is no such run.
        """
        run = await self.lock(tx, run_id)
        if run.terminal:
            return run
        now = self._tools.now()
        after = finished(run, finish, caller.principal_id, now)
        level = "ERROR" if finish.status == "FAILURE" else "INFO"
        lines = [NewLine(text, level) for text in finish.logs]
        await self._ledger.log(tx, caller.principal_id, {run_id: lines}, now, limited=False)
        await self._ledger.changed(tx, caller, [(run, after)], now)
        return after

    async def proceed_in(self, tx: Tx, caller: Caller, run_id: str, description: str | None = None) -> Run:
        """The run is approved: it goes on, rendered in the background.

        Raises:
            NotFound: there is no such run.
            Conflict: it does not wait for approval.
        """
        return await self._decide(tx, caller, run_id, "IN_PROGRESS", description)

    async def decline_in(self, tx: Tx, caller: Caller, run_id: str, description: str | None) -> Run:
        """The run is declined: it has ended. Raises like :meth:`proceed_in`."""
        return await self._decide(tx, caller, run_id, "DECLINED", description)

    async def lock(self, tx: Tx, run_id: str) -> Run:
        """A run that nobody else changes until the transaction ends.

        Raises:
            NotFound: there is no such run.
        """
        return found_run(run_id, await repository.find(tx, run_id, lock=True))

    @property
    def render_handler(self) -> JobHandler:
        """Renders runs that began without, such as those that were approved."""
        return JobHandler(RENDER_JOB, self._render, given_up=self._not_rendered)

    async def _decide(self, tx: Tx, caller: Caller, run_id: str, status: RunStatus, description: str | None) -> Run:
        run = await self.lock(tx, run_id)
        now = self._tools.now()
        after = decided(run, status, description, caller.principal_id, now)
        await self._ledger.changed(tx, caller, [(run, after)], now)
        return await self._send(tx, caller, after, None, now) if status == "IN_PROGRESS" else after

    async def _render(self, job: Job) -> None:
        run_id = str(job.payload["runId"])
        run = await self._tools.db.read(lambda tx: repository.find(tx, run_id))
        if run is None or run.status != "IN_PROGRESS" or run.payload is not None:
            return
        context = open_context(self._tools.box, run.id, run.context)
        renderer = self._tools.renderer
        rendered = await renderer.render(run.definition["invocationMethod"], context, await renderer.secrets())

        async def work(tx: Tx) -> None:
            found = await self.lock(tx, run_id)
            if found.status == "IN_PROGRESS" and found.payload is None:
                found = with_rendered(found, rendered)
                await repository.save_rendered(tx, found)
                await self._send(tx, self._tools.system, found, rendered, self._tools.now())

        await self._tools.db.write(work)

    async def _not_rendered(self, tx: Tx, job: Job, reason: str) -> None:
        """Rendering broke as often as it was tried; what broke may name secrets, and is in the log of the portal."""
        run_id = str(job.payload["runId"])
        if await repository.find(tx, run_id) is None:
            return
        text = "The invocation of this run could not be rendered; the log of the portal has the reason under its id"
        end = Finish("FAILURE", label=UNDELIVERABLE, summary=text, logs=(text,))
        await self.finish_in(tx, self._tools.system, run_id, end)

    async def _send(self, tx: Tx, caller: Caller, run: Run, rendered: Rendered | None, now: int) -> Run:
        """Onwards: to be rendered, to its executor, or, where nobody can execute it, to its end (contract 15.15)."""
        if rendered is None:
            await enqueue(tx, RENDER_JOB, run.id, {"runId": run.id}, now=now)
            return run
        if rendered.problem is not None:
            end = Finish("FAILURE", label=UNDELIVERABLE, summary=rendered.problem, logs=(rendered.problem,))
            return await self.finish_in(tx, caller, run.id, end)
        await self._ledger.hand_over(tx, run, now)
        return replace(run, pending=run.queue is not None)

    async def _row(self, tx: Tx, caller: Caller, new: NewRun, status: RunStatus, now: int) -> Run:
        name = new.blueprint or new.action.blueprint
        blueprint = (await self._tools.schemas.current(tx)).get(name) if name else None
        definition = definition_of(new.action, None if blueprint is None else blueprint.document, new.entity)
        trigger = new.trigger or trigger_of(caller, new.action, now, await self._user(tx, caller))
        context = seal_context(self._tools.box, new.id, context_of(new, trigger))
        (number,) = await tx.allocate_ids("run", 1)
        return fresh_run(
            new, number=number, caller=caller, definition=definition, context=context, status=status, now=now
        )

    async def _user(self, tx: Tx, caller: Caller) -> dict[str, Any] | None:
        """The caller as the user routes show them; none for credentials of the organisation."""
        if caller.kind not in ("user", "service_account"):
            return None
        records = await self._tools.directory.people(tx, [caller.principal_id])
        if not records:
            return None
        shown = user_document(records[0], self._tools.org_id)
        return {"phoneNumber": None, "picture": None, **{key: shown[key] for key in _SHOWN_USER}}


def found_run(run_id: str, run: Run | None) -> Run:
    """The run.

    Raises:
        NotFound: there is none.
    """
    if run is None:
        raise missing_run(run_id)
    return run


def missing_run(run_id: str) -> FairwayError:
    """The one answer for runs that do not exist and for those that the caller may not see."""
    return NotFound(f'Run with id "{run_id}" was not found')

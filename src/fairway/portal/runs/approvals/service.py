"""Asking for approval of runs, and deciding (contract 7.1, 7.5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.kit.errors import Conflict, Forbidden, InvalidRequest, NotFound
from fairway.portal.access.decisions import who
from fairway.portal.actions.access.model import Approver, Panel
from fairway.portal.actions.feature import Actions
from fairway.portal.caller import Caller, system_caller
from fairway.portal.http.requests import optional, require
from fairway.portal.runs import repository as runs
from fairway.portal.runs.approvals import repository, wording
from fairway.portal.runs.approvals.circle import may_approve_own, starters_of, votes_of
from fairway.portal.runs.approvals.expiry import enqueue_expiry
from fairway.portal.runs.approvals.lineage import Lineage, behind
from fairway.portal.runs.approvals.notifier import Notifier
from fairway.portal.runs.approvals.repository import Answer, Request
from fairway.portal.runs.approvals.steps import RunSteps
from fairway.portal.runs.approvals.tally import Standing, State, standing
from fairway.portal.runs.documents import run_document
from fairway.portal.runs.model import Finish, Run
from fairway.portal.storage import Database, Tx, outbox
from fairway.portal.storage.outbox import Change

_STATES: dict[str, State] = {"APPROVE": "APPROVED", "DECLINE": "DECLINED"}
MAX_DESCRIPTION = 4000


@dataclass(frozen=True, slots=True)
class _Said:
    """The body of a decision."""

    state: State
    description: str | None


@dataclass(frozen=True, slots=True)
class _Case:
    """A run that waits, what was asked, and what was said so far."""

    run: Run
    request: Request
    answers: list[Answer]

    def of(self, caller: Caller) -> Answer | None:
        """What the caller was asked."""
        email = (caller.email or caller.principal_id).lower()
        for each in self.answers:
            if each.user_id == caller.principal_id or (each.user_id is None and each.email.lower() == email):
                return each
        return None


class ApprovalService:
    """Approvals of runs."""

    def __init__(
        self, db: Database, clock: Clock, actions: Actions, notifier: Notifier, lineage: Lineage, org_id: str
    ) -> None:
        self._db = db
        self._clock = clock
        self._actions = actions
        self._notifier = notifier
        self._org_id = org_id
        self._system = system_caller(org_id)
        self._given: RunSteps | None = None
        self._lineages = [lineage]

    def trace(self, lineage: Lineage) -> None:
        """Adds runs of another kind that may start runs; only while the portal is built."""
        self._lineages.append(lineage)

    def use(self, steps: RunSteps) -> None:
        """Tells where decided runs go on; called once, when everything is wired."""
        self._given = steps
        self._notifier.use(steps)

    @property
    def _steps(self) -> RunSteps:
        assert self._given is not None, "use() was not called"
        return self._given

    async def open_in(self, tx: Tx, run: Run, panel: Panel) -> Run:
        """Asks everybody of ``panel``, in the transaction that made ``run`` (``WAITING_FOR_APPROVAL``). The run as it
        is afterwards: ended ``FAILURE`` when nobody could ever approve it."""
        now = self._now()
        required = run.required_approval or {}
        seconds = required.get("expiresInSeconds")
        starters = await behind(tx, self._lineages, run.id)
        request = Request(run.id, panel.rule, now + int(seconds) * 1000 if seconds else None, starters)
        panel = replace(panel, approvers=await self._others(tx, run, request, panel))
        await repository.insert(tx, request, panel.approvers, now)
        for problem in panel.problems:
            await self._log(tx, run.id, f"Of the approve permission: {problem}", "WARN")
        votes = await votes_of(tx, self._org_id, run, request, await repository.answers(tx, run.id))
        at = standing(required, votes)
        if at.verdict == "IMPOSSIBLE":
            reason = wording.impossible(panel, at)
            end = Finish("FAILURE", label=wording.NOBODY, summary=reason, logs=(reason,))
            return await self._steps.finish_in(tx, self._system, run.id, end)
        await self._log(tx, run.id, wording.asked(required, panel.approvers, request.expires_at))
        warning = wording.unknown_people(panel.approvers)
        if warning is not None:
            await self._log(tx, run.id, warning, "WARN")
        await self._notifier.ask_in(tx, run, panel.approvers, now)
        if request.expires_at is not None:
            await enqueue_expiry(tx, run.id, now, request.expires_at)
        return run

    async def _others(self, tx: Tx, run: Run, request: Request, panel: Panel) -> tuple[Approver, ...]:
        """Those of a panel who may approve this run: whoever started it is not asked."""
        if may_approve_own(run):
            return panel.approvers
        starters = await starters_of(tx, run, request)
        return tuple(each for each in panel.approvers if not starters.holds(each.user_id, each.email))

    async def decide(self, caller: Caller, run_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Takes ``{"status": "APPROVE" | "DECLINE", "description"?}`` of an approver; the run document.

        Raises:
            NotFound: no such run, or the caller may not see it.
            Forbidden: the caller is no approver, or started the run.
            Conflict: the run does not wait, or the caller has decided before.
            InvalidRequest: the body has another shape.
        """
        said = _parse(body)
        run = await self._db.write(partial(self._decide_in, caller=caller, run_id=run_id, said=said))
        return self._steps.document(run)

    async def approvers(self, caller: Caller, run_id: str, include_pending: bool) -> list[dict[str, Any]]:
        """Who was asked and what they said: ``[{userId, email, state, description}]``.

        Raises:
            NotFound: no such run, or the caller may not see it.
        """

        async def read(tx: Tx) -> list[Answer]:
            return (await self._case(tx, caller, run_id, lock=False))[1]

        answers = await self._db.read(read)
        return [_shown(each) for each in answers if include_pending or each.state != "PENDING"]

    async def _case(
        self, tx: Tx, caller: Caller, run_id: str, *, lock: bool
    ) -> tuple[Run, list[Answer], Request | None]:
        run = await runs.find(tx, run_id, lock=lock)
        if run is None:
            raise _missing(run_id)
        request = await repository.find_request(tx, run_id)
        answers = await repository.answers(tx, run_id)
        concerned = request is not None and bool(request.rule.grants(caller) or _Case(run, request, answers).of(caller))
        action = await self._actions.definitions.find(tx, run.action)
        if not self._actions.access.decide_see_run(caller, run, approver=concerned, action=action).allowed:
            raise _missing(run_id)
        return run, answers, request

    async def _decide_in(self, tx: Tx, *, caller: Caller, run_id: str, said: _Said) -> Run:
        run, answers, request = await self._case(tx, caller, run_id, lock=True)
        if run.status != "WAITING_FOR_APPROVAL" or request is None:
            raise Conflict(f'Run "{run_id}" does not wait for approval: it is {run.status}')
        now = self._now()
        if request.expires_at is not None and request.expires_at <= now:
            raise Conflict(f'The approval of run "{run_id}" expired at {rfc3339(request.expires_at)}')
        case = _Case(run, request, answers)
        grant = await self._permit(tx, caller, case, said)
        mine = case.of(caller)
        answer = Answer(
            mine.email if mine else caller.email or caller.principal_id,
            caller.principal_id, said.state, said.description, now,
        )  # fmt: skip
        await repository.decide(tx, run_id, answer)
        return await self._settle(tx, caller, replace_answer(case, answer), said, grant)

    async def _permit(self, tx: Tx, caller: Caller, case: _Case, said: _Said) -> str:
        """What makes the caller an approver of this run.

        Raises:
            Forbidden: nothing does, or the run is theirs.
            Conflict: they have decided before.
        """
        grant, mine = case.request.rule.grants(caller), case.of(caller)
        if grant is None:
            reason = "was asked, but is no longer an approver" if mine else "is not an approver"
            text = f'{who(caller)} {reason} of run "{case.run.id}"'
            raise Forbidden(text, details={"reason": text, "rule": "approve"})
        if mine is not None and mine.state != "PENDING":
            raise Conflict(f'{who(caller)} has already decided about run "{case.run.id}": {mine.state}')
        own = (await starters_of(tx, case.run, case.request)).holds(caller.principal_id, caller.email)
        if own and said.state == "APPROVED" and not may_approve_own(case.run):
            text = f'{who(caller)} started run "{case.run.id}"; somebody else has to approve it'
            raise Forbidden(text, details={"reason": text, "rule": "requiredApproval.allowSelfApproval"})
        return grant

    async def _settle(self, tx: Tx, caller: Caller, case: _Case, said: _Said, grant: str) -> Run:
        """Moves the run on when this decision was the last that it needed."""
        run = case.run
        votes = await votes_of(tx, self._org_id, run, case.request, case.answers)
        at = standing(run.required_approval or {}, votes)
        text = wording.decision(caller, said.state, grant, said.description, at)
        await self._steps.log_in(tx, run.id, text, by=caller)
        if at.verdict == "DECLINED":
            after = await self._steps.decline_in(tx, caller, run.id, said.description)
        elif at.verdict == "APPROVED":
            after = await self._steps.proceed_in(tx, caller, run.id, said.description)
        else:
            return await self._keep_waiting(tx, caller, run)
        await self._notifier.decided_in(tx, after, self._now())
        return after

    async def _keep_waiting(self, tx: Tx, caller: Caller, run: Run) -> Run:
        """One of several approvals is a change of the run, too (contract 6.5)."""
        now = self._now()
        after = replace(run, updated_by=caller.principal_id, updated_at=max(now, run.updated_at))
        await runs.save(tx, [after])
        before, document = run_document(run), run_document(after)
        context = {"action": run.action}
        change = Change("UPDATE", "run", run.id, before, document, run.blueprint, run.entity, run.id, context)
        await outbox.append(tx, caller, now, [change])
        return after

    async def recount_in(self, tx: Tx, run_id: str) -> Standing | None:
        """Moves a run on that waits only for people who can no longer decide; where it stands, if it waits."""
        run = await runs.find(tx, run_id, lock=True)
        request = await repository.find_request(tx, run_id)
        if run is None or request is None or run.status != "WAITING_FOR_APPROVAL":
            return None
        votes = await votes_of(tx, self._org_id, run, request, await repository.answers(tx, run_id))
        at = standing(run.required_approval or {}, votes)
        if at.verdict == "APPROVED":
            await self._log(tx, run_id, "Everybody who can still approve has approved")
            after = await self._steps.proceed_in(tx, self._system, run_id, None)
            await self._notifier.decided_in(tx, after, self._now())
        return at

    async def _log(self, tx: Tx, run_id: str, message: str, level: str = "INFO") -> None:
        await self._steps.log_in(tx, run_id, message, level=level, by=self._system)

    def _now(self) -> int:
        return to_millis(self._clock.now())


def replace_answer(case: _Case, answer: Answer) -> _Case:
    """The case with one more thing said."""
    others = [each for each in case.answers if each.email != answer.email]
    return _Case(case.run, case.request, [*others, answer])


def _parse(body: dict[str, Any]) -> _Said:
    status = require(body, "status", str)
    if status not in _STATES:
        raise InvalidRequest(f'"status" must be "APPROVE" or "DECLINE", not "{status[:50]}"')
    description = optional(body, "description", str)
    if description is not None and len(description) > MAX_DESCRIPTION:
        raise InvalidRequest(f'"description" may have {MAX_DESCRIPTION} characters')
    return _Said(_STATES[status], description)


def _shown(answer: Answer) -> dict[str, Any]:
    return {
        "userId": answer.user_id,
        "email": answer.email if answer.email != answer.user_id else None,
        "state": answer.state,
        "description": answer.description,
    }


def _missing(run_id: str) -> NotFound:
    return NotFound(f'Run with id "{run_id}" was not found')

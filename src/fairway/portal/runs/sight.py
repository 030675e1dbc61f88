"""Who may see a run, and who may report about it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select

from fairway.portal.access.decisions import Decision
from fairway.portal.actions.access.service import ActionAccess
from fairway.portal.actions.model import Action
from fairway.portal.actions.service import ActionService
from fairway.portal.caller import Caller
from fairway.portal.runs import repository
from fairway.portal.runs.model import Run
from fairway.portal.runs.steps import missing_run
from fairway.portal.runs.tables import run, run_approval
from fairway.portal.storage import Tx

_WAITING = "WAITING_FOR_APPROVAL"


class Sight:
    """Decisions about runs, inside a transaction."""

    def __init__(self, actions: ActionService, access: ActionAccess) -> None:
        self._actions = actions
        self._access = access

    async def require(self, tx: Tx, caller: Caller, run_id: str, *, lock: bool = False) -> Run:
        """A run that the caller may see.

        Raises:
            NotFound: there is none.
        """
        found = await repository.find(tx, run_id, lock=lock)
        if found is None or not await self.visible(tx, caller, [found]):
            raise missing_run(run_id)
        return found

    async def visible(self, tx: Tx, caller: Caller, runs: Sequence[Run]) -> list[Run]:
        """Those of the runs that the caller may see."""
        if caller.is_admin or not runs:
            return list(runs)
        ids = [each.id for each in runs]
        asked = await repository.asked_to_approve(tx, ids, caller.principal_id, caller.email)
        waiting = [each.id for each in runs if each.status == _WAITING and each.id not in asked]
        rules = await repository.approve_rules(tx, waiting)
        asked |= {run_id for run_id, rule in rules.items() if rule.grants(caller)}
        found = []
        for each in runs:
            action = await self._actions.find(tx, each.action)
            if self._access.decide_see_run(caller, each, approver=each.id in asked, action=action).allowed:
                found.append(each)
        return found

    async def candidates(self, tx: Tx, caller: Caller) -> ColumnElement[bool] | None:
        """:meth:`visible` in SQL, as far as it goes; none when the caller may see everything."""
        if caller.is_admin:
            return None
        hidden = [each.identifier for each in await self._actions.every(tx) if not self._shown(caller, each)]
        asked = run_approval.c.user_id == caller.principal_id
        if caller.email is not None:
            asked = asked | (run_approval.c.email == caller.email)
        return or_(
            run.c.created_by == caller.principal_id,
            run.c.impersonated_by == caller.principal_id,
            ~tx.any_of(run.c.action, hidden),
            run.c.id.in_(select(run_approval.c.run_id).where(asked)),
            run.c.status == _WAITING,
        )

    def _shown(self, caller: Caller, action: Action) -> bool:
        return self._access.decide_visible(caller, action).allowed

    async def require_reporter(self, tx: Tx, caller: Caller, run_id: str, *, lock: bool = True) -> Run:
        """A run about which the caller may report: change its state, write its log.

        Raises:
            NotFound: there is none that the caller may see.
            Forbidden: the caller may see it and no more.
        """
        found = await self.require(tx, caller, run_id, lock=lock)
        await self.enforce_reporter(tx, caller, found)
        return found

    async def enforce_reporter(self, tx: Tx, caller: Caller, subject: Run) -> None:
        """Does nothing for who may report about a run.

        Raises:
            Forbidden: the caller may not.
        """
        self.decide_report(caller, subject, await self._actions.find(tx, subject.action)).enforce()

    def decide_report(self, caller: Caller, subject: Run, action: Action | None) -> Decision:
        """Whether the caller may report about a run: Admins, credentials of the organisation (which is what backends
        and integrations have), service accounts that may run the action, and who started it."""
        if caller.is_admin or caller.kind in ("app", "system"):
            return Decision(True, "Admins and credentials of the organisation report about runs", "admin")
        if caller.principal_id in (subject.created_by, subject.impersonated_by):
            return Decision(True, "Who started a run may report about it", "creator")
        if caller.kind == "service_account" and action is not None:
            visible = self._access.decide_visible(caller, action)
            if visible.allowed:
                return visible
        who = caller.email or caller.principal_id
        return Decision(False, f'{who} may not change run "{subject.id}"; it belongs to who started it', "none")

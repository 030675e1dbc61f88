"""Decisions about actions that need nothing but the caller and the definition (contract 6.8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from fairway.portal.access.decisions import Decision, granted, needs, who
from fairway.portal.actions.model import Action
from fairway.portal.caller import Caller

Document = Mapping[str, Any]

ADMIN = Decision(True, "Admins may do everything", "admin")


class RunFacts(Protocol):
    """What of a run decides who may see it; :class:`fairway.portal.runs.model.Run` has it."""

    @property
    def created_by(self) -> str: ...
    @property
    def impersonated_by(self) -> str | None: ...
    @property
    def definition(self) -> Document: ...


def execute_block(action: Action) -> Document:
    """The ``execute`` permission."""
    return action.permissions.get("execute") or {}


def decide_by_grants(caller: Caller, action: Action, owner_teams: Collection[str]) -> Decision:
    """Users, roles, teams and owners: whether they let the caller run the action, when it has no policy."""
    block = execute_block(action)
    grant = granted(caller, block, "execute", owner_teams)
    if grant is not None:
        return grant
    return Decision(False, f'{who(caller)} may not run the action "{action.identifier}"; {needs(block)}', "none")


def decide_visible(caller: Caller, action: Action, owner_teams: Collection[str] = ()) -> Decision:
    """Whether the caller is offered the action; without ``owner_teams`` on any entity at all."""
    if caller.is_admin:
        return ADMIN
    block = execute_block(action)
    grant = granted(caller, block, "execute", owner_teams)
    if grant is not None:
        return grant
    if block.get("ownedByTeam") and not owner_teams and caller.teams:
        return Decision(True, "The caller's teams may run it on what they own", "execute.ownedByTeam")
    return Decision(False, f'{who(caller)} does not see the action "{action.identifier}"; {needs(block)}', "none")


def decide_see_run(caller: Caller, run: RunFacts, *, approver: bool, action: Action | None) -> Decision:
    """See :meth:`ActionAccess.decide_see_run`."""
    if caller.is_admin:
        return ADMIN
    if caller.principal_id in (run.created_by, run.impersonated_by):
        return Decision(True, "Who started a run may see it", "creator")
    if approver:
        return Decision(True, "Who is asked to approve a run may see it", "approver")
    if run.definition.get("allowAnyoneToViewRuns") is False:
        reason = f"{who(caller)} did not start this run; others see the runs of this action only to approve them"
        return Decision(False, reason, "allowAnyoneToViewRuns")
    if action is not None:
        visible = decide_visible(caller, action)
        if not visible.allowed:
            return visible
    return Decision(True, "Everybody who sees the action may see its runs", "allowAnyoneToViewRuns")

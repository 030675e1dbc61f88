"""Who may see, run and approve an action, and why (contract 6.8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from fairway.portal.access.decisions import Decision
from fairway.portal.actions.access.model import Panel
from fairway.portal.actions.model import Action
from fairway.portal.caller import Caller

Document = Mapping[str, Any]


class RunFacts(Protocol):
    """What of a run decides who may see it; :class:`fairway.portal.runs.model.Run` has it."""

    @property
    def created_by(self) -> str: ...
    @property
    def creator_email(self) -> str | None: ...
    @property
    def impersonated_by(self) -> str | None: ...
    @property
    def definition(self) -> Document: ...


class ActionAccess:
    """Decisions about actions. Each has its reason."""

    async def decide_execute(
        self, caller: Caller, action: Action, entity: Document | None, inputs: Document
    ) -> Decision:
        """Whether the caller may run ``action``, on ``entity`` (its document) when there is one."""
        raise NotImplementedError

    def decide_visible(self, caller: Caller, action: Action, owner_teams: Collection[str] = ()) -> Decision:
        """Whether the caller is offered the action; without ``owner_teams`` on any entity at all."""
        raise NotImplementedError

    def decide_see_run(
        self, caller: Caller, run: RunFacts, *, approver: bool = False, action: Action | None = None
    ) -> Decision:
        """Whether the caller may see a run. ``approver``: the caller was asked to approve it. ``action``: the
        definition as it is now, if it still exists: who may not see it sees no runs of it either."""
        raise NotImplementedError

    async def approvers(self, action: Action, entity: Document | None, inputs: Document, creator: Caller) -> Panel:
        """Everybody who is asked when ``creator`` runs ``action``: for :meth:`ApprovalService.open_in`."""
        raise NotImplementedError

"""Asking for approval of runs, and deciding (contract 7.1, 7.5)."""

from __future__ import annotations

from typing import Any

from fairway.portal.actions.access.model import Panel
from fairway.portal.caller import Caller
from fairway.portal.runs.approvals.steps import RunSteps
from fairway.portal.runs.model import Run
from fairway.portal.storage.tx import Tx


class ApprovalService:
    """Approvals of runs."""

    def use(self, steps: RunSteps) -> None:
        """Tells where decided runs go on; called once, when everything is wired."""
        raise NotImplementedError

    async def open_in(self, tx: Tx, run: Run, panel: Panel) -> Run:
        """Asks everybody of ``panel``, in the transaction that made ``run`` (``WAITING_FOR_APPROVAL``). The run as it
        is afterwards: ended ``FAILURE`` when nobody could ever approve it."""
        raise NotImplementedError

    async def decide(self, caller: Caller, run_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Takes ``{"status": "APPROVE" | "DECLINE", "description"?}`` of an approver; the run document.

        Raises:
            NotFound: no such run, or the caller may not see it.
            Forbidden: the caller is no approver, or started the run.
            Conflict: the run does not wait, or the caller has decided before.
            InvalidRequest: the body has another shape.
        """
        raise NotImplementedError

    async def approvers(self, caller: Caller, run_id: str, include_pending: bool) -> list[dict[str, Any]]:
        """Who was asked and what they said: ``[{userId, email, state, description}]``.

        Raises:
            NotFound: no such run, or the caller may not see it.
        """
        raise NotImplementedError

"""What approvals need of runs: the steps that follow a decision."""

from __future__ import annotations

from typing import Any, Protocol

from fairway.portal.caller import Caller
from fairway.portal.runs.model import Finish, Run
from fairway.portal.storage.tx import Tx


class RunSteps(Protocol):
    """Done by the run service, in the transaction of the decision."""

    async def proceed_in(self, tx: Tx, caller: Caller, run_id: str, description: str | None = None) -> Run:
        """``IN_PROGRESS`` and delivery."""
        ...

    async def decline_in(self, tx: Tx, caller: Caller, run_id: str, description: str | None) -> Run:
        """``DECLINED``."""
        ...

    async def finish_in(self, tx: Tx, caller: Caller, run_id: str, finish: Finish) -> Run:
        """Ends the run; does nothing when it has ended."""
        ...

    async def log_in(
        self, tx: Tx, run_id: str, message: str, *, level: str = "INFO", label: str | None = None, by: Caller
    ) -> object:
        """Appends a log line."""
        ...

    def document(self, run: Run) -> dict[str, Any]:
        """The run as answers show it (contract 7.2)."""
        ...

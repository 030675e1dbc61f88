"""What deliveries need of the service of runs."""

from __future__ import annotations

from typing import Protocol

from fairway.portal.caller import Caller
from fairway.portal.runs.model import Finish, Run
from fairway.portal.storage import Tx


class RunReports(Protocol):
    """How outcomes get into runs."""

    async def finish_in(self, tx: Tx, caller: Caller, run_id: str, finish: Finish) -> Run:
        """Applies an outcome; a run that has ended stays as it is."""
        ...

    async def log_in(
        self, tx: Tx, run_id: str, message: str, *, level: str = "INFO", label: str | None = None, by: Caller
    ) -> None:
        """Appends a line to the run's log."""
        ...

"""What authors write for actions (contract section 12.4)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from fairway.integration.actions.model import ActionRun
from fairway.integration.definition import Context
from fairway.kit.errors import FairwayError

if TYPE_CHECKING:
    from fairway.integration.actions.reports import Runs
    from fairway.integration.live import Processor


class ExecutionFailed(FairwayError):
    """The run fails with this message; ``label`` is what its status is called."""

    status = 502
    code = "execution_failed"

    def __init__(self, message: str, *, label: str = "Execution failed") -> None:
        super().__init__(message)
        self.label = label


class Executor(ABC):
    """Carries out one action. One is made for the life of the process, so it keeps nothing of single runs.

    ``runs`` is how it reports. A success is its own to report, at once or when the third party tells of it: by an event
    that ``webhook`` takes at ``/integration/{webhook_path}``. What it raises is reported as a failure.
    """

    name: ClassVar[str]
    """As in ``actions`` of the specification, and in the action's ``integrationActionType``."""
    resumable: ClassVar[bool] = False
    """A run that a crash interrupted is executed again, with ``run.resumed``; otherwise it is reported as failed."""
    webhook: ClassVar[type[Processor] | None] = None
    webhook_path: ClassVar[str] = ""

    def __init__(self, context: Context, runs: Runs) -> None:
        self.context = context
        self.runs = runs

    @abstractmethod
    async def execute(self, run: ActionRun) -> None:
        """Carries it out."""

    async def partition_key(self, run: ActionRun) -> str | None:
        """Runs of one key are executed one after the other, in their order; ``None``: beside all others."""
        return None

    async def is_close_to_rate_limit(self, run: ActionRun) -> bool:
        """Whether the run has to wait for the third party's rate limit."""
        return False

    async def get_remaining_seconds_until_rate_limit(self, run: ActionRun) -> float:
        """For how long."""
        return 0.0

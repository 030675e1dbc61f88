"""What jobs of workflows are done with."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.kit.clock import Clock, to_millis
from fairway.kit.crypto import SecretBox
from fairway.portal.caller import Caller
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.jobs import Job
from fairway.portal.workflows import run_repository as repository
from fairway.portal.workflows.completion import Completion
from fairway.portal.workflows.context import NodeContext, load_in
from fairway.portal.workflows.engine import Engine, Outcome

BROKEN = "Something broke in the portal; its log has it under the node run's id"


@dataclass(frozen=True, slots=True)
class Tools:
    """The database, the state machine and who acts."""

    db: Database
    clock: Clock
    box: SecretBox
    engine: Engine
    completion: Completion
    system: Caller

    def now(self) -> int:
        """Milliseconds."""
        return to_millis(self.clock.now())

    async def load(self, node_run_id: str) -> NodeContext | None:
        """The context of a node run; none when it is gone."""
        return await self.db.read(lambda tx: load_in(tx, self.box, node_run_id))

    async def fail(self, context: NodeContext, message: str, label: str | None = None) -> None:
        """Ends a node that the portal cannot execute."""
        await self.completion.finish(self.system, context.node, failure(message, label))

    async def fail_in(self, tx: Tx, node_run_id: str, message: str, label: str | None = None) -> None:
        """:meth:`fail` as a part of a transaction."""
        node = await repository.find_node_run(tx, node_run_id)
        if node is not None:
            await self.engine.complete_in(tx, self.system, node, failure(message, label))

    async def give_up_in(self, tx: Tx, job: Job, reason: str) -> None:
        """The job of a node run is dead, and so is the node. Why is in the log of the portal alone: it may quote
        secrets."""
        await self.fail_in(tx, str(job.payload["nodeRun"]), f"Given up after {job.attempts} attempts. {BROKEN}")


def failure(message: str, label: str | None = None) -> Outcome:
    """The end of a node that failed for a reason."""
    return Outcome("FAILED", {"error": {"message": message}}, label=label, logs=(("ERROR", message),))

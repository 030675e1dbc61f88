"""What jobs of workflows are done with."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.kit.clock import Clock, to_millis
from fairway.kit.crypto import SecretBox
from fairway.portal.caller import Caller
from fairway.portal.storage import Database
from fairway.portal.workflows.completion import Completion
from fairway.portal.workflows.context import NodeContext, load_in
from fairway.portal.workflows.engine import Engine, Outcome


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


def failure(message: str, label: str | None = None) -> Outcome:
    """The end of a node that failed for a reason."""
    return Outcome("FAILED", {"error": {"message": message}}, label=label, logs=(("ERROR", message),))

"""The end of a node: its output is reshaped by ``variables``, then the run moves on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from fairway.jq import Engine as Jq
from fairway.jq import Templates
from fairway.kit.crypto import SecretBox
from fairway.kit.errors import Conflict
from fairway.portal.caller import Caller
from fairway.portal.storage import Database, Tx
from fairway.portal.workflows.context import load_in
from fairway.portal.workflows.engine import Engine, Outcome
from fairway.portal.workflows.model import NodeRun, nodes_of
from fairway.wire.runs import NodeResult


class Completion:
    """Ends nodes."""

    def __init__(self, db: Database, box: SecretBox, jq: Jq, engine: Engine) -> None:
        self._db = db
        self._box = box
        self._templates = Templates(jq)
        self._engine = engine

    async def report(self, caller: Caller, node: NodeRun, result: str, output: Any) -> NodeRun:
        """Ends a node as a backend says; the same result may be said again.

        Raises:
            Conflict: it has ended with another result.
        """
        ended = await self.finish(caller, node, Outcome(cast(NodeResult, result), output))
        if ended.result != result:
            raise Conflict(f'Node run "{node.id}" has ended with {ended.result}; it cannot become {result}')
        return ended

    async def finish(self, caller: Caller, node: NodeRun, outcome: Outcome) -> NodeRun:
        """Ends a node unless it has ended, and starts what comes next."""
        outcome = replace(outcome, output=await self._reshaped(node, outcome))

        async def work(tx: Tx) -> NodeRun:
            return await self._engine.complete_in(tx, caller, node, outcome)

        return await self._db.write(work)

    async def _reshaped(self, node: NodeRun, outcome: Outcome) -> Any:
        """``variables`` replace the output of a node that succeeded. They see no secrets: outputs are shown."""
        context = await self._db.read(lambda tx: load_in(tx, self._box, node.id))
        if context is None or outcome.result != "SUCCESS":
            return outcome.output
        variables = nodes_of(context.run.definition)[node.node].document.get("variables")
        if not variables:
            return outcome.output
        document = {**context.document({}), "result": outcome.output}
        return await self._templates.render(variables, document)

"""Who may see, run and approve an action, and why (contract 6.8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from fairway.jq import Engine
from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.portal.access.decisions import Decision, who
from fairway.portal.access.directory import Directory
from fairway.portal.actions.access import decide
from fairway.portal.actions.access.decide import ADMIN, RunFacts, execute_block
from fairway.portal.actions.access.model import Panel
from fairway.portal.actions.access.panel import PanelFinder
from fairway.portal.actions.access.policy import SECONDS, Outcome, Policies
from fairway.portal.actions.access.queries import PolicyQueries
from fairway.portal.actions.access.subject import user_document
from fairway.portal.actions.model import Action
from fairway.portal.caller import Caller, system_caller
from fairway.portal.catalog.wiring import Catalog
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

Document = Mapping[str, Any]


class ActionAccess:
    """Decisions about actions. Each has its reason."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        engine: Engine,
        catalog: Catalog,
        directory: Directory,
        org_id: str,
        policy_seconds: float = SECONDS,
    ) -> None:
        self._db = db
        self._clock = clock
        self._catalog = catalog
        self._directory = directory
        self._policies = Policies(PolicyQueries(catalog, engine, system_caller(org_id)), engine, policy_seconds)
        self._panels = PanelFinder(db, directory, org_id)

    async def decide_execute(
        self, caller: Caller, action: Action, entity: Document | None, inputs: Document
    ) -> Decision:
        """Whether the caller may run ``action``, on ``entity`` (its document) when there is one. With a policy that
        decides alone; users, roles, teams and owners then only say who is offered the action."""
        if caller.is_admin:
            return ADMIN
        policy = execute_block(action).get("policy")
        if policy is None:
            return decide.decide_by_grants(caller, action, owners_of(entity))
        outcome = await self._ask(policy, caller, action, entity, inputs, execute=True)
        if outcome.values and outcome.values[-1] is True:
            place = f"execute.policy.conditions[{len(outcome.values) - 1}]"
            return Decision(True, f"Condition {len(outcome.values)} of the policy holds", place)
        problems = f" ({'; '.join(outcome.problems)})" if outcome.problems else ""
        reason = f'{who(caller)} may not run the action "{action.identifier}": no condition of its policy holds'
        return Decision(False, reason + problems, "execute.policy")

    def decide_visible(self, caller: Caller, action: Action, owner_teams: Collection[str] = ()) -> Decision:
        """Whether the caller is offered the action; without ``owner_teams`` on any entity at all."""
        return decide.decide_visible(caller, action, owner_teams)

    def decide_see_run(
        self, caller: Caller, run: RunFacts, *, approver: bool = False, action: Action | None = None
    ) -> Decision:
        """Whether the caller may see a run. ``approver``: the caller was asked to approve it. ``action``: the
        definition as it is now, if it still exists: who may not see it sees no runs of it either.

        ``allowAnyoneToViewRuns`` absent or true opens runs to everybody who sees the action; false leaves them to who
        started them, approvers and Admins.
        """
        return decide.decide_see_run(caller, run, approver=approver, action=action)

    async def approvers(self, action: Action, entity: Document | None, inputs: Document, creator: Caller) -> Panel:
        """Everybody who is asked when ``creator`` runs ``action``: those named, those with a role, members of teams
        and owners, and those that the policy gives, together. For :meth:`ApprovalService.open_in`."""
        block: Document = action.permissions.get("approve") or {}
        policy = block.get("policy")
        outcome = Outcome()
        if policy is not None:
            outcome = await self._ask(policy, creator, action, entity, inputs, execute=False)
        return await self._panels.find(block, owners_of(entity), outcome)

    async def _ask(
        self,
        policy: Document,
        caller: Caller,
        action: Action,
        entity: Document | None,
        inputs: Document,
        *,
        execute: bool,
    ) -> Outcome:
        context = await self._context(caller, action, entity, inputs)
        return await self._policies.evaluate(policy, context, lambda value: execute and value is True)

    async def _context(
        self, caller: Caller, action: Action, entity: Document | None, inputs: Document
    ) -> dict[str, Any]:
        """What templates and conditions see besides ``.results``."""

        async def read(tx: Tx) -> tuple[dict[str, Any], Document | None]:
            schema = await self._catalog.schemas.current(tx)
            blueprint = schema.get(action.blueprint) if action.blueprint else None
            user = await user_document(tx, self._directory, caller)
            return user, None if blueprint is None else blueprint.document

        user, blueprint = await self._db.read(read)
        at = rfc3339(to_millis(self._clock.now()))
        trigger = {**caller.trigger(at), "user": user, "operation": action.operation}
        named = {"identifier": action.identifier, "title": action.title, "blueprint": action.blueprint}
        return {
            "inputs": inputs, "user": user, "entity": entity, "trigger": trigger, "action": named,
            "blueprint": blueprint,
        }  # fmt: skip


def owners_of(entity: Document | None) -> list[str]:
    """Teams of an entity document."""
    team = (entity or {}).get("team")
    if isinstance(team, str):
        return [team]
    return [each for each in team or () if isinstance(each, str)]

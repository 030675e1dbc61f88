"""Starting a run: who, on what, with which inputs, and whether they may (contract 7.1, 7.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fairway.kit.errors import Forbidden, InvalidRequest, NotFound
from fairway.portal.access.principals import load_caller
from fairway.portal.actions.model import Action
from fairway.portal.actions.service import may_see, missing
from fairway.portal.caller import Caller
from fairway.portal.http.requests import optional
from fairway.portal.runs import repository
from fairway.portal.runs.model import MAX_DEPTH, NewRun, Run
from fairway.portal.runs.neighbours import Neighbours
from fairway.portal.runs.steps import RunSteps, Tools
from fairway.portal.storage import Tx

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Request:
    """A run that somebody asks for."""

    actor: Caller
    """Who runs it: the caller, or who they act for."""
    impersonator: str | None
    action: Action
    properties: Document
    entity: Document | None
    sealed: frozenset[str]


class Starter:
    """Checks what is asked for, then has it begin."""

    def __init__(self, tools: Tools, neighbours: Neighbours, steps: RunSteps) -> None:
        self._tools = tools
        self._around = neighbours
        self._steps = steps

    async def start(self, caller: Caller, identifier: str, body: Mapping[str, Any], run_as: str | None) -> Run:
        """Starts a self-service action.

        Raises:
            NotFound: the action, the entity or the user of ``run_as`` does not exist, as far as the caller may know.
            InvalidRequest: the action is an automation, or entity or inputs will not do.
            Forbidden: the caller may not run it, or may not run it for somebody else.
        """
        given = dict(body)
        properties = optional(given, "properties", dict) or {}
        return await self._start(caller, identifier, properties, optional(given, "entity", str), run_as, frozenset())

    async def again(self, caller: Caller, run: Run) -> Run:
        """Starts the action of a run once more, with the same inputs. Raises like :meth:`start`."""
        if run.source == "AUTOMATION":
            raise InvalidRequest(f'Run "{run.id}" was started by an event; only the event starts it again')
        encrypted = run.raw_properties.keys() & _encrypted(run)
        return await self._start(caller, run.action, run.raw_properties, run.entity, None, frozenset(encrypted))

    async def _start(
        self,
        caller: Caller,
        identifier: str,
        properties: Document,
        entity: str | None,
        run_as: str | None,
        sealed: frozenset[str],
    ) -> Run:
        if caller.run_depth > MAX_DEPTH:
            raise InvalidRequest(
                f'Run "{caller.run_id}" may not start action "{identifier}": runs start each other '
                f"up to {MAX_DEPTH} deep"
            )
        action = await self._tools.db.read(lambda tx: self._offered(tx, caller, identifier))
        actor = await self._actor(caller, run_as)
        document = await self._entity(actor, action, entity)
        impersonator = None if actor is caller else caller.principal_id
        return await self._begin(_Request(actor, impersonator, action, properties, document, sealed))

    async def _begin(self, asked: _Request) -> Run:
        action, actor = asked.action, asked.actor
        if not _has_policy(action):
            await self._permit(asked, asked.properties)
        forms = self._around.forms
        checked = await forms.check(actor, action, asked.properties, asked.entity, sealed=asked.sealed)
        if _has_policy(action):  # a policy sees what the inputs really are, defaults included
            await self._permit(asked, checked.inputs)
        new = NewRun(
            action, asked.entity, checked.shown, checked.raw, checked.inputs, checked.encrypted,
            depth=actor.run_depth, parent=actor.run_id, impersonated_by=asked.impersonator,
        )  # fmt: skip
        return await self.open(actor, new)

    async def open(self, actor: Caller, new: NewRun) -> Run:
        """Begins a run that is allowed: at once, or once it is approved. One that exists already stays as it is."""
        if new.action.approval is None:
            return await self._steps.launch(actor, new)
        return await self._ask_approval(actor, new)

    async def _permit(self, asked: _Request, inputs: Document) -> None:
        (await self._around.access.decide_execute(asked.actor, asked.action, asked.entity, inputs)).enforce()

    async def _ask_approval(self, actor: Caller, new: NewRun) -> Run:
        panel = await self._around.access.approvers(new.action, _subject(new), new.inputs, actor)
        prepared = await self._steps.prepare(actor, new)

        async def work(tx: Tx) -> Run:
            existing = await repository.find(tx, prepared.id)
            if existing is not None:
                return existing
            run = await self._steps.begin(tx, actor, prepared, None, status="WAITING_FOR_APPROVAL")
            return await self._around.approvals.open_in(tx, run, panel)

        return await self._tools.db.write(work)

    async def _offered(self, tx: Tx, caller: Caller, identifier: str) -> Action:
        action = await self._around.actions.require(tx, identifier)
        if not may_see(caller, action):
            raise missing(identifier)
        if action.kind == "automation":
            raise InvalidRequest(f'Action "{identifier}" is an automation: events start it, not people')
        return action

    async def _actor(self, caller: Caller, run_as: str | None) -> Caller:
        """The caller, or the user on whose behalf they act."""
        if not run_as:
            return caller
        if not caller.is_admin and caller.kind not in ("app", "system"):
            raise Forbidden("Only Admins and credentials of the organisation may run actions as somebody else")
        found = await self._tools.db.read(lambda tx: self._user(tx, run_as))
        if found is None:
            raise NotFound(f'User with email "{run_as}" was not found, or is not active')
        context = (*caller.audit_context, ("impersonatedBy", caller.principal_id))
        return replace(
            found,
            origin=caller.origin,
            user_agent=caller.user_agent,
            trace_id=caller.trace_id,
            audit_context=context,
            run_id=caller.run_id,
            run_depth=caller.run_depth,
        )

    async def _user(self, tx: Tx, email: str) -> Caller | None:
        person = await self._tools.directory.person(tx, email)
        return await load_caller(tx, person.id, self._tools.org_id)

    async def _entity(self, actor: Caller, action: Action, identifier: str | None) -> Document | None:
        """The entity that a DAY-2 or DELETE action is run on."""
        if action.operation == "CREATE":
            return None
        if action.blueprint is None:
            raise InvalidRequest(f'Action "{action.identifier}" is {action.operation} but names no blueprint')
        if not identifier:
            raise InvalidRequest(
                f'"entity" is required in the body: action "{action.identifier}" is {action.operation} and runs on an '
                f'entity of "{action.blueprint}"'
            )
        catalog = self._around.catalog
        found = await catalog.search.readable(actor, action.blueprint, identifier)
        documents = [] if found is None else await catalog.reader.documents([found])
        if not documents:
            raise NotFound(f'Entity with identifier "{identifier}" was not found in blueprint "{action.blueprint}"')
        return documents[0]


def _subject(new: NewRun) -> Document | None:
    """The entity that a run is about: the one it was started on, or the one that its event tells of."""
    event = new.event or {}
    if new.entity is not None or event.get("resourceType") != "entity":
        return new.entity
    diff = event.get("diff") or {}
    found: Document | None = diff.get("after") or diff.get("before")
    return found


def _has_policy(action: Action) -> bool:
    return bool((action.permissions.get("execute") or {}).get("policy"))


def _encrypted(run: Run) -> set[str]:
    """Inputs that were sealed when the run was made."""
    inputs = (run.definition["trigger"].get("userInputs") or {}).get("properties") or {}
    return {name for name, spec in inputs.items() if (spec.get("encryption") or "") == "aes256-gcm"}

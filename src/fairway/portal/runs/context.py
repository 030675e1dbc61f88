"""What a run keeps of the moment at which it was made: its definition, and the context of its templates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairway.kit.clock import rfc3339
from fairway.portal.actions.model import Action
from fairway.portal.caller import Caller
from fairway.portal.runs.model import Context, JsonObject, NewRun, Run
from fairway.portal.runs.rendering.renderer import Rendered
from fairway.wire.runs import RunStatus

_KEPT = ("title", "icon", "trigger", "invocationMethod", "approvalNotification", "allowAnyoneToViewRuns")


def definition_of(action: Action, blueprint: JsonObject | None, entity: JsonObject | None) -> dict[str, Any]:
    """``definition`` of a run: the action, and how its blueprint and entity were called."""
    kept = {"identifier": action.identifier, **{key: action.document[key] for key in _KEPT if key in action.document}}
    for name, described in (("blueprint", blueprint), ("entity", entity)):
        if described is not None:
            kept[name] = {"title": described.get("title"), "icon": described.get("icon")}
    return kept


def trigger_of(caller: Caller, action: Action, now: int, user: JsonObject | None = None) -> dict[str, Any]:
    """``.trigger`` of templates (contract 6.7); ``user`` is the caller as the user routes show it."""
    trigger = caller.trigger(rfc3339(now))
    if user is not None:
        trigger["by"] = {**trigger["by"], "user": user}
    return {**trigger, "operation": action.operation}


def context_of(new: NewRun, trigger: JsonObject) -> Context:
    """What templates of the run see."""
    return Context(
        inputs=new.inputs,
        trigger=trigger,
        event=new.event,
        entity=new.entity,
        action={
            "identifier": new.action.identifier,
            "blueprint": new.blueprint or new.action.blueprint,
            "encryptedProperties": list(new.encrypted),
        },
        run={"id": new.id},
    )


def fresh_run(
    new: NewRun, *, number: int, caller: Caller, definition: JsonObject, context: str, status: RunStatus, now: int
) -> Run:
    """The row of a run that begins."""
    source = "AUTOMATION" if new.event is not None else "UI" if caller.origin == "UI" else "API"
    entity = new.entity_identifier if new.entity is None else str(new.entity["identifier"])
    return Run(
        id=new.id, number=number, action=new.action.identifier, blueprint=new.blueprint or new.action.blueprint,
        entity=entity, status=status, status_label=None, summary="", source=source, link=[],
        properties=new.properties, raw_properties=new.raw_properties, required_approval=new.action.approval,
        approval=None, response=None, payload=None, external_run_id=None, definition=definition, context=context,
        secret=False, queue=None, labels=None, depth=new.depth, parent=new.parent, terminal_log=False,
        expires_at=None, created_by=caller.principal_id, creator_email=caller.email,
        impersonated_by=new.impersonated_by, updated_by=caller.principal_id, created_at=now, updated_at=now,
        ended_at=None,
    )  # fmt: skip


def with_rendered(run: Run, rendered: Rendered) -> Run:
    """The run with what rendering gave."""
    return replace(
        run, payload=rendered.payload, secret=rendered.secret, queue=rendered.queue, labels=rendered.labels or None
    )

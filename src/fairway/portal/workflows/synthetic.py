"""Triggers and INPUT nodes as actions: forms and permissions are checked by those who check them for actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.portal.actions.access.model import ApproveRule
from fairway.portal.actions.model import Action
from fairway.portal.workflows.model import JsonObject, Node, WorkflowRun

_ADMINS = {"users": [], "roles": ["Admin"], "teams": []}
"""Who may press a trigger without ``permissions``."""


def trigger_action(identifier: str, node: Node, blueprint: str | None) -> Action:
    """A SELF_SERVE_TRIGGER."""
    given: JsonObject = node.config.get("permissions") or _ADMINS
    execute = {
        "users": given.get("users") or [], "roles": given.get("roles") or [], "teams": given.get("teams") or [],
        "ownedByTeam": bool(given.get("ownedByTeam")), "policy": given.get("policy"),
    }  # fmt: skip
    trigger = {
        "type": "self-service",
        "operation": "CREATE" if blueprint is None else "DAY-2",
        "blueprintIdentifier": blueprint,
        "userInputs": _inputs(node.config),
    }
    return _action(identifier, trigger, {"execute": execute})


def input_action(run: WorkflowRun, node: Node) -> Action:
    """The form of an INPUT node."""
    trigger = {"type": "self-service", "operation": "CREATE", "userInputs": _inputs(node.config)}
    return _action(run.workflow, trigger, {})


def responders_of(config: JsonObject) -> ApproveRule | None:
    """Who may respond to an INPUT node; none when it names nobody."""
    given: JsonObject = config.get("responders") or {}
    users, roles, teams = (frozenset(_texts(given.get(key))) for key in ("users", "roles", "teams"))
    if not users and not roles and not teams:
        return None
    return ApproveRule(frozenset(each.lower() for each in users), roles, teams)


def blueprint_of(config: JsonObject) -> tuple[str, str | None] | None:
    """The blueprint of the entity that a trigger can be pressed on, and the input that takes it, if one does."""
    named = config.get("blueprintIdentifier")
    if isinstance(named, str):
        return named, None
    properties: Mapping[str, Any] = (config.get("userInputs") or {}).get("properties") or {}
    for context in config.get("contexts") or ():
        name = context.get("userInput") if isinstance(context, dict) and context.get("on") == "ENTITY" else None
        blueprint = (properties.get(name) or {}).get("blueprint") if isinstance(name, str) else None
        if isinstance(blueprint, str):
            return blueprint, name
    return None


def _inputs(config: JsonObject) -> dict[str, Any]:
    given: JsonObject = config.get("userInputs") or {}
    return {"properties": {}, **{key: value for key, value in given.items() if key != "buttons"}}


def _action(identifier: str, trigger: JsonObject, permissions: JsonObject) -> Action:
    document = {"identifier": identifier, "trigger": trigger, "invocationMethod": {"type": "WEBHOOK"}}
    return Action(identifier, identifier, document, permissions, 0, "", 0, "")


def _texts(values: Any) -> list[str]:
    return [each for each in values if isinstance(each, str)] if isinstance(values, list) else []

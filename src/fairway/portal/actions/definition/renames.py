"""Documents follow what they name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fairway.portal.actions.definition.words import TIMER_EVENT

_SUBJECT = {"properties": "property", "mirrorProperties": "property", "relations": "relation"}
"""How rules name a member of a blueprint, by its kind."""


def with_blueprint_renamed(document: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """The document with another name for a blueprint, wherever it names one."""
    trigger = _renamed(document["trigger"], "blueprintIdentifier", old, new)
    if trigger.get("event"):
        trigger["event"] = _renamed(trigger["event"], "blueprintIdentifier", old, new)
    if trigger.get("condition"):
        trigger["condition"] = rules_with_blueprint_renamed(trigger["condition"], old, new)
    method = document["invocationMethod"]
    if method["type"] == "UPSERT_ENTITY":
        method = _renamed(method, "blueprintIdentifier", old, new)

    def in_input(spec: Mapping[str, Any]) -> dict[str, Any]:
        changed = _renamed(spec, "blueprint", old, new)
        return _each_dataset(changed, lambda dataset: rules_with_blueprint_renamed(dataset, old, new))

    return {**document, "trigger": _each_input(trigger, in_input), "invocationMethod": method}


def with_member_renamed(document: Mapping[str, Any], blueprint: str, kind: str, old: str, new: str) -> dict[str, Any]:
    """The document with another name for a property, relation or mirror of a blueprint."""
    subject = _SUBJECT[kind]
    trigger = dict(document["trigger"])
    event = trigger.get("event") or {}
    if event.get("type") == TIMER_EVENT and event.get("blueprintIdentifier") == blueprint and kind == "properties":
        trigger["event"] = _renamed(event, "propertyIdentifier", old, new)
    if trigger.get("condition") and trigger.get("blueprintIdentifier") == blueprint:
        trigger["condition"] = _in_rules(trigger["condition"], subject, old, new)

    def in_input(spec: Mapping[str, Any]) -> dict[str, Any]:
        if blueprint not in (spec.get("blueprint"), (spec.get("items") or {}).get("blueprint")):
            return dict(spec)
        changed = _each_dataset(spec, lambda dataset: _in_rules(dataset, subject, old, new))
        if subject == "property" and changed.get("sort"):
            changed["sort"] = _renamed(changed["sort"], "property", old, new)
        return changed

    return {**document, "trigger": _each_input(trigger, in_input)}


def with_action_renamed(document: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """The document of an automation with another name for the action whose runs it follows."""
    trigger = document["trigger"]
    return {**document, "trigger": {**trigger, "event": _renamed(trigger["event"], "actionIdentifier", old, new)}}


def rules_with_blueprint_renamed(query: Any, old: str, new: str) -> Any:
    """A query with another name for a blueprint in ``$blueprint`` and ``relatedTo`` rules."""
    if isinstance(query, list):
        return [rules_with_blueprint_renamed(item, old, new) for item in query]
    if not isinstance(query, Mapping):
        return query
    changed = {key: rules_with_blueprint_renamed(item, old, new) for key, item in query.items()}
    if changed.get("operator") == "relatedTo":
        return _renamed(changed, "blueprint", old, new)
    if changed.get("property") == "$blueprint":
        value = changed.get("value")
        if isinstance(value, list):
            changed["value"] = [new if item == old else item for item in value]
        return _renamed(changed, "value", old, new)
    return changed


def _in_rules(query: Any, subject: str, old: str, new: str) -> Any:
    if isinstance(query, list):
        return [_in_rules(item, subject, old, new) for item in query]
    if not isinstance(query, Mapping):
        return query
    changed = {key: _in_rules(item, subject, old, new) for key, item in query.items()}
    return _renamed(changed, subject, old, new)


def _renamed(holder: Mapping[str, Any], key: str, old: str, new: str) -> dict[str, Any]:
    return {**holder, key: new} if holder.get(key) == old else dict(holder)


def _each_dataset(spec: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    changed = dict(spec)
    if changed.get("dataset"):
        changed["dataset"] = change(changed["dataset"])
    return changed


def _each_input(trigger: dict[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """The trigger with every input, and the items of every array input, passed through ``change``."""
    inputs = (trigger.get("userInputs") or {}).get("properties")
    if not inputs:
        return trigger
    properties = {}
    for name, spec in inputs.items():
        properties[name] = change(spec)
        if spec.get("items"):
            properties[name]["items"] = change(spec["items"])
    return {**trigger, "userInputs": {**trigger["userInputs"], "properties": properties}}

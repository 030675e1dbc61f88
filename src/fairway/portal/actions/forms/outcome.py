"""Checked inputs in their three forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fairway.portal.actions.forms.model import CheckedInputs
from fairway.portal.actions.forms.resolution import ResolvedForm, ResolvedInput
from fairway.portal.actions.forms.subject import MASK, Document, as_entities


def checked_inputs(resolved: ResolvedForm, sealed: Mapping[str, str]) -> CheckedInputs:
    """All inputs that have a value, and those that were submitted as null; ``sealed`` replaces what was encrypted."""
    raw: dict[str, Any] = {}
    shown: dict[str, Any] = {}
    inputs: dict[str, Any] = {}
    for name, each in resolved.inputs.items():
        if each.value is None and not each.given:
            continue
        if name in sealed:
            raw[name] = inputs[name] = sealed[name]
            shown[name] = MASK
        else:
            raw[name] = each.value
            shown[name] = _replaced(resolved, each, _brief)
            inputs[name] = _replaced(resolved, each, dict)
    return CheckedInputs(raw, shown, inputs, tuple(sealed))


def _replaced(resolved: ResolvedForm, each: ResolvedInput, show: Callable[[Document], dict[str, Any]]) -> Any:
    definition = each.definition
    if definition.refers_to != "entity" or each.value is None:
        return each.value
    entities = resolved.entities.get(definition.identifier, {})
    return as_entities(definition, each.value, {name: show(entity) for name, entity in entities.items()})


def _brief(entity: Document) -> dict[str, Any]:
    return {"identifier": entity["identifier"], "title": entity.get("title")}

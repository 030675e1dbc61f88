"""A resolved form as user interfaces get it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fairway.portal.actions.forms.model import InputError
from fairway.portal.actions.forms.resolution import ResolvedForm, ResolvedInput
from fairway.portal.actions.model import Action

_WORKED_OUT = ("visible", "disabled", "default", "dataset", "sort", "required")
"""Keys whose resolved values stand beside the definition."""


def form_document(
    action: Action, resolved: ResolvedForm, errors: Sequence[InputError], missing: Sequence[InputError]
) -> dict[str, Any]:
    """Steps and inputs in order, each input with its resolved definition, value, problems and errors."""
    by_input: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for error in errors:
        by_input[error.input].append(error.document())
    inputs = {name: _input(resolved, each, by_input.get(name, [])) for name, each in resolved.inputs.items()}
    return {
        "action": action.identifier,
        "title": action.title or action.identifier,
        "operation": action.operation,
        "blueprint": action.blueprint,
        "steps": _steps(resolved),
        "order": list(inputs),
        "inputs": inputs,
        "errors": dict(by_input),
        "missing": [error.input for error in missing],
        "problems": [problem.document() for problem in resolved.problems],
    }


def _steps(resolved: ResolvedForm) -> list[dict[str, Any]]:
    return [
        {"title": step.title, "visible": visible, "items": [_item(resolved, name) for name in step.order]}
        for step, visible in zip(resolved.form.steps, resolved.steps_visible, strict=True)
    ]


def _item(resolved: ResolvedForm, name: str) -> dict[str, Any]:
    if name in resolved.inputs:
        return {"kind": "input", "identifier": name}
    return {"kind": "title", "identifier": name, **resolved.titles[name]}


def _input(resolved: ResolvedForm, found: ResolvedInput, errors: list[dict[str, Any]]) -> dict[str, Any]:
    definition = found.definition
    secret = definition.encryption is not None
    waits_for = [name for name in definition.depends_on if _is_awaited(resolved, name)]
    document = {
        **{key: value for key, value in found.spec.items() if key not in _WORKED_OUT},
        "identifier": definition.identifier,
        "title": found.spec.get("title") or definition.identifier,
        "visible": found.visible,
        "disabled": found.disabled or bool(waits_for),
        "required": found.required,
        "default": None if secret else found.default,
        "value": None if secret else found.value,
        "given": found.given,
        "waitsFor": waits_for,
        "problems": [problem.document() for problem in found.problems],
        "errors": errors,
    }
    if isinstance(document.get("items"), Mapping):
        document["items"] = {key: value for key, value in document["items"].items() if key != "dataset"}
    if definition.refers_to == "entity":
        document.update(_choice(found))
        document["entities"] = _chosen(resolved, found)
    return document


def _is_awaited(resolved: ResolvedForm, name: str) -> bool:
    """Whether an input has to be filled in before those that depend on it; nobody can fill in what is hidden."""
    found = resolved.inputs.get(name)
    return found is not None and found.visible and found.value is None


def _choice(found: ResolvedInput) -> dict[str, Any]:
    """The search that pages through the entities to choose from; none while the dataset is not known."""
    definition = found.definition
    if any(problem.key == "dataset" for problem in found.problems):
        return {"dataset": None, "sort": definition.sort, "search": None}
    body: dict[str, Any] = {} if found.dataset is None else {"query": found.dataset}
    path = "/v1/entities/search"
    if definition.blueprint is not None:
        path = f"/v1/blueprints/{quote(definition.blueprint, safe='')}/entities/search"
        if definition.sort is not None:
            path = path.removesuffix("search") + "top-search"
            body["sort"] = {**definition.sort, "order": str(definition.sort.get("order") or "ASC").lower()}
    return {
        "dataset": found.dataset,
        "sort": definition.sort,
        "search": {"method": "POST", "path": path, "body": body},
    }


def _chosen(resolved: ResolvedForm, found: ResolvedInput) -> list[dict[str, Any]]:
    """The entities that the value names, as they are shown."""
    name = found.definition.identifier
    entities = resolved.entities.get(name, {})
    chosen = [entities[each] for each in found.definition.names(found.value) if each in entities]
    return [{key: each.get(key) for key in ("identifier", "title", "blueprint")} for each in chosen]

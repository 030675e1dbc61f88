"""``trigger.userInputs``: the inputs, which are required, and how they are arranged (contract 6.3)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.portal.actions.definition.expressions import Findings, flag_or_jq, is_jq, jq_query
from fairway.portal.actions.definition.inputs import check_input
from fairway.portal.actions.definition.words import INPUT, MAX_INPUT_NAME, MAX_INPUTS, MAX_STEP_TITLE, MAX_STEPS
from fairway.portal.catalog.properties.shape import Object, a_text, an_array, an_object, at, only, required, texts

_KEYS = ("properties", "required", "order", "steps", "titles")


def check_user_inputs(value: Any, where: str, found: Findings) -> None:
    """The form of a self-service action.

    Raises:
        InvalidRequest: naming the path of what is wrong.
    """
    only(an_object(value, where), _KEYS, where)
    inputs = _named(value, "properties", where)
    if len(inputs) > MAX_INPUTS:
        raise InvalidRequest(f"{where}.properties: an action may have {MAX_INPUTS} inputs, this one has {len(inputs)}")
    for name, spec in inputs.items():
        check_input(spec, f"{where}.properties.{name}", found)
        _check_depends_on(spec, name, inputs, f"{where}.properties.{name}")
    _check_circles(inputs, at(where, "properties"))
    if is_jq(value.get("required")):
        jq_query(value["required"], at(where, "required"), found)
    else:
        _names(value, "required", where, inputs, "an input")
    titles = _named(value, "titles", where)
    for name, title in titles.items():
        _check_title(title, f"{where}.titles.{name}", found)
    _check_arrangement(value, where, {*inputs, *titles}, found)


def _named(parent: Object, key: str, where: str) -> Object:
    found: Object = {} if parent.get(key) is None else an_object(parent[key], at(where, key))
    for name in found:
        if not INPUT.match(name) or len(name) > MAX_INPUT_NAME:
            raise InvalidRequest(
                f'{where}.{key}: "{name[:MAX_INPUT_NAME]}" is not a valid name: '
                f"1 to {MAX_INPUT_NAME} ASCII letters, digits and @ _ = \\ -"
            )
    return found


def _list(parent: Object, key: str, where: str) -> Sequence[Any]:
    return () if parent.get(key) is None else an_array(parent[key], at(where, key))


def _names(parent: Object, key: str, where: str, known: Collection[str], what: str) -> list[str]:
    """A list of names, each of which has to be one of ``known``."""
    names = []
    for number, name in enumerate(_list(parent, key, where)):
        place = f"{where}.{key}[{number}]"
        if a_text(name, place) not in known:
            raise InvalidRequest(f'{place}: "{name[:MAX_INPUT_NAME]}" is not {what} of this action')
        names.append(name)
    return names


def _check_depends_on(spec: Object, name: str, inputs: Object, where: str) -> None:
    if name in _names(spec, "dependsOn", where, inputs, "an input"):
        raise InvalidRequest(f'{where}.dependsOn: input "{name}" cannot depend on itself')


def _check_circles(inputs: Object, where: str) -> None:
    """Inputs that wait for one another could never be filled in."""
    waiting = {name: set(spec.get("dependsOn") or ()) for name, spec in inputs.items()}
    while ready := [name for name, needs in waiting.items() if not needs]:
        for name in ready:
            del waiting[name]
        for needs in waiting.values():
            needs.difference_update(ready)
    if waiting:
        circle = ", ".join(f'"{name}"' for name in list(waiting)[:5])
        raise InvalidRequest(f"{where}: inputs depend on one another in a circle ({circle})")


def _check_title(value: Any, where: str, found: Findings) -> None:
    only(an_object(value, where), ("title", "description", "visible"), where)
    if value.get("title") is not None:
        a_text(value["title"], at(where, "title"), 140, 1)
    texts(value, where, description=1000)
    if value.get("visible") is not None:
        flag_or_jq(value["visible"], at(where, "visible"), found)


def _check_arrangement(value: Object, where: str, known: Collection[str], found: Findings) -> None:
    if value.get("order") is not None and value.get("steps") is not None:
        raise InvalidRequest(f'{where}: "order" and "steps" exclude each other; each step has an order of its own')
    _names(value, "order", where, known, "an input or title")
    steps = _list(value, "steps", where)
    if len(steps) > MAX_STEPS:
        raise InvalidRequest(f"{where}.steps: an action may have {MAX_STEPS} steps, this one has {len(steps)}")
    for number, step in enumerate(steps):
        _check_step(step, f"{where}.steps[{number}]", known, found)


def _check_step(step: Any, where: str, known: Collection[str], found: Findings) -> None:
    only(an_object(step, where), ("title", "order", "visible"), where)
    a_text(required(step, "title", where), at(where, "title"), MAX_STEP_TITLE, 1)
    required(step, "order", where)
    _names(step, "order", where, known, "an input or title")
    if step.get("visible") is not None:
        flag_or_jq(step["visible"], at(where, "visible"), found)

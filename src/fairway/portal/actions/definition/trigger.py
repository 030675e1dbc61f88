"""``trigger``: a person's choice (contract 6.3) or an event (contract 6.5)."""

from __future__ import annotations

from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.portal.actions.definition.expressions import Findings
from fairway.portal.actions.definition.user_inputs import check_user_inputs
from fairway.portal.actions.definition.words import (
    EVENTS,
    MAX_BUTTON,
    MAX_IDENTIFIER,
    OPERATIONS,
    RUN_EVENTS,
    TIMER_EVENT,
)
from fairway.portal.catalog.properties.shape import Object, a_text, an_array, an_object, at, one_of, only, required
from fairway.portal.catalog.search.rules import parse_query

_BUTTONS = ("actionCardButtonText", "executeActionButtonText")
_SELF_SERVICE = ("type", "operation", "blueprintIdentifier", "userInputs", "condition", *_BUTTONS)
_AUTOMATION = ("type", "event", "condition")


def check_trigger(value: Any, found: Findings) -> None:
    """Either kind of trigger.

    Raises:
        InvalidRequest: naming the path of what is wrong.
    """
    trigger = an_object(value, "trigger")
    kind = one_of(required(trigger, "type", "trigger"), ("self-service", "automation"), "trigger.type")
    if kind == "automation":
        _check_automation(trigger, found)
    else:
        _check_self_service(trigger, found)


def _check_self_service(trigger: Object, found: Findings) -> None:
    only(trigger, _SELF_SERVICE, "trigger")
    operation = one_of(required(trigger, "operation", "trigger"), OPERATIONS, "trigger.operation")
    if trigger.get("blueprintIdentifier") is not None:
        found.blueprint(trigger["blueprintIdentifier"], "trigger.blueprintIdentifier")
    check_user_inputs(required(trigger, "userInputs", "trigger"), "trigger.userInputs", found)
    if trigger.get("condition") is not None:
        _check_offer(trigger, operation)
    for key in _BUTTONS:
        if trigger.get(key) is not None:
            _check_button(trigger[key], f"trigger.{key}")


def _check_offer(trigger: Object, operation: str) -> None:
    """The condition decides on which entities the action is offered."""
    where = "trigger.condition"
    if operation == "CREATE":
        raise InvalidRequest(f'{where}: an action with operation "CREATE" is not about an entity and has no condition')
    required(trigger, "blueprintIdentifier", "trigger")
    condition = an_object(trigger["condition"], where)
    only(condition, ("type", "rules", "combinator"), where)
    one_of(required(condition, "type", where), ("SEARCH",), at(where, "type"))
    parse_query({key: value for key, value in condition.items() if key != "type"}, where)


def _check_button(value: Any, where: str) -> None:
    if a_text(value, where, MAX_BUTTON, 1) != value.strip():
        raise InvalidRequest(f"{where} must not begin or end with white space")


def _check_automation(trigger: Object, found: Findings) -> None:
    only(trigger, _AUTOMATION, "trigger")
    where = "trigger.event"
    event = an_object(required(trigger, "event", "trigger"), where)
    kind = one_of(required(event, "type", where), EVENTS, at(where, "type"))
    if kind in RUN_EVENTS:
        only(event, ("type", "actionIdentifier"), where)
        a_text(required(event, "actionIdentifier", where), at(where, "actionIdentifier"), MAX_IDENTIFIER, 1)
    else:
        extra = ("propertyIdentifier",) if kind == TIMER_EVENT else ()
        only(event, ("type", "blueprintIdentifier", *extra), where)
        found.blueprint(required(event, "blueprintIdentifier", where), at(where, "blueprintIdentifier"))
        for key in extra:
            a_text(required(event, key, where), at(where, key))
    if trigger.get("condition") is not None:
        _check_event_condition(trigger["condition"], found)


def _check_event_condition(value: Any, found: Findings) -> None:
    where = "trigger.condition"
    only(an_object(value, where), ("type", "expressions", "combinator"), where)
    one_of(required(value, "type", where), ("JQ",), at(where, "type"))
    for number, text in enumerate(an_array(required(value, "expressions", where), at(where, "expressions"))):
        found.jq(text, f"{where}.expressions[{number}]")
    if value.get("combinator") is not None:
        one_of(value["combinator"], ("and", "or"), at(where, "combinator"))

"""What the configuration of each kind of node must hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fairway.jq import Engine, JqSyntaxError
from fairway.jq.templates import references
from fairway.kit.errors import InvalidRequest
from fairway.portal.actions.definition.words import MAX_EXPIRY_SECONDS
from fairway.portal.automations.model import check_condition, check_event
from fairway.portal.http.requests import optional, require
from fairway.portal.workflows import model
from fairway.portal.workflows.expressions import program_text
from fairway.portal.workflows.schedule import check_schedule

Config = dict[str, Any]
Check = Callable[[Engine, Config, str], None]
_WAYS = ("terminate", "continue")


def check_config(engine: Engine, kind: str, config: Config, where: str) -> None:
    """Checks the configuration of a node of this type.

    Raises:
        InvalidRequest: a key is missing or malformed.
    """
    optional(config, "published", bool, where=where)
    if config.get("onFailure") not in (None, *_WAYS):
        raise InvalidRequest(f'"onFailure" in the {where} must be one of {", ".join(_WAYS)}')
    check = _CHECKS.get(kind)
    if check is not None:
        check(engine, config, where)


def _self_serve(engine: Engine, config: Config, where: str) -> None:
    _user_inputs(config, where)
    optional(config, "permissions", dict, where=where)
    optional(config, "contexts", list, where=where)


def _event(engine: Engine, config: Config, where: str) -> None:
    check_event(require(config, "event", dict, where=where), f"event of the {where}")
    condition = optional(config, "condition", dict, where=where)
    if condition is not None:
        check_condition(engine, condition, f"condition of the {where}")


def _schedule(engine: Engine, config: Config, where: str) -> None:
    check_schedule(config, where)


def _webhook(engine: Engine, config: Config, where: str) -> None:
    require(config, "url", str, where=where)
    optional(config, "method", str, where=where)
    optional(config, "headers", dict, where=where)
    for key in ("agent", "synchronized"):
        optional(config, key, (bool, str), where=where)
    _templates(engine, config, where)


def _kafka(engine: Engine, config: Config, where: str) -> None:
    optional(config, "payload", (dict, list, str), where=where)
    _templates(engine, config, where)


def _integration(engine: Engine, config: Config, where: str) -> None:
    require(config, "installationId", str, where=where)
    require(config, "integrationActionExecutionProperties", dict, where=where)
    _templates(engine, config, where)


def _upsert(engine: Engine, config: Config, where: str) -> None:
    require(config, "blueprintIdentifier", str, where=where)
    require(config, "mapping", dict, where=where)
    _templates(engine, config, where)


def _condition(engine: Engine, config: Config, where: str) -> None:
    for outlet in _outlets(config, where):
        text = require(outlet, "expression", str, where=f"outlets of the {where}")
        _compile(engine, program_text(text), f'outlet "{outlet["identifier"]}" of the {where}')


def _input(engine: Engine, config: Config, where: str) -> None:
    _user_inputs(config, where)
    optional(config, "responders", dict, where=where)
    seconds = optional(config, "expiresInSeconds", int, where=where)
    if seconds is not None and not 1 <= seconds <= MAX_EXPIRY_SECONDS:
        raise InvalidRequest(f'"expiresInSeconds" in the {where} must be between 1 and {MAX_EXPIRY_SECONDS}')
    _outlets(config, where, required=False)
    for outlet in model.outlets_of(config):
        count = outlet.get("numOfResponders", 1)
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise InvalidRequest(
                f'"numOfResponders" of outlet "{outlet["identifier"]}" in the {where} must be 1 or more'
            )


def _user_inputs(config: Config, where: str) -> None:
    inputs = optional(config, "userInputs", dict, where=where)
    if inputs is not None:
        optional(inputs, "properties", dict, where=f"userInputs of the {where}")


def _outlets(config: Config, where: str, *, required: bool = True) -> list[Config]:
    key = "options" if "options" in config and "outlets" not in config else "outlets"
    found: list[Config] = (require if required else optional)(config, key, list, where=where) or []
    seen: set[str] = set()
    for outlet in found:
        if not isinstance(outlet, dict):
            raise InvalidRequest(f'"{key}" in the {where} must hold objects')
        name = require(outlet, "identifier", str, where=f"{key} of the {where}")
        if name in seen:
            raise InvalidRequest(f'Outlet "{name}" is declared more than once in the {where}')
        seen.add(name)
    return found


def _templates(engine: Engine, config: Mapping[str, Any], where: str) -> None:
    for text in sorted(references(config) - {""}):
        _compile(engine, text, where)


def _compile(engine: Engine, text: str, where: str) -> None:
    try:
        engine.compile(text)
    except JqSyntaxError as error:
        raise InvalidRequest(f"In the {where}: {error.message}") from None


_CHECKS: Mapping[str, Check] = {
    model.SELF_SERVE: _self_serve,
    model.EVENT: _event,
    model.SCHEDULE: _schedule,
    model.WEBHOOK: _webhook,
    model.KAFKA: _kafka,
    model.INTEGRATION_ACTION: _integration,
    model.UPSERT_ENTITY: _upsert,
    model.CONDITION: _condition,
    model.INPUT: _input,
}

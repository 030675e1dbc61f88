"""What the configuration of each kind of node must hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.portal.actions.definition.expressions import Findings
from fairway.portal.actions.definition.user_inputs import check_user_inputs
from fairway.portal.actions.definition.words import MAX_EXPIRY_SECONDS, METHODS
from fairway.portal.automations.model import check_condition, check_event
from fairway.portal.http.requests import optional, require
from fairway.portal.workflows import model
from fairway.portal.workflows.expressions import program_text
from fairway.portal.workflows.schedule import check_schedule

Config = dict[str, Any]
Check = Callable[[Findings, Config, str], None]
_WAYS = ("terminate", "continue")
_FORMS = (model.SELF_SERVE, model.INPUT)
_FORM_KEYS = ("properties", "required", "order", "steps", "titles")


def check_config(found: Findings, node: str, kind: str, config: Config) -> None:
    """Checks the configuration of a node of this type; expressions are left to be compiled.

    Raises:
        InvalidRequest: a key is missing or malformed; the message names the node and the place.
    """
    where, path = f'config of node "{node}"', f'node "{node}": config'
    optional(config, "published", bool, where=where)
    if config.get("onFailure") not in (None, *_WAYS):
        raise InvalidRequest(f'"onFailure" in the {where} must be one of {", ".join(_WAYS)}')
    check = _CHECKS.get(kind)
    if check is not None:
        check(found, config, where)
    if kind in _FORMS:
        inputs = optional(config, "userInputs", dict, where=where) or {}
        check_user_inputs({key: inputs[key] for key in _FORM_KEYS if key in inputs}, f"{path}.userInputs", found)
    elif kind in model.ACTIONS:
        found.templates(config, path)


def _self_serve(found: Findings, config: Config, where: str) -> None:
    optional(config, "permissions", dict, where=where)
    optional(config, "contexts", list, where=where)


def _event(found: Findings, config: Config, where: str) -> None:
    check_event(require(config, "event", dict, where=where), f"event of the {where}")
    condition = optional(config, "condition", dict, where=where)
    if condition is not None:
        check_condition(found, condition, f"condition of the {where}")


def _schedule(found: Findings, config: Config, where: str) -> None:
    check_schedule(config, where)


def _webhook(found: Findings, config: Config, where: str) -> None:
    require(config, "url", str, where=where)
    method = optional(config, "method", str, where=where)
    if method is not None and "{{" not in method and method not in METHODS:
        raise InvalidRequest(f'"method" in the {where} must be one of {", ".join(METHODS)}, not "{method[:50]}"')
    for key in ("headers", "agentLabels"):
        texts = optional(config, key, dict, where=where) or {}
        if not all(isinstance(each, str) for each in texts.values()):
            raise InvalidRequest(f'"{key}" in the {where} must hold strings')
    for key in ("agent", "synchronized"):
        optional(config, key, (bool, str), where=where)


def _kafka(found: Findings, config: Config, where: str) -> None:
    optional(config, "payload", (dict, list, str), where=where)


def _integration(found: Findings, config: Config, where: str) -> None:
    require(config, "installationId", str, where=where)
    require(config, "integrationActionExecutionProperties", dict, where=where)


def _upsert(found: Findings, config: Config, where: str) -> None:
    require(config, "blueprintIdentifier", str, where=where)
    require(config, "mapping", dict, where=where)


def _condition(found: Findings, config: Config, where: str) -> None:
    for outlet in _outlets(config, where):
        text = require(outlet, "expression", str, where=f"outlets of the {where}")
        found.jq(program_text(text), f'outlet "{outlet["identifier"]}" of the {where}')


def _input(found: Findings, config: Config, where: str) -> None:
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

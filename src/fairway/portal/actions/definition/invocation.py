"""``invocationMethod``: what a run is delivered to (contract 6.6). Strings in it may be templates."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from fairway.kit.errors import InvalidRequest
from fairway.portal.actions.definition.expressions import Findings, flag_or_template, has_template, map_of_texts
from fairway.portal.actions.definition.words import EXECUTOR, METHODS
from fairway.portal.catalog.properties.shape import Object, a_text, an_object, at, one_of, only, required
from fairway.portal.catalog.properties.vocabulary import kind_of, shown

_Check = Callable[[Any, str], None]


def check_invocation(value: Any, found: Findings) -> None:
    """Any of the methods.

    Raises:
        InvalidRequest: naming the path of what is wrong.
    """
    where = "invocationMethod"
    method = an_object(value, where)
    kind = one_of(required(method, "type", where), tuple(_METHODS), at(where, "type"))
    check_invocation_keys(method, kind, where)
    if kind == "UPSERT_ENTITY" and not has_template(method["blueprintIdentifier"]):
        found.blueprint(method["blueprintIdentifier"], at(where, "blueprintIdentifier"))
    found.templates({key: part for key, part in method.items() if key != "type"}, where)


def check_invocation_keys(method: Object, kind: str, where: str) -> None:
    """The keys of one kind of method: those it needs, and no others."""
    needed, optional = _METHODS[kind]
    only(method, ("type", *needed, *optional), where)
    for key, check in needed.items():
        check(required(method, key, where), at(where, key))
    for key, check in optional.items():
        if method.get(key) is not None:
            check(method[key], at(where, key))


def _text(value: Any, where: str) -> None:
    a_text(value, where, 10_000, 1)


def _url(value: Any, where: str) -> None:
    _text(value, where)
    if has_template(value):
        return
    try:
        parts = urlsplit(value)
        usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise InvalidRequest(f"{where} must be an http or https URL, not {shown(value)}")


def _http_method(value: Any, where: str) -> None:
    if not has_template(a_text(value, where)):
        one_of(value, METHODS, where)


def _document(value: Any, where: str) -> None:
    if not isinstance(value, dict | list):
        raise InvalidRequest(f"{where} must be an object or an array, not {kind_of(value)}")


def _object(value: Any, where: str) -> None:
    an_object(value, where)


def _executor(value: Any, where: str) -> None:
    """``dispatch_workflow`` is the reference's only one; integrations of ours may bring others."""
    if not re.fullmatch(EXECUTOR, a_text(value, where)):
        raise InvalidRequest(f"{where} must be the name of an executor, such as dispatch_workflow")


def _mapping(value: Any, where: str) -> None:
    an_object(value, where)
    only({key: None for key in value if not has_template(key)}, tuple(_MAPPING), where)
    for key, check in _MAPPING.items():
        if value.get(key) is not None:
            check(value[key], at(where, key))


def _plain_text(value: Any, where: str) -> None:
    a_text(value, where)


def _team(value: Any, where: str) -> None:
    for number, name in enumerate(value if isinstance(value, list) else ()):
        a_text(name, f"{where}[{number}]")
    if not isinstance(value, str | list):
        raise InvalidRequest(f"{where} must be a string or an array of strings, not {kind_of(value)}")


def _relations(value: Any, where: str) -> None:
    for name, target in an_object(value, where).items():
        place = at(where, name)
        for number, each in enumerate(target if isinstance(target, list) else ()):
            a_text(each, f"{place}[{number}]")
        if target is not None and not isinstance(target, str | list | dict):
            raise InvalidRequest(f"{place} must be an identifier, an array of them, or null, not {kind_of(target)}")


_MAPPING: dict[str, _Check] = {
    "identifier": _plain_text, "title": _plain_text, "team": _team, "icon": _plain_text, "properties": _object,
    "relations": _relations,
}  # fmt: skip
_LABELS: dict[str, _Check] = {"agentLabels": map_of_texts}
"""Ours: only an agent that carries all of them is given the run."""

_METHODS: dict[str, tuple[dict[str, _Check], dict[str, _Check]]] = {
    "KAFKA": ({}, {"payload": _document}),
    "WEBHOOK": (
        {"url": _url},
        {
            "agent": flag_or_template, "synchronized": flag_or_template, "method": _http_method,
            "headers": map_of_texts, "body": _document, **_LABELS,
        },
    ),
    "GITHUB": (
        {"org": _text, "repo": _text, "workflow": _text},
        {"workflowInputs": _object, "reportWorkflowStatus": flag_or_template, "branch": _text},
    ),
    "GITLAB": (
        {"projectName": _text, "groupName": _text},
        {"defaultRef": _text, "pipelineVariables": _object, **_LABELS},
    ),
    "AZURE_DEVOPS": ({"org": _text, "webhook": _text}, {"payload": _document}),
    "UPSERT_ENTITY": ({"blueprintIdentifier": _text, "mapping": _mapping}, {}),
    "INTEGRATION_ACTION": (
        {
            "installationId": _text, "integrationActionType": _executor,
            "integrationActionExecutionProperties": _object,
        },
        _LABELS,
    ),
}  # fmt: skip
"""By type: the keys it needs, and those it may have."""

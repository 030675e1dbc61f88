"""Do values fit their inputs? Types, formats, options and limits; what they refer to is looked up elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

import jsonschema_rs

from fairway.kit.errors import InvalidRequest
from fairway.kit.jsonio import dumps_text, loads
from fairway.portal.actions.forms.definition import CLIENT_SIDE, SEALING
from fairway.portal.actions.forms.model import InputError
from fairway.portal.actions.forms.resolution import ResolvedInput
from fairway.portal.actions.forms.wording import expectation, place_of, refusal
from fairway.portal.catalog.properties.value_schema import compile_schema, value_schema

MAX_ERRORS = 20
"""Told about one value."""
_ABOUT_INPUTS = ("required", "default", "title", "description", "icon", "visible", "disabled", "dataset", "dependsOn")
"""Keys that say something about the input, not about its values."""


def value_errors(resolved: ResolvedInput) -> list[InputError]:
    """What is wrong with the value that an input has."""
    definition, value = resolved.definition, resolved.value
    name = definition.identifier
    if definition.encryption == CLIENT_SIDE:
        wrong = not isinstance(value, str)
        return [_error(name, "", "encrypted text", value, secret=True)] if wrong else []
    if definition.encryption not in (None, SEALING):
        text = f'Input "{name}" asks for the encryption "{definition.encryption}", which is not offered'
        return [InputError(name, "", text, f'encryption "{SEALING}" or "{CLIENT_SIDE}" in the definition')]
    if resolved.unchecked:
        return [_unchecked(resolved)]
    try:
        schema = value_schema(_plain(resolved.spec), f'input "{name}"')
        validator = _compiled(dumps_text(schema))
    except (InvalidRequest, jsonschema_rs.ValidationError) as error:
        text = f'The definition of input "{name}" is no schema for its values: {error.message[:300]}'
        return [InputError(name, "", text, "a definition that is valid JSON Schema")]
    secret = definition.encryption is not None
    return [
        _error(name, place_of(each.instance_path), expectation(each, schema, resolved.spec), each.instance, secret)
        for each in islice(validator.iter_errors(value), MAX_ERRORS)
    ]


def _error(name: str, place: str, expected: str, value: Any, secret: bool) -> InputError:
    return InputError(name, place, refusal(name, place, expected, value, secret=secret), expected)


def _unchecked(resolved: ResolvedInput) -> InputError:
    name = resolved.definition.identifier
    reasons = "; ".join(f"{problem.key}: {problem.message}" for problem in resolved.unchecked)
    text = f'Input "{name}" cannot be checked, because its definition could not be worked out ({reasons})'
    return InputError(name, "", text, "no value, or other values in the inputs that it depends on")


def _plain(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What a definition says about values; ``required`` counts only as the keys that an object needs."""
    kept = {key: value for key, value in spec.items() if key not in _ABOUT_INPUTS and value is not None}
    if spec.get("type") == "object" and isinstance(spec.get("required"), list):
        kept["required"] = spec["required"]
    return kept


@lru_cache(maxsize=512)
def _compiled(schema: str) -> jsonschema_rs.Draft7Validator:
    return compile_schema(loads(schema))

"""Rules for own properties (contract 2.3)."""

from __future__ import annotations

from typing import Any

import jsonschema_rs

from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.properties.shape import (
    Object,
    a_text,
    an_array,
    an_object,
    at,
    one_of,
    only,
    required,
    texts,
)
from fairway.portal.catalog.properties.value_schema import compile_schema, value_schema
from fairway.portal.catalog.properties.vocabulary import COLOURS, FORMATS, SPECS, STANDARD_FORMATS, TYPES, shown

_ANY_FORMAT = (*FORMATS, *STANDARD_FORMATS)


def check_property(spec: Any, where: str) -> None:
    """One property of ``schema.properties``.

    Raises:
        InvalidRequest: naming the path of what is wrong.
    """
    spec = an_object(spec, where)
    one_of(required(spec, "type", where), TYPES, at(where, "type"))
    check_presentation(spec, where)
    if spec.get("items") is not None and isinstance(spec["items"], dict):
        check_presentation(spec["items"], at(where, "items"))
    _check_schema(spec, where)


def check_presentation(spec: Object, where: str) -> None:
    """What properties, array items and calculations have in common besides the JSON schema."""
    texts(spec, where, title=100, description=None, icon=None)
    if spec.get("format") is not None:
        one_of(spec["format"], _ANY_FORMAT, at(where, "format"))
    if spec.get("spec") is not None:
        one_of(spec["spec"], SPECS, at(where, "spec"))
    if spec.get("specAuthentication") is not None:
        _check_authentication(spec["specAuthentication"], at(where, "specAuthentication"))
    check_colours(spec, "enumColors", where)
    if spec.get("enum") is not None and not an_array(spec["enum"], at(where, "enum")):
        raise InvalidRequest(f"{where}.enum must name at least one value")


def check_colours(spec: Object, key: str, where: str) -> None:
    """A map from values to colours."""
    if spec.get(key) is not None:
        for value, colour in an_object(spec[key], at(where, key)).items():
            one_of(colour, COLOURS, f"{where}.{key}.{value}")


def _check_authentication(value: Any, where: str) -> None:
    value = an_object(value, where)
    only(value, ("clientId", "authorizationUrl", "tokenUrl", "authorizationScope"), where)
    for key in ("clientId", "authorizationUrl", "tokenUrl"):
        a_text(required(value, key, where), at(where, key))
    if value.get("authorizationScope") is not None:
        for number, scope in enumerate(an_array(value["authorizationScope"], at(where, "authorizationScope"))):
            a_text(scope, f"{where}.authorizationScope[{number}]")


def _check_schema(spec: Object, where: str) -> None:
    """The property must be a JSON schema, and its default a value of it."""
    try:
        validator = compile_schema(value_schema(spec, where))
    except jsonschema_rs.ValidationError as error:
        raise InvalidRequest(_not_a_schema(error, where)) from None
    if spec.get("default") is None:
        return
    wrong = next(iter(validator.iter_errors(spec["default"])), None)
    if wrong is not None:
        raise InvalidRequest(f"{where}.default {shown(spec['default'])} does not fit the property: {wrong.message}")


def _not_a_schema(error: jsonschema_rs.ValidationError, where: str) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path)
    if error.instance_path and error.instance_path[-1] == "pattern":
        return f"{where}{path} {shown(error.instance)} is not a regular expression"
    return f"{where}{path} is not valid JSON Schema: {error.message[:300]}"

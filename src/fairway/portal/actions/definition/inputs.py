"""One input of a self-service action (contract 6.3)."""

from __future__ import annotations

from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.portal.actions.definition.expressions import Findings, flag_or_jq, is_jq, jq_query
from fairway.portal.actions.definition.queries import check_query
from fairway.portal.actions.definition.words import FORMATS
from fairway.portal.catalog.properties.property_rules import check_property
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
from fairway.portal.catalog.properties.vocabulary import FORMATS as VALUE_FORMATS
from fairway.portal.catalog.properties.vocabulary import TYPES, shown

_SCHEMA_WORDS = (
    "const", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "properties", "patternProperties",
    "additionalProperties", "propertyNames", "required", "allOf", "anyOf", "oneOf", "not",
)  # fmt: skip
"""JSON Schema about values: what the contract lists, and what goes with it."""
_KEYS = (
    "type", "format", "title", "description", "icon", "blueprint", "enum", "enumColors", "default", "pattern", "items",
    "dependsOn", "visible", "disabled", "dataset", "sort", "encryption", *_SCHEMA_WORDS,
)  # fmt: skip
_ITEM_KEYS = (
    "type", "format", "title", "description", "blueprint", "dataset", "enum", "enumColors", "pattern", *_SCHEMA_WORDS,
)  # fmt: skip
_MAY_BE_JQ = ("enum", "default", "pattern", "minItems", "maxItems")
_ENCRYPTED_TYPES = ("string", "object")


def check_input(spec: Any, where: str, found: Findings) -> None:
    """One of ``userInputs.properties``.

    Raises:
        InvalidRequest: naming the path of what is wrong.
    """
    only(an_object(spec, where), _KEYS, where)
    kind = one_of(required(spec, "type", where), TYPES, at(where, "type"))
    texts(spec, where, title=None, description=None, icon=None)
    _check_format(spec, kind, where)
    _check_blueprint(spec, where, found)
    for key in ("visible", "disabled"):
        if spec.get(key) is not None:
            flag_or_jq(spec[key], at(where, key), found)
    _check_dataset(spec, where, found)
    if spec.get("sort") is not None:
        _check_sort(spec["sort"], at(where, "sort"))
    if spec.get("encryption") is not None:
        _check_encryption(spec["encryption"], kind, at(where, "encryption"))
    _check_items(spec, kind, where, found)
    _check_values(spec, where, found)


def _check_format(spec: Object, kind: str, where: str) -> None:
    if spec.get("format") is None:
        return
    known = FORMATS.get(kind)
    if known is None:
        hint = "; the format of its elements stands in items.format" if kind == "array" else ""
        raise InvalidRequest(f'{where}.format: an input of type "{kind}" has no format{hint}')
    one_of(spec["format"], known, at(where, "format"))


def _check_blueprint(spec: Object, where: str, found: Findings) -> None:
    items = spec.get("items")
    inner = items if isinstance(items, dict) else {}
    for holder, place in ((spec, where), (inner, at(where, "items"))):
        if holder.get("blueprint") is not None:
            found.blueprint(holder["blueprint"], at(place, "blueprint"))
    if spec.get("format") == "entity":
        required(spec, "blueprint", where)
    elif inner.get("format") == "entity" and inner.get("blueprint") is None and spec.get("blueprint") is None:
        raise InvalidRequest(f"{where}.items.blueprint is required: it says whose entities can be chosen")


def _check_dataset(spec: Object, where: str, found: Findings) -> None:
    if spec.get("dataset") is not None:
        only(an_object(spec["dataset"], at(where, "dataset")), ("combinator", "rules"), at(where, "dataset"))
        check_query(spec["dataset"], at(where, "dataset"), found)


def _check_sort(value: Any, where: str) -> None:
    only(an_object(value, where), ("property", "order"), where)
    a_text(required(value, "property", where), at(where, "property"), 100, 1)
    one_of(required(value, "order", where), ("ASC", "DESC"), at(where, "order"))


def _check_encryption(value: Any, kind: str, where: str) -> None:
    if kind not in _ENCRYPTED_TYPES:
        raise InvalidRequest(f'{where}: inputs of type "string" and "object" can be encrypted, not "{kind}"')
    if isinstance(value, dict):
        only(value, ("algorithm", "key"), where)
        one_of(required(value, "algorithm", where), ("client-side",), at(where, "algorithm"))
        a_text(required(value, "key", where), at(where, "key"), 10_000, 1)
    elif value != "aes256-gcm":
        raise InvalidRequest(f'{where} must be "aes256-gcm" or an object with algorithm and key, not {shown(value)}')


def _check_items(spec: Object, kind: str, where: str, found: Findings) -> None:
    items = spec.get("items")
    if items is None:
        return
    place = at(where, "items")
    if kind != "array":
        raise InvalidRequest(f'{place}: only inputs of type "array" have items, this one is of type "{kind}"')
    only(an_object(items, place), _ITEM_KEYS, place)
    if items.get("type") is not None:
        one_of(items["type"], TYPES, at(place, "type"))
    _check_format(items, items.get("type") or "string", place)
    _check_dataset(items, place, found)


def _check_values(spec: Object, where: str, found: Findings) -> None:
    """Constants must be JSON Schema, and the default must fit them; what JQ gives is known when a form is made."""
    constants = {key: value for key, value in spec.items() if key not in ("title", "format")}
    for key in _MAY_BE_JQ:
        if is_jq(spec.get(key)):
            jq_query(constants.pop(key), at(where, key), found)
    if spec.get("format") in VALUE_FORMATS:
        constants["format"] = spec["format"]
    items = spec.get("items")
    if items is not None:
        constants["items"] = _constant_items(items, at(where, "items"), found)
    present = {key: value for key, value in constants.items() if value is not None}
    _check_enum(present, spec["type"], where)
    check_property(present, where)


def _constant_items(items: Object, where: str, found: Findings) -> dict[str, Any]:
    constants = {key: value for key, value in items.items() if value is not None}
    if is_jq(items.get("enum")):
        jq_query(constants.pop("enum"), at(where, "enum"), found)
    if constants.get("format") not in VALUE_FORMATS:
        constants.pop("format", None)
    _check_enum(constants, constants.get("type") or "string", where)
    return constants


def _check_enum(spec: Object, kind: str, where: str) -> None:
    """Each value must be of the input's type, else nobody could ever choose it."""
    kinds: dict[str, tuple[type, ...]] = {"string": (str,), "number": (int, float), "boolean": (bool,)}
    wanted = kinds.get(kind)
    if spec.get("enum") is None or wanted is None:
        return
    for number, value in enumerate(an_array(spec["enum"], at(where, "enum"))):
        if not isinstance(value, wanted) or (isinstance(value, bool) and kind == "number"):
            raise InvalidRequest(f'{where}.enum[{number}] must be of type "{kind}", not {shown(value)}')

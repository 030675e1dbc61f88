"""Rules for a blueprint by itself (contract 2.2-2.6). What is not named here is accepted and echoed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.kit.jsonio import dumps
from fairway.portal.catalog.identifiers import check_blueprint_identifier, check_key
from fairway.portal.catalog.properties.computed_rules import check_aggregation, check_calculation, check_mirror
from fairway.portal.catalog.properties.property_rules import check_property
from fairway.portal.catalog.properties.shape import (
    Object,
    a_text,
    an_array,
    an_object,
    at,
    flags,
    one_of,
    required,
    texts,
)
from fairway.portal.catalog.properties.vocabulary import MAX_DOCUMENT_BYTES, MAX_PROPERTIES, shown

Check = Callable[[Any, str], None]

_KINDS: tuple[tuple[str, str, Check], ...] = (
    ("mirrorProperties", "Mirror property", check_mirror),
    ("calculationProperties", "Calculation property", check_calculation),
    ("aggregationProperties", "Aggregation property", check_aggregation),
)


def validate_blueprint(document: dict[str, Any]) -> None:
    """Checks everything that can be seen in the document alone.

    Raises:
        InvalidRequest: with the path of what is wrong and what would be right.
    """
    check_blueprint_identifier(document.get("identifier"))
    a_text(required(document, "title", ""), "title", 100, 1)
    texts(document, "", description=200, icon=None)
    flags(document, "", "includeInGlobalSearch")
    names = _check_schema(required(document, "schema", ""))
    for key, what, check in _KINDS:
        for name, spec in _map(document, key, what).items():
            check(spec, f"{key}.{name}")
            if name in names:
                raise InvalidRequest(f'{key}.{name}: "{name}" is already the name of {names[name]}')
            names[name] = f"a property in {key}"
    relations = _map(document, "relations", "Relation")
    for name, spec in relations.items():
        _check_relation(spec, f"relations.{name}")
    _check_bounds(document, len(names) + len(relations))
    _check_ownership(document)
    _check_destination(document.get("changelogDestination"))


def _map(document: Object, key: str, what: str) -> Object:
    found = an_object(document.get(key) or {}, key)
    for name in found:
        check_key(name, what)
    return found


def _check_schema(schema: Any) -> dict[str, str]:
    """``schema``; answers the names that are taken."""
    schema = an_object(schema, "schema")
    properties = an_object(required(schema, "properties", "schema"), "schema.properties")
    for name, spec in properties.items():
        check_key(name, "Property")
        check_property(spec, f"schema.properties.{name}")
    for number, name in enumerate(an_array(schema.get("required") or [], "schema.required")):
        if a_text(name, f"schema.required[{number}]") not in properties:
            raise InvalidRequest(f'schema.required[{number}]: "{name}" is not one of schema.properties')
    return dict.fromkeys(properties, "a property in schema.properties")


def _check_relation(spec: Any, where: str) -> None:
    spec = an_object(spec, where)
    a_text(required(spec, "target", where), at(where, "target"), 100, 1)
    texts(spec, where, title=100, description=None, type=None)
    flags(spec, where, "required", "many")
    if spec.get("required") and spec.get("many"):
        raise InvalidRequest(f'{where} cannot be both "required" and "many"; drop one of them')


def _check_bounds(document: Object, names: int) -> None:
    if names > MAX_PROPERTIES:
        raise InvalidRequest(f"A blueprint may have {MAX_PROPERTIES} properties and relations, this one has {names}")
    size = len(dumps(document))
    if size > MAX_DOCUMENT_BYTES:
        raise InvalidRequest(f"A blueprint may have {MAX_DOCUMENT_BYTES} bytes as JSON, this one has {size}")


def _check_ownership(document: Object) -> None:
    ownership = document.get("ownership")
    if ownership is None:
        return
    ownership = an_object(ownership, "ownership")
    kind = one_of(required(ownership, "type", "ownership"), ("Direct", "Inherited"), "ownership.type")
    texts(ownership, "ownership", title=100)
    if kind == "Inherited":
        path = a_text(required(ownership, "path", "ownership"), "ownership.path", 1000, 1)
        if not all(path.split(".")):
            raise InvalidRequest(f"ownership.path {shown(path)} must be relations joined by dots")


def _check_destination(value: Any) -> None:
    if value is None or value == {}:
        return
    value = an_object(value, "changelogDestination")
    kind = one_of(required(value, "type", "changelogDestination"), ("WEBHOOK", "KAFKA"), "changelogDestination.type")
    if kind == "WEBHOOK":
        url = a_text(required(value, "url", "changelogDestination"), "changelogDestination.url")
        if not url.lower().startswith(("http://", "https://")):
            raise InvalidRequest(f"changelogDestination.url must be an http or https URL, not {shown(url)}")
        flags(value, "changelogDestination", "agent")

"""Do an entity's own values fit its blueprint? The hot path of ingestion: about a microsecond when they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.kit.jsonio import dumps, loads
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.properties.mismatch import mismatch, missing
from fairway.portal.catalog.properties.value_schema import compile_schema, value_schema

_CACHE_KEY = "properties.validator"
_EXACT = 1 << 53
"""Beyond this a float does not stand for one integer."""


class EntityValidator:
    """Checks and normalises property values against one version of a blueprint."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        declared = document.get("schema") or {}
        specs: Mapping[str, Mapping[str, Any]] = declared.get("properties") or {}
        schemas = {name: value_schema(spec, f"schema.properties.{name}") for name, spec in specs.items()}
        self._document = document
        self._schemas = schemas
        self._required = frozenset(declared.get("required") or ())
        self._may_hold_floats = tuple(name for name, spec in specs.items() if spec.get("type") in ("number", "array"))
        self._defaults = {name: spec["default"] for name, spec in specs.items() if spec.get("default") is not None}
        self._copied = any(isinstance(value, dict | list) for value in self._defaults.values())
        self._validator = compile_schema({"type": "object", "properties": schemas, "additionalProperties": False})

    def validate(self, properties: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """The values to store: nulls dropped, ``10.0`` as ``10``. ``partial`` looks at the given keys only; a null
        there clears the property.

        Raises:
            InvalidRequest: ``blueprint_schema_mismatch`` for an unknown key or a value that does not fit,
                ``missing_property`` for a required property that is absent or null.
        """
        if None in properties.values():
            values = {name: value for name, value in properties.items() if value is not None}
            self._check_nulls(properties, partial)
        else:
            values = dict(properties)
        if not self._validator.is_valid(values):
            raise mismatch(self._document, self._validator.iter_errors(values))
        if not partial and not self._required <= values.keys():
            raise missing(self._document, sorted(self._required - values.keys()))
        for name in self._may_hold_floats:
            if name in values:
                values[name] = _integral(values[name])
        return values

    def apply_defaults(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """``properties`` with the defaults of absent keys, for a new entity."""
        defaults = loads(dumps(self._defaults)) if self._copied else self._defaults
        return {**defaults, **properties}

    def _check_nulls(self, properties: Mapping[str, Any], partial: bool) -> None:
        """An unknown key is unknown with null, too; and an update may not clear what is required."""
        nulls = [name for name, value in properties.items() if value is None]
        unknown = {name: None for name in nulls if name not in self._schemas}
        if unknown:
            raise mismatch(self._document, self._validator.iter_errors(unknown))
        cleared = sorted(self._required.intersection(nulls))
        if partial and cleared:
            raise missing(self._document, cleared)


def _integral(value: Any) -> Any:
    if type(value) is float:
        return int(value) if value.is_integer() and -_EXACT <= value <= _EXACT else value
    if type(value) is list and any(type(item) is float for item in value):
        return [_integral(item) if type(item) is float else item for item in value]
    return value


def compile_validator(document: Mapping[str, Any]) -> EntityValidator:
    """The validator of a blueprint document that :func:`validate_blueprint` has accepted."""
    return EntityValidator(document)


def validator_of(blueprint: Blueprint) -> EntityValidator:
    """The validator of this version of a blueprint, compiled at first use."""
    found: EntityValidator | None = blueprint.cache.get(_CACHE_KEY)
    if found is None:
        found = blueprint.cache[_CACHE_KEY] = compile_validator(blueprint.document)
    return found

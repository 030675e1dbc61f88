"""The reference description of the API, as corrected by the contract, against which every answer in the suite is held.

Corrections are few and each names the section of the catalog API contract that decides.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs

from support.shapes import CONTRACT_SHAPES, ENTITY, ERROR

CHECKOUT = Path(__file__).parents[2]


def reference_path() -> Path:
    """Where the reference lies: ``FAIRWAY_REFERENCE_API``, or beside the checkout."""
    given = os.environ.get("FAIRWAY_REFERENCE_API")
    return Path(given) if given else CHECKOUT.parent / "shared" / "contracts" / "reference-api.json"


BESIDE = frozenset({"/v1/integration/provision-enabled"})
"""Fixed paths of the contract (8.1) that the reference lacks and would take for one of its parameters."""


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    pattern: re.Pattern[str]
    responses: dict[str, Any]

    @cached_property
    def success(self) -> jsonschema_rs.Draft202012Validator | None:
        """The schema of successful answers: the contract's own where it has one, else the reference's, corrected."""
        schema = CONTRACT_SHAPES.get((self.method, self.path)) or self._reference_success()
        return None if schema is None else jsonschema_rs.Draft202012Validator(schema)

    def _reference_success(self) -> dict[str, Any] | None:
        for status, response in self.responses.items():
            content = response.get("content", {}).get("application/json", {})
            if status.startswith("2") and "schema" in content:
                return correct(content["schema"], nullable=_may_hold_nulls(self.path))
        return None


class Reference:
    """All operations of the reference."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.operations = list(_operations(document))
        known = {(operation.method, operation.path) for operation in self.operations}
        more = [_operation(method, path, {}) for method, path in CONTRACT_SHAPES if (method, path) not in known]
        self._by_parameters = sorted([*self.operations, *more], key=lambda operation: operation.path.count("{"))

    @classmethod
    def load(cls) -> Reference | None:
        """The reference, or none when it is not on this machine."""
        path = reference_path()
        return cls(json.loads(path.read_text())) if path.exists() else None

    def find(self, method: str, raw_path: str) -> Operation | None:
        """The operation of a request; fixed paths win over parameters."""
        if raw_path in BESIDE:
            return None
        for operation in self._by_parameters:
            if operation.method == method and operation.pattern.fullmatch(raw_path):
                return operation
        return None

    def problem(self, response: httpx.Response) -> str | None:
        """Why the body does not fit, or none."""
        path = response.request.url.raw_path.split(b"?")[0].decode()
        if response.status_code >= 400:
            return _first_error(_ERROR, response)
        operation = self.find(response.request.method, path)
        if operation is None or operation.success is None:
            return None
        return _first_error(operation.success, response)


_ERROR = jsonschema_rs.Draft202012Validator(ERROR)


def _first_error(validator: jsonschema_rs.Draft202012Validator, response: httpx.Response) -> str | None:
    for error in validator.iter_errors(response.json()):
        where = "/".join(str(part) for part in error.instance_path)
        return f"at /{where}: {error.message[:500]}"
    return None


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            yield _operation(method.upper(), path, described["responses"])


def _operation(method: str, path: str, responses: dict[str, Any]) -> Operation:
    pattern = re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)))
    return Operation(method, path, pattern, responses)


def _may_hold_nulls(path: str) -> bool:
    """Section 15.7: what has no value is null in runs, entities and pages."""
    return any(word in path for word in ("/entities", "/runs", "/pages"))


_VERBATIM = ("enum", "const", "default", "properties")


def correct(schema: Any, *, nullable: bool) -> Any:
    """The schema with the contract's corrections."""
    if isinstance(schema, list):
        if all(isinstance(item, str) for item in schema):
            return list(dict.fromkeys(schema))  # "ok" is listed twice among the required keys of one answer
        return [correct(item, nullable=nullable) for item in schema]
    if isinstance(schema, str):
        return True if schema.startswith("circular(") else schema  # 15.9: groups may be nested
    if not isinstance(schema, dict):
        return schema
    properties = schema.get("properties")
    if isinstance(properties, dict) and "rules" in str(properties.get("identifier")):
        return ENTITY  # 15.8: the write schema stands where entities are answered
    fixed = {key: value if key in _VERBATIM else correct(value, nullable=nullable)
             for key, value in schema.items() if value != "circular()"}  # fmt: skip
    if isinstance(properties, dict):
        held = {name: correct(value, nullable=nullable) for name, value in properties.items()}
        fixed["properties"] = {name: {"anyOf": [v, {"type": "null"}]} for name, v in held.items()} if nullable else held
    return fixed

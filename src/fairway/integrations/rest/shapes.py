"""Finds the items in an answer. What is not where it is declared is an error: an empty listing deletes entities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fairway.integration.http import ThirdPartyBroken
from fairway.integration.model import RawItem
from fairway.integrations.rest.declaration import Declaration


def items_of(declared: Declaration) -> Callable[[Any], list[RawItem]]:
    """A function from answers to their items, which raises ``ThirdPartyBroken``."""

    def found(document: Any) -> list[RawItem]:
        value = _at(document, declared.data_path) if declared.data_path else document
        if value is None and declared.data_path:
            return []
        where = f'at `dataPath` "{declared.data_path}"' if declared.data_path else "in the answer"
        return _shaped(value, declared, where)

    return found


def _at(document: Any, path: str) -> Any:
    value = document
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            has = ", ".join(f'"{key}"' for key in list(value)[:10]) if isinstance(value, Mapping) else _name(value)
            raise ThirdPartyBroken(f'there is no "{name}" of `dataPath` "{path}" in the answer, which has: {has}')
        value = value[name]
    return value


def _shaped(value: Any, declared: Declaration, where: str) -> list[RawItem]:
    match declared.shape:
        case "object" if isinstance(value, dict):
            return [value]
        case "map" if isinstance(value, dict) and all(isinstance(item, dict) for item in value.values()):
            return [{**item, "__key": key} for key, item in value.items()]
        case "values" if isinstance(value, list):
            return [{"value": item} for item in value]
        case "list" if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return value
    asked = {"list": "a list of objects", "object": "an object", "map": "a map of objects", "values": "a list"}
    raise ThirdPartyBroken(f"{where} there should be {asked[declared.shape]}, not {_name(value)}")


def _name(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")

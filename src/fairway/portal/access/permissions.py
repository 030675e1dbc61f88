"""The permission document of a blueprint (contract 2.10): its defaults, and how a PATCH changes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from fairway.kit.errors import InvalidPermissions, InvalidRequest

VERBS = ("register", "unregister", "update", "read")
GRANULAR = ("updateProperties", "updateRelations")
META_PROPERTIES = frozenset({"$team", "$icon", "$identifier", "$title"})
"""What ``updateProperties`` may name besides the blueprint's own properties."""

_LISTS = ("users", "roles", "teams")


def default_permissions(blueprint: str) -> dict[str, Any]:
    """The document of a new blueprint: Admins and its moderators write, everybody reads.

    System blueprints (``_user``, ``_team``, ...) have no moderators: whoever writes them decides about roles.
    """
    moderator = [] if blueprint.startswith("_") else [f"{blueprint}-moderator"]
    blocks: dict[str, Any] = {verb: _block(["Admin", *moderator]) for verb in ("register", "unregister", "update")}
    blocks["read"] = _block(["Admin", "Member", *moderator])
    return {"entities": {**blocks, "updateProperties": {}, "updateRelations": {}}}


def merge_permissions(
    stored: Mapping[str, Any], patch: Mapping[str, Any], properties: Collection[str], relations: Collection[str]
) -> dict[str, Any]:
    """The document after a PATCH: blocks that are not sent stay, ``null`` is empty, ``policy`` stays only when sent.

    Raises:
        InvalidPermissions: a granular map names properties or relations that the blueprint lacks.
        InvalidRequest: the patch has another shape.
    """
    sent = patch.get("entities", {})
    if not isinstance(sent, dict) or set(patch) - {"entities"}:
        raise InvalidRequest('The permissions must be an object with the key "entities" that holds an object')
    _check_names(sent, properties, relations)
    merged: dict[str, Any] = dict(stored.get("entities", {}))
    for key, value in sent.items():
        where = f"entities.{key}"
        if key in VERBS:
            merged[key] = _merge_block(merged.get(key), value, where, policy_allowed=key == "read")
        elif key in GRANULAR:
            merged[key] = _merge_map(merged.get(key) or {}, value, where)
        else:
            raise InvalidRequest(f'"{where}" is not a permission; known are {", ".join((*VERBS, *GRANULAR))}')
    return {**stored, "entities": merged}


def _block(roles: list[str]) -> dict[str, Any]:
    return {"users": [], "roles": roles, "teams": [], "ownedByTeam": False}


def _check_names(sent: Mapping[str, Any], properties: Collection[str], relations: Collection[str]) -> None:
    bad_properties = [name for name in _keys(sent, "updateProperties") if name not in {*properties, *META_PROPERTIES}]
    bad_relations = [name for name in _keys(sent, "updateRelations") if name not in relations]
    if bad_properties or bad_relations:
        raise InvalidPermissions(
            "You cannot update permissions on unknown fields",
            details={"invalidProperties": bad_properties, "invalidRelations": bad_relations},
        )


def _keys(sent: Mapping[str, Any], name: str) -> list[str]:
    value = sent.get(name)
    return list(value) if isinstance(value, dict) else []


def _merge_map(stored: Mapping[str, Any], sent: Any, where: str) -> dict[str, Any]:
    """Blocks by property or relation: what is not named stays, a null block goes, a null map empties."""
    if sent is None:
        return {}
    if not isinstance(sent, dict):
        raise InvalidRequest(f'"{where}" must be an object of permission blocks')
    merged = dict(stored)
    for name, block in sent.items():
        if block is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge_block(merged.get(name), block, f"{where}.{name}", policy_allowed=False)
    return merged


def _merge_block(stored: Any, sent: Any, where: str, *, policy_allowed: bool) -> dict[str, Any]:
    if sent is None:
        return _block([])
    if not isinstance(sent, dict):
        raise InvalidRequest(f'"{where}" must be an object with users, roles, teams and ownedByTeam')
    merged = {**_block([]), **(stored or {})}
    merged.pop("policy", None)
    for key, value in sent.items():
        if key in _LISTS:
            merged[key] = _strings(value, f"{where}.{key}")
        elif key == "ownedByTeam":
            merged[key] = _boolean(value, f"{where}.{key}")
        elif key == "policy" and (policy_allowed or value is None):
            if value is not None:
                merged[key] = _policy(value, f"{where}.{key}")
        else:
            hint = "; a policy is only possible on read" if key == "policy" else ""
            raise InvalidRequest(f'"{where}.{key}" is not part of a permission block{hint}')
    return merged


def _strings(value: Any, where: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidRequest(f'"{where}" must be a list of strings')
    return list(value)


def _boolean(value: Any, where: str) -> bool:
    if value is not None and not isinstance(value, bool):
        raise InvalidRequest(f'"{where}" must be true or false')
    return bool(value)


def _policy(value: Any, where: str) -> dict[str, Any]:
    """Shape only: the catalog compiles the rules, and refuses those it does not know, before it stores them."""
    if (
        not isinstance(value, dict)
        or value.get("combinator") not in ("and", "or")
        or not isinstance(value.get("rules"), list)
    ):
        raise InvalidRequest(f'"{where}" must be a search query: {{"combinator": "and" or "or", "rules": [...]}}')
    return value

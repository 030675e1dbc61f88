"""Who may execute and approve: the permission document of an action (contract 6.8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.portal.actions.definition.expressions import Findings
from fairway.portal.actions.definition.queries import check_query
from fairway.portal.actions.definition.renames import rules_with_blueprint_renamed
from fairway.portal.catalog.properties.shape import a_text, an_array, an_object, at, only, required
from fairway.portal.catalog.properties.vocabulary import kind_of

_LISTS = ("users", "roles", "teams")
_KEYS = {"execute": (*_LISTS, "ownedByTeam", "policy"), "approve": (*_LISTS, "policy")}
MAX_QUERIES = 50


def default_permissions() -> dict[str, Any]:
    """Of a new action: Admins and Members execute, Admins approve."""
    return {
        "execute": {"users": [], "roles": ["Admin", "Member"], "teams": [], "ownedByTeam": False, "policy": None},
        "approve": {"users": [], "roles": ["Admin"], "teams": [], "policy": None},
    }


def merge_permissions(stored: Mapping[str, Any], patch: Mapping[str, Any], found: Findings) -> dict[str, Any]:
    """The document after a PATCH: what is not sent stays, null lists are empty, a null policy goes.

    Raises:
        InvalidRequest: the patch has another shape, naming the path.
    """
    only(patch, tuple(_KEYS), "")
    merged = dict(stored)
    for verb, block in patch.items():
        if block is not None:
            merged[verb] = {**merged[verb], **_block(block, verb, found)}
    return merged


def _block(block: Any, verb: str, found: Findings) -> dict[str, Any]:
    only(an_object(block, verb), _KEYS[verb], verb)
    changed: dict[str, Any] = {key: _texts(block[key], at(verb, key)) for key in _LISTS if key in block}
    if "ownedByTeam" in block:
        owned = block["ownedByTeam"]
        if owned is not None and not isinstance(owned, bool):
            raise InvalidRequest(f"{verb}.ownedByTeam must be a boolean, not {kind_of(owned)}")
        changed["ownedByTeam"] = bool(owned)
    if "policy" in block:
        if block["policy"] is not None:
            _check_policy(block["policy"], at(verb, "policy"), found)
        changed["policy"] = block["policy"]
    return changed


def _texts(value: Any, where: str) -> list[str]:
    items = [] if value is None else an_array(value, where)
    return [a_text(item, f"{where}[{number}]") for number, item in enumerate(items)]


def _check_policy(policy: Any, where: str, found: Findings) -> None:
    only(an_object(policy, where), ("queries", "conditions"), where)
    queries = an_object(required(policy, "queries", where), at(where, "queries"))
    if len(queries) > MAX_QUERIES:
        raise InvalidRequest(f"{where}.queries: a policy may have {MAX_QUERIES} queries, this one has {len(queries)}")
    for name, query in queries.items():
        check_query(query, f"{where}.queries.{name}", found)
    conditions = an_array(required(policy, "conditions", where), at(where, "conditions"))
    if not conditions:
        raise InvalidRequest(f"{where}.conditions must hold at least one JQ expression, or the policy grants nothing")
    for number, text in enumerate(conditions):
        found.jq(text, f"{where}.conditions[{number}]")


def with_names_renamed(permissions: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """The document with another name for a blueprint: in its moderators' role, and in the queries of policies."""
    return {verb: _block_renamed(block, old, new) for verb, block in permissions.items()}


def _block_renamed(block: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    roles = [f"{new}-moderator" if role == f"{old}-moderator" else role for role in block["roles"]]
    changed = {**block, "roles": roles}
    if block.get("policy"):
        queries = rules_with_blueprint_renamed(block["policy"]["queries"], old, new)
        changed["policy"] = {**block["policy"], "queries": queries}
    return changed

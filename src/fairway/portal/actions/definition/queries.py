"""Search queries in actions, whose values may be JQ or templates that are only known when they run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.portal.actions.definition.expressions import Findings, has_template, is_jq, jq_query
from fairway.portal.catalog.properties.shape import at
from fairway.portal.catalog.search.rules import parse_query

_RANGES = ("between", "notBetween")


def check_query(query: Any, where: str, found: Findings) -> None:
    """A query as search takes it, with ``{jqQuery}`` and ``{{ }}`` where rules have values (contract 6.3, 6.8).

    Raises:
        InvalidRequest: naming the path of what is wrong.
    """
    parse_query(_stood_in(query, where, found), where)


def _stood_in(node: Any, where: str, found: Findings) -> Any:
    """The query with a fitting constant for every value that is computed, so that search can check the rest."""
    if not isinstance(node, Mapping):
        return node
    changed = dict(node)
    for key in ("rules", "conditions"):
        if isinstance(node.get(key), list):
            rules = enumerate(node[key])
            changed[key] = [_stood_in(rule, f"{where}.{key}[{number}]", found) for number, rule in rules]
    value = node.get("value")
    if is_jq(value):
        jq_query(value, at(where, "value"), found)
    elif has_template(value):
        found.templates(value, at(where, "value"))
    else:
        return changed
    changed["value"] = {"preset": "today"} if node.get("operator") in _RANGES else "computed"
    return changed

"""Search objects in relations and team: their grammar. Section 2.7 of the contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fairway.gitops.spec.draft import Draft, Path
from fairway.gitops.spec.limits import MAX_SEARCH_DEPTH
from fairway.gitops.spec.nodes import Mapping, Node, Scalar, Sequence
from fairway.gitops.spec.scalars import text_value
from fairway.gitops.spec.values import Schema, entries, value_of
from fairway.gitops.spec.wording import did_you_mean, kind_of, listed, quoted

OPERATORS = ("=", "in", "contains")
COMBINATORS = ("and", "or")
_GROUP = ("combinator", "rules")
_RULE = ("property", "operator", "value")

SchemaOf = Callable[[str], Schema]
"""What the values of a property of the searched blueprint are, as far as it is known."""

HINT = 'A search is {combinator: and, rules: [{property: handle, operator: "=", value: kim}]}'


def read_search(node: Mapping, schema_of: SchemaOf, draft: Draft, path: Path, depth: int = 0) -> dict[str, Any]:
    """A group of rules as the catalog takes it; what is wrong with it becomes ``E_SEARCH_RULE``."""
    found = entries(node)
    _only(found, _GROUP, draft)
    combinator = _word(found.get("combinator"), "combinator", COMBINATORS, node, draft)
    rules: list[dict[str, Any]] = []
    _, items = found.get("rules", (None, None))
    if not isinstance(items, Sequence):
        given = "no" if items is None else f"{node_kind(items)} as"
        draft.note("E_SEARCH_RULE", f'The search has {given} "rules"; a list of rules is needed', items or node, HINT)
    elif not items.items:
        draft.note("E_SEARCH_RULE", 'The search has an empty list of "rules"; it would find everything', items, HINT)
    else:
        for number, item in enumerate(items.items):
            place = (*path, "rules", str(number))
            draft.marks[place] = item.mark
            rules.append(_item(item, schema_of, draft, place, depth))
    return {"combinator": combinator, "rules": rules}


def _item(node: Node, schema_of: SchemaOf, draft: Draft, path: Path, depth: int) -> dict[str, Any]:
    if not isinstance(node, Mapping):
        draft.note("E_SEARCH_RULE", f"A rule of the search is {node_kind(node)}; a mapping is needed", node, HINT)
        return {}
    found = entries(node)
    if "combinator" not in found and "rules" not in found:
        return _rule(node, schema_of, draft, path)
    if depth >= MAX_SEARCH_DEPTH:
        message = f"Groups of the search are nested deeper than {MAX_SEARCH_DEPTH}"
        draft.note("E_SEARCH_RULE", message, node)
        return {}
    return read_search(node, schema_of, draft, path, depth + 1)


def _rule(node: Mapping, schema_of: SchemaOf, draft: Draft, path: Path) -> dict[str, Any]:
    found = entries(node)
    _only(found, _RULE, draft)
    name = _word(found.get("property"), "property", None, node, draft)
    operator = _word(found.get("operator"), "operator", OPERATORS, node, draft)
    if "value" not in found:
        draft.note("E_SEARCH_RULE", 'The rule of the search has no "value"', node, HINT)
        return {}
    key, value = found["value"]
    draft.key((*path, "value"), key, value)
    if "property" in found:
        draft.key((*path, "property"), *found["property"])
    schema = schema_of(name)
    schema = {"type": "array", "items": schema} if isinstance(value, Sequence) else schema
    _check_value(operator, value, draft)
    return {"property": name, "operator": operator, "value": value_of(value, schema, draft, (*path, "value"))}


def _check_value(operator: str, value: Node, draft: Draft) -> None:
    many = isinstance(value, Sequence)
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not all(_is_leaf(item) for item in value.items)):
        draft.note("E_SEARCH_RULE", 'The "value" of a rule is text, a number, or a list of them', value)
    elif operator == "in" and not many:
        draft.note("E_SEARCH_RULE", f'The operator "in" takes a list as "value", not {node_kind(value)}', value)
    elif operator == "=" and many:
        draft.note("E_SEARCH_RULE", 'The operator "=" takes one "value", not a list', value, 'Use "in" for a list')


def _is_leaf(node: Node) -> bool:
    return isinstance(node, Scalar)


def _word(
    pair: tuple[Scalar, Node] | None, name: str, allowed: tuple[str, ...] | None, group: Node, draft: Draft
) -> str:
    wanted = f"; {listed(allowed, 'or')} is needed" if allowed else ""
    if pair is None:
        draft.note("E_SEARCH_RULE", f'The search has no "{name}"{wanted}', group, HINT)
        return ""
    value = pair[1]
    text = text_value(value) if isinstance(value, Scalar) else None
    if not text:
        draft.note("E_SEARCH_RULE", f'The "{name}" of the search is {node_kind(value)}{wanted}', value, HINT)
        return ""
    if allowed and text not in allowed:
        draft.note("E_SEARCH_RULE", f'The "{name}" of the search is {quoted(text)}{wanted}', value, HINT)
    return text


def _only(found: dict[str, tuple[Scalar, Node]], allowed: tuple[str, ...], draft: Draft) -> None:
    for name, (key, _) in found.items():
        if name not in allowed:
            message = f"{quoted(name)} is not a key of a search{did_you_mean(name, allowed)}"
            draft.note("E_SEARCH_RULE", message, key, HINT)


def node_kind(node: Node) -> str:
    """What a node is, in the words of YAML."""
    if isinstance(node, Scalar):
        return kind_of(value_of(node, {}, Draft(), ()))
    return "a list" if isinstance(node, Sequence) else "a mapping"

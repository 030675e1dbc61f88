"""Whatever JSON is sent, parsing answers with a rule or with a refusal that names the place."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.search.cursors import decode_cursor, encode_cursor
from fairway.portal.catalog.search.rule_values import OPERATORS
from fairway.portal.catalog.search.rules import parse_query, parse_search_object

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
_WORDS = st.sampled_from((*OPERATORS, "relatedTo", "matchAny", "and", "or", "user", "userTeams", "today", "upstream"))
_KEYS = st.sampled_from(
    (
        "combinator", "rules", "conditions", "property", "operator", "value", "relation", "scorecard", "propertySchema",
        "blueprint", "direction", "required", "path", "fromBlueprint", "maxHops", "context", "preset", "from", "to",
        "not", "type", "items", "format", "targetProperty",
    )
)  # fmt: skip
_NODES: st.SearchStrategy[Any] = st.recursive(
    _JSON | _WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=12
)


@settings(max_examples=500, deadline=None, database=None)
@given(
    st.fixed_dictionaries({"combinator": st.sampled_from(["and", "or"]), "rules": st.lists(_NODES, max_size=3)})
    | _NODES
)
def test_any_json(query: Any) -> None:
    assert _refusal(parse_query, query).startswith("query")
    assert _refusal(lambda given: parse_search_object(given, "query"), query).startswith("query")


def _refusal(parse: Callable[[Any], Any], query: Any) -> str:
    try:
        parse(query)
    except InvalidRequest as refusal:
        return refusal.message
    return "query is fine"


@settings(max_examples=200, deadline=None, database=None)
@given(st.text(max_size=30) | _JSON)
def test_any_cursor(cursor: Any) -> None:
    with suppress(InvalidRequest):
        decode_cursor(cursor, (object, int))


def test_cursors_come_back() -> None:
    for position in (("é", 5), (1.5, 2), (None, 2**62)):
        assert decode_cursor(encode_cursor(*position), (object, int)) == position

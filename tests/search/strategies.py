"""Random schemas, entities and rule trees."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from fairway.portal.catalog.model import Schema
from fairway.portal.catalog.search.presets import PRESETS
from search.world import Item, World, make_blueprint

NAMES = ("p0", "p1", "p2", "p3", "p4")
TEXTS = (
    "",
    "a",
    "A",
    "ab",
    "b%",
    "b_",
    "*",
    "[a]",
    "é",
    "z\U0001f600",
    "'; DROP TABLE entity; --",
    "1",
    "true",
    "null",
)
DATES = (
    "2024-01-01T00:00:00Z",
    "2024-01-01T02:00:00.000+02:00",
    "2024-01-01T00:00:00.500Z",
    "2023-12-31T23:59:59.9999Z",
    "2024-02-29T12:30:00-05:30",
    "2030-06-01T00:00:00Z",
)
NUMBERS = (0, 1, -1, 1.0, 1.5, 100, 1e3, 2**53 + 1, -0.25)
TEAMS = ("red", "blue", "green")
PEOPLE = ("a", "b", "c", "x/y", "É")

_SPECS: dict[str, tuple[dict[str, Any], Any]] = {
    "string": ({"type": "string"}, st.sampled_from(TEXTS + DATES)),
    "date": ({"type": "string", "format": "date-time"}, st.sampled_from(DATES)),
    "number": ({"type": "number"}, st.sampled_from(NUMBERS)),
    "boolean": ({"type": "boolean"}, st.booleans()),
    "texts": ({"type": "array"}, st.lists(st.sampled_from(TEXTS + DATES), max_size=3)),
    "numbers": ({"type": "array", "items": {"type": "number"}}, st.lists(st.sampled_from(NUMBERS), max_size=3)),
    "object": ({"type": "object"}, st.just({"k": "a"})),
}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Three blueprints with relations and mirrors, and up to a dozen entities."""
    kinds = {name: {p: draw(st.sampled_from(sorted(_SPECS))) for p in NAMES} for name in "ABC"}
    specs = {name: {p: _SPECS[kind][0] for p, kind in chosen.items()} for name, chosen in kinds.items()}
    indexed = {name: draw(st.lists(st.sampled_from((*NAMES, "$team")), unique=True)) for name in "ABC"}
    relations: dict[str, dict[str, Any]] = {
        "A": {
            "one": {"target": "B", "required": draw(st.booleans())},
            "many": {"target": "B", "many": True},
            "self": {"target": "A"},
        },
        "B": {"up": {"target": "C"}, "peers": {"target": "B", "many": True}},
        "C": {},
    }
    mirrors = {
        "A": {
            "m0": "one.p0",
            "m1": "many.p1",
            "m2": "one.up.$title",
            "m3": "many.up.p2",
            "m4": "one.$team",
            "m5": "one.n0",
            "m6": "many.$identifier",
        },
        "B": {"n0": "up.p3"},
        "C": {},
    }
    ownership = draw(st.sampled_from([{}, {"ownership": {"type": "Inherited", "path": "one"}}]))
    blueprints = {
        name: make_blueprint(
            name,
            specs[name],
            relations[name],
            indexed[name],
            mirrorProperties={key: {"path": path} for key, path in mirrors[name].items()},
            calculationProperties={"calc": {"calculation": ".identifier", "type": "string"}} if name == "B" else {},
            **(ownership if name == "A" else {}),
        )
        for name in "ABC"
    }
    names = {name: draw(st.lists(st.sampled_from(PEOPLE), unique=True, max_size=4)) for name in "ABC"}
    items = [
        Item(
            name,
            identifier,
            {p: draw(st.none() | _SPECS[kinds[name][p]][1]) for p in NAMES},
            {
                key: draw(
                    st.lists(st.sampled_from(names[spec["target"]]), unique=True, max_size=3 if spec.get("many") else 1)
                )
                if names[spec["target"]]
                else []
                for key, spec in relations[name].items()
            },
            draw(st.none() | st.lists(st.sampled_from(TEAMS), unique=True, max_size=2)),
            draw(st.none() | st.sampled_from(TEXTS)),
            datasource=draw(st.sampled_from(["curl/8", "port-ocean/x/1/int/exporter"])),
            created_at=draw(st.sampled_from([1_704_067_200_000, 1_704_067_200_500, 1_900_000_000_000])),
        )
        for name in "ABC"
        for identifier in names[name]
    ]
    return World(Schema(1, blueprints), items)


_SCALARS = st.sampled_from((*TEXTS, *DATES, "2024-01-01", *NUMBERS, True, False))
_SUBJECTS = st.sampled_from(
    (
        *NAMES,
        "m0",
        "m1",
        "m2",
        "m3",
        "m4",
        "m5",
        "m6",
        "n0",
        "one",
        "many",
        "up",
        "self",
        "unknown",
        "$identifier",
        "$title",
        "$icon",
        "$team",
        "$blueprint",
        "$createdAt",
        "$createdBy",
        "$datasource",
    )
)
_CONTEXT = st.fixed_dictionaries(
    {"context": st.sampled_from(["user", "userTeams"]), "property": st.sampled_from(["$identifier", "p", "none"])}
)
_RANGES = st.one_of(
    st.sampled_from(PRESETS).map(lambda name: {"preset": name}),
    st.tuples(st.sampled_from(DATES), st.sampled_from(DATES)).map(lambda pair: {"from": pair[0], "to": pair[1]}),
)
_LISTS = st.lists(_SCALARS, max_size=3)


def _operators() -> st.SearchStrategy[dict[str, Any]]:
    def with_value(names: tuple[str, ...], value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({"operator": st.sampled_from(names), "value": value})

    equal = _SCALARS | st.none() | _RANGES | _CONTEXT
    return st.one_of(
        with_value(("=", "!="), equal),
        with_value((">", ">=", "<", "<="), st.sampled_from((*TEXTS, *DATES, "2024-01-01", *NUMBERS)) | _CONTEXT),
        st.fixed_dictionaries({"operator": st.sampled_from(("isEmpty", "isNotEmpty", "isExpired", "isNotExpired"))}),
        with_value(("between", "notBetween"), _RANGES),
        with_value(("contains", "doesNotContains", "containsAny", "in", "notIn"), _LISTS | _SCALARS | _CONTEXT),
        with_value(("beginsWith", "doesNotBeginsWith", "endsWith", "doesNotEndsWith"), st.sampled_from(TEXTS + DATES)),
    )


def _merge(*parts: dict[str, Any]) -> dict[str, Any]:
    return {key: value for part in parts for key, value in part.items()}


_PROPERTY = st.builds(_merge, _SUBJECTS.map(lambda name: {"property": name}), _operators())
_RELATION = st.builds(
    _merge,
    st.fixed_dictionaries(
        {
            "relation": st.sampled_from(["one", "many", "up", "nope"]),
            "targetProperty": st.sampled_from(["$title", "$identifier"]),
        }
    ),
    _operators(),
)
_SCHEMA = st.fixed_dictionaries(
    {
        "propertySchema": st.sampled_from(
            [
                {"type": "string"},
                {"type": "string", "format": "date-time"},
                {"type": "array", "items": {"type": "number"}},
            ]
        ),
        "operator": st.sampled_from(["=", "!=", "contains"]),
        "value": _SCALARS,
    }
)
_PEOPLE = st.lists(st.sampled_from(PEOPLE), max_size=2)
_RELATED = st.fixed_dictionaries(
    {"operator": st.just("relatedTo"), "blueprint": st.sampled_from("ABCX"), "value": _PEOPLE},
    optional={"direction": st.sampled_from(["upstream", "downstream"]), "required": st.booleans()},
)
_PATHS = st.sampled_from(
    [
        {"path": ["one"]},
        {"path": ["many", "up"]},
        {"path": [{"relation": "self", "maxHops": 3}, "one"]},
        {"path": [{"relation": "peers", "maxHops": 2}]},
        {"path": ["one", "up"], "fromBlueprint": "A"},
        {"path": ["peers"], "fromBlueprint": "B"},
        {"path": ["nope"]},
        {"path": ["one", {"relation": "peers", "maxHops": 4}]},
    ]
)
_MATCH = st.fixed_dictionaries({"operator": st.just("matchAny"), "property": _PATHS, "value": _PEOPLE})

_CALC = st.fixed_dictionaries(
    {"property": st.just("calc"), "operator": st.just("="), "value": st.sampled_from(["a!", "b!"])}
)


def queries(*, residual: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Rule trees; with ``residual`` also about a calculation property."""
    leaf = st.one_of(
        _PROPERTY, _PROPERTY, _PROPERTY, _RELATION, _SCHEMA, _RELATED, _MATCH, *([_CALC] if residual else [])
    )
    negatable = st.builds(lambda rule, negated: {**rule, "not": True} if negated else rule, leaf, st.booleans())
    nodes = st.recursive(negatable, _groups, max_leaves=6)
    return _groups(nodes)


def _groups(children: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"combinator": st.sampled_from(["and", "or"]), "rules": st.lists(children, max_size=4)}
    )

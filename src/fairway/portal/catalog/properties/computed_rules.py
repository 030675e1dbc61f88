"""Rules for mirror, calculation and aggregation properties (contract 2.4)."""

from __future__ import annotations

import re
from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.properties.property_rules import check_colours, check_presentation
from fairway.portal.catalog.properties.shape import (
    Object,
    a_text,
    an_array,
    an_object,
    at,
    flags,
    one_of,
    only,
    required,
    texts,
)
from fairway.portal.catalog.properties.vocabulary import TYPES, kind_of, shown
from fairway.portal.catalog.search.rules import parse_query

_MIRROR_PATH = re.compile(r"[A-Za-z0-9@_=\-$]+(?:\.[A-Za-z0-9@_=\-$]+)*\.[^.]+\Z")
"""Relation identifiers, then a property or a meta property. The same language as the contract's pattern, written so
that no text makes it backtrack."""
MAX_HOPS = 15
"""Relations in one path."""
_PERIODS = ("hour", "day", "week", "month", "total")
_SPECS: dict[str, tuple[dict[str, tuple[str, ...] | None], tuple[str, ...]]] = {
    "entities": ({"count": (), "average": ("averageOf",)}, ("averageOf", "measureTimeBy")),
    "property": (
        {
            "sum": ("property",), "min": ("property",), "max": ("property",), "median": ("property",),
            "average": ("property", "averageOf"),
        },
        ("property", "averageOf", "measureTimeBy"),
    ),
}  # fmt: skip
"""By ``calculationBy``: the functions with the keys each needs, and the keys that may be there."""


def check_mirror(spec: Any, where: str) -> None:
    """``{path*, title?}``."""
    spec = an_object(spec, where)
    path = a_text(required(spec, "path", where), at(where, "path"))
    if not _MIRROR_PATH.match(path):
        raise InvalidRequest(
            f"{where}.path {shown(path)} must be relations and then a property, joined by dots, "
            'such as "domain.$title" or "service.domain.tier"'
        )
    if path.count(".") > MAX_HOPS:
        raise InvalidRequest(f"{where}.path follows more than {MAX_HOPS} relations")
    texts(spec, where, title=100)


def check_calculation(spec: Any, where: str) -> None:
    """``{calculation*, type*, ...}``; that the program is jq is checked by whoever has the engine."""
    spec = an_object(spec, where)
    if not a_text(required(spec, "calculation", where), at(where, "calculation")).strip():
        raise InvalidRequest(f"{where}.calculation must hold a jq program")
    one_of(required(spec, "type", where), TYPES, at(where, "type"))
    check_presentation(spec, where)
    flags(spec, where, "colorized")
    texts(spec, where, dateFormat=None)
    check_colours(spec, "colors", where)
    if spec.get("items") is not None:
        items = an_object(spec["items"], at(where, "items"))
        check_presentation(items, at(where, "items"))
        if items.get("type") is not None:
            one_of(items["type"], TYPES, f"{where}.items.type")


def check_aggregation(spec: Any, where: str) -> None:
    """``{title*, target*, calculationSpec*, query?, pathFilter?}``."""
    spec = an_object(spec, where)
    a_text(required(spec, "title", where), at(where, "title"), 100)
    texts(spec, where, description=None, icon=None)
    if spec.get("type") is not None:
        one_of(spec["type"], ("number",), at(where, "type"))
    a_text(required(spec, "target", where), at(where, "target"))
    _check_calculation_spec(required(spec, "calculationSpec", where), at(where, "calculationSpec"))
    if spec.get("query") is not None:
        parse_query(spec["query"], at(where, "query"))
    if spec.get("pathFilter") is not None:
        _check_path_filter(spec["pathFilter"], at(where, "pathFilter"))


def _check_calculation_spec(spec: Any, where: str) -> None:
    spec = an_object(spec, where)
    for key, value in spec.items():
        if not isinstance(value, str):
            raise InvalidRequest(f"{where}.{key} must be a string, not {kind_of(value)}")
    by = one_of(required(spec, "calculationBy", where), tuple(_SPECS), at(where, "calculationBy"))
    functions, allowed = _SPECS[by]
    func = one_of(required(spec, "func", where), tuple(functions), at(where, "func"))
    only(spec, ("func", "calculationBy", *allowed), where)
    for key in functions[func] or ():
        required(spec, key, where)
    if "averageOf" in spec:
        one_of(spec["averageOf"], _PERIODS, at(where, "averageOf"))


def _check_path_filter(value: Any, where: str) -> None:
    if len(an_array(value, where)) > 1:
        raise InvalidRequest(f"{where} may hold one path at most, it has {len(value)}")
    for item in value:
        item_at = f"{where}[0]"
        only(an_object(item, item_at), ("path", "fromBlueprint"), item_at)
        path = an_array(required(item, "path", item_at), at(item_at, "path"))
        if not 0 < len(path) <= MAX_HOPS:
            raise InvalidRequest(f"{item_at}.path must name 1 to {MAX_HOPS} relations, it names {len(path)}")
        for number, step in enumerate(path):
            a_text(step, f"{item_at}.path[{number}]")
        texts(item, item_at, fromBlueprint=None)


def relations_of_path_filter(spec: Object) -> tuple[tuple[str, ...], str | None] | None:
    """The path and ``fromBlueprint`` of an aggregation, if it has a path."""
    found = spec.get("pathFilter") or []
    return (tuple(found[0]["path"]), found[0].get("fromBlueprint")) if found else None

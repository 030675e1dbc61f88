"""One resource of the mapping, checked without compiling its programs (contract 6.2 and 6.3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from fairway.integration.mapping.reader import Reader, pointer
from fairway.integration.model import Problem, Resource

_PROGRAMS = ("identifier", "blueprint", "title", "icon", "team")
_SEARCHABLE = frozenset({"identifier", "team"})


def read_resource(
    reader: Reader,
    index: int,
    item: Any,
    kinds: Collection[str] | None,
    selectors: Mapping[str, type[BaseModel]],
) -> Resource | None:
    """The resource, or ``None`` when ``reader`` has problems with it."""
    before = len(reader.problems)
    at = pointer("resources", index)
    if not isinstance(item, Mapping):
        reader.wrong(at, "a resource must be an object", item)
        return None
    kind = _kind(reader, item.get("kind"), at, kinds)
    query, selector = _selector(reader, item.get("selector"), at, selectors.get(kind) or selectors.get("*"))
    port = _object(reader, item.get("port"), f"{at}/port")
    parse = port.get("itemsToParse")
    if parse is not None and not isinstance(parse, str):
        reader.wrong(f"{at}/port/itemsToParse", "must be a JQ program", parse)
    name = port.get("itemsToParseName", "item")
    if not isinstance(name, str) or not name:
        reader.wrong(f"{at}/port/itemsToParseName", "must be a name", name)
    resource = Resource(
        index=index,
        kind=kind,
        query=query,
        mappings=_mappings(reader, port, f"{at}/port"),
        listed=isinstance(port.get("entity"), Mapping) and isinstance(port["entity"].get("mappings"), list),
        selector=selector,
        enable_delete=reader.switch(item, "enableDelete", at),
        items_to_parse=parse,
        items_to_parse_name=name,
        items_to_parse_top_level_transform=reader.switch(port, "itemsToParseTopLevelTransform", f"{at}/port"),
    )
    return resource if len(reader.problems) == before else None


def _kind(reader: Reader, kind: Any, at: str, kinds: Collection[str] | None) -> str:
    if not isinstance(kind, str) or not kind:
        reader.wrong(f"{at}/kind", "must be the name of a kind", kind)
        return ""
    if kinds is not None and kind not in kinds:
        served = ", ".join(f'"{name}"' for name in sorted(kinds)) or "none"
        reader.problems.append(Problem(f"{at}/kind", f'no handler serves the kind "{kind}"; those served: {served}'))
    return kind


def _selector(reader: Reader, value: Any, at: str, model: type[BaseModel] | None) -> tuple[str, Mapping[str, Any]]:
    selector = _object(reader, value, f"{at}/selector")
    query = selector.get("query")
    if not selector:
        return "", {}
    if not isinstance(query, str) or not query.strip():
        reader.wrong(f"{at}/selector/query", "must be a JQ program that gives true or false", query)
        query = ""
    rest = {key: option for key, option in selector.items() if key != "query"}
    if model is not None:
        _check_model(reader, model, rest, f"{at}/selector")
    return query, rest


def _check_model(reader: Reader, model: type[BaseModel], value: Mapping[str, Any], at: str) -> None:
    try:
        model.model_validate(value)
    except ValidationError as error:
        for problem in error.errors():
            reader.problems.append(Problem(at + pointer(*problem["loc"]), problem["msg"]))


def _mappings(reader: Reader, port: Mapping[str, Any], at: str) -> tuple[Mapping[str, Any], ...]:
    if not port:
        return ()
    entity = _object(reader, port.get("entity"), f"{at}/entity")
    if not entity:
        return ()
    value, at = entity.get("mappings"), f"{at}/entity/mappings"
    if not isinstance(value, list):
        return (_mapping(reader, value, at),)
    if not value:
        reader.wrong(at, "must hold at least one mapping", value)
    return tuple(_mapping(reader, item, at + pointer(number)) for number, item in enumerate(value))


def _mapping(reader: Reader, value: Any, at: str) -> Mapping[str, Any]:
    """The known fields, in the order of the contract."""
    mapping = _object(reader, value, at)
    found: dict[str, Any] = {}
    for name in _PROGRAMS:
        if name in mapping:
            _field(reader, name, mapping[name], f"{at}/{name}")
            found[name] = mapping[name]
        elif mapping and name in ("identifier", "blueprint"):
            reader.missing(f"{at}/{name}", "a JQ program is needed")
    for group in ("properties", "relations"):
        if mapping.get(group) is not None:
            found[group] = _group(reader, mapping[group], f"{at}/{group}", searchable=group == "relations")
    return found


def _field(reader: Reader, name: str, value: Any, at: str) -> None:
    if isinstance(value, str) or (name == "team" and isinstance(value, list)):
        _program(reader, value, at, searchable=False)
    elif name in _SEARCHABLE and isinstance(value, Mapping):
        _search(reader, value, at)
    else:
        reader.wrong(at, "must be a JQ program" + (" or a search" if name in _SEARCHABLE else ""), value)


def _group(reader: Reader, value: Any, at: str, *, searchable: bool) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        reader.wrong(at, "must be an object of JQ programs", value)
        return {}
    for name, program in value.items():
        _program(reader, program, at + pointer(name), searchable=searchable)
    return dict(value)


def _program(reader: Reader, value: Any, at: str, *, searchable: bool) -> None:
    """A program, or a list of them; properties may nest (6.4 rule 7), and constants stand for themselves."""
    if isinstance(value, Mapping) and searchable:
        _search(reader, value, at)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            _program(reader, inner, at + pointer(name), searchable=False)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            _program(reader, inner, at + pointer(number), searchable=False)
    elif not isinstance(value, str | int | float):
        reader.wrong(at, "must be a JQ program", value)


def _search(reader: Reader, query: Mapping[str, Any], at: str) -> None:
    """A group of rules, which may hold groups (section 6.3); whether the values make sense, the portal knows."""
    if not isinstance(query.get("combinator"), str):
        reader.wrong(f"{at}/combinator", "must be a JQ program, such as '\"and\"'", query.get("combinator"))
    rules = query.get("rules")
    if not isinstance(rules, list):
        reader.wrong(f"{at}/rules", "must be a list of rules", rules)
        return
    for number, rule in enumerate(rules):
        place = f"{at}/rules{pointer(number)}"
        if not isinstance(rule, Mapping):
            reader.wrong(place, "a rule must be an object", rule)
        elif "rules" in rule or "combinator" in rule:
            _search(reader, rule, place)


def _object(reader: Reader, value: Any, at: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping) and value:
        return value
    reader.wrong(at, "must be an object with content", value)
    return {}

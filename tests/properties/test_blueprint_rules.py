"""What a blueprint may say: every refusal names the place, everything unusual but valid is accepted."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fairway.kit.errors import FairwayError, InvalidRequest, NotFound
from fairway.portal.catalog.model import Blueprint, Relation, Schema
from fairway.portal.catalog.properties.blueprint_rules import validate_blueprint
from fairway.portal.catalog.properties.changes import check_type_changes
from fairway.portal.catalog.properties.references import check_references

COUNT = {"func": "count", "calculationBy": "entities"}
CONTRACT_EXAMPLE: dict[str, Any] = {
    "identifier": "service",
    "title": "Service",
    "icon": "Microservice",
    "schema": {
        "properties": {
            "tier": {"type": "string", "title": "Tier", "enum": ["gold", "bronze"], "enumColors": {"gold": "yellow"}},
            "repo": {"type": "string", "format": "url"},
            "score": {"type": "number", "minimum": 0},
        },
        "required": ["tier"],
    },
    "relations": {"domain": {"title": "Domain", "target": "domain", "required": False, "many": False}},
    "mirrorProperties": {"domainName": {"title": "Domain name", "path": "domain.$title"}},
    "calculationProperties": {"label": {"title": "Label", "type": "string", "calculation": '.title + "!"'}},
    "aggregationProperties": {
        "alerts": {"title": "Alerts", "target": "alert", "type": "number", "calculationSpec": COUNT}
    },
    "ownership": {"type": "Direct"},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The example with one place replaced, parents made on the way."""
    document = copy.deepcopy(CONTRACT_EXAMPLE)
    here = document
    *parents, last = path.split("/")
    for part in parents:
        here = here.setdefault(part, {})
    here[last] = value
    return document


ACCEPTED: dict[str, tuple[str, Any]] = {
    "letters of any script": ("identifier", "größe/дом.1"),
    "unknown top-level key": ("anything", {"x": [None]}),
    "unknown property key": ("schema/properties/x", {"type": "string", "widget": {"a": None}}),
    "empty description and icon": ("description", ""),
    "null description": ("description", None),
    "no required": ("schema/required", None),
    "look-ahead pattern": ("schema/properties/x", {"type": "string", "pattern": "^(?!x)a+$"}),
    "catastrophic pattern": ("schema/properties/x", {"type": "string", "pattern": "^(a+)+$"}),
    "tuple items": ("schema/properties/x", {"type": "array", "items": [{"type": "string"}, {"type": "number"}]}),
    "nested object": ("schema/properties/x", {"type": "object", "properties": {"a": {"type": ["string", "null"]}}}),
    "labeled url": ("schema/properties/x", {"type": "array", "items": {"format": "labeled-url"}}),
    "default that fits": ("schema/properties/x", {"type": "array", "default": ["a"]}),
    "embedded url": ("schema/properties/x", {"type": "string", "format": "url", "spec": "embedded-url",
        "specAuthentication": {"clientId": "c", "authorizationUrl": "https://a", "tokenUrl": "https://t"}}),
    "inherited ownership": ("ownership", {"type": "Inherited", "path": "domain.group", "title": "Owners"}),
    "kafka": ("changelogDestination", {"type": "KAFKA"}),
    "empty destination": ("changelogDestination", {}),
    "average": ("aggregationProperties/alerts/calculationSpec", {"func": "average", "calculationBy": "property",
        "property": "p", "averageOf": "week", "measureTimeBy": "$createdAt"}),
    "path filter": ("aggregationProperties/alerts/pathFilter", [{"path": ["a", "b"], "fromBlueprint": "alert"}]),
    "system relation type": ("relations/r", {"target": "t", "type": "rule_result_target"}),
}  # fmt: skip


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepts(name: str) -> None:
    document = changed(*ACCEPTED[name])
    sent = copy.deepcopy(document)
    validate_blueprint(document)
    assert document == sent


REFUSED: list[tuple[str, Any, str]] = [
    ("identifier", "a b", "a b"),
    ("identifier", "..", '"."'),
    ("identifier", "x" * 101, "100"),
    ("title", "", "title must have 1 to 100"),
    ("title", 5, "title must be a string, not a number"),
    ("description", "x" * 201, "description must have at most 200"),
    ("schema", None, "schema is required"),
    ("schema/properties", None, "schema.properties is required"),
    ("schema/properties", [], "schema.properties must be an object, not an array"),
    ("schema/properties/x", None, "schema.properties.x must be an object, not null"),
    ("schema/properties/a b", {"type": "string"}, '"a b"'),
    ("schema/properties/x", {}, "schema.properties.x.type is required"),
    ("schema/properties/x/type", "text", 'schema.properties.x.type must be "string"'),
    ("schema/properties/tier/enumColors", {"gold": "mauve"}, "schema.properties.tier.enumColors.gold must be"),
    ("schema/properties/tier/enum", [], "schema.properties.tier.enum"),
    ("schema/properties/tier/default", "iron", "schema.properties.tier.default"),
    ("schema/properties/tier/format", "dat-time", "schema.properties.tier.format must be"),
    ("schema/properties/tier/spec", "open", "schema.properties.tier.spec must be"),
    ("schema/properties/tier/pattern", "(a", "schema.properties.tier.pattern"),
    ("schema/properties/tier/pattern", "x" * 2001, "2000"),
    ("schema/properties/tier/pattern", "^[a-z]{1,1000}{1,1000}$", "is not a regular expression"),
    ("schema/properties/score/multipleOf", 0, "schema.properties.score.multipleOf"),
    ("schema/properties/tier/items", 5, "schema.properties.tier.items must be a JSON schema"),
    ("schema/properties/tier/minLength", "3", "schema.properties.tier.minLength"),
    ("schema/properties/tier/specAuthentication", {"clientId": "c"}, "specAuthentication.authorizationUrl is required"),
    ("schema/properties/x", {"type": "object", "properties": {"a": {"$ref": "#"}}}, '"$ref"'),
    ("schema/required", ["nope"], "schema.required[0]"),
    ("schema/required", "tier", "schema.required must be an array"),
    ("relations/r", {"many": True}, "relations.r.target is required"),
    ("relations/r", {"target": "t", "many": True, "required": True}, "relations.r cannot be both"),
    ("relations/r", {"target": "t", "many": "yes"}, "relations.r.many must be a boolean"),
    ("mirrorProperties/m", {"path": "title"}, "mirrorProperties.m.path"),
    ("mirrorProperties/m", {"path": "a..b"}, "mirrorProperties.m.path"),
    ("mirrorProperties/m", {"path": ".".join("a" * 17)}, "15 relations"),
    ("mirrorProperties/tier", {"path": "a.b"}, "already the name"),
    ("calculationProperties/c", {"type": "string"}, "calculationProperties.c.calculation is required"),
    ("calculationProperties/label/colors", {"a": "none"}, "calculationProperties.label.colors.a"),
    ("aggregationProperties/alerts/title", None, "aggregationProperties.alerts.title is required"),
    ("aggregationProperties/alerts/type", "string", "aggregationProperties.alerts.type"),
    ("aggregationProperties/alerts/calculationSpec/func", "sum", "calculationSpec.func must be"),
    ("aggregationProperties/alerts/calculationSpec/x", 5, "calculationSpec.x must be a string"),
    ("aggregationProperties/alerts/calculationSpec",
     {"func": "sum", "calculationBy": "property"}, "property is required"),
    ("aggregationProperties/alerts/calculationSpec",
     {"func": "average", "calculationBy": "entities"}, "averageOf is required"),
    ("aggregationProperties/alerts/pathFilter", [{"path": ["a"]}, {"path": ["b"]}], "one path at most"),
    ("aggregationProperties/alerts/pathFilter", [{"path": []}], "pathFilter[0].path must name 1"),
    ("aggregationProperties/alerts/query", {"combinator": "xor", "rules": []}, "aggregationProperties.alerts.query"),
    ("ownership", {"type": "Inherited"}, "ownership.path is required"),
    ("ownership", {"type": "Inherited", "path": "a..b"}, "ownership.path"),
    ("ownership", {"type": "Other"}, "ownership.type"),
    ("changelogDestination", {"type": "WEBHOOK"}, "changelogDestination.url is required"),
    ("changelogDestination", {"type": "WEBHOOK", "url": "ftp://x"}, "changelogDestination.url"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "said"), REFUSED)
def test_refuses_and_says_where(path: str, value: Any, said: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        validate_blueprint(changed(path, value))
    assert said in caught.value.message


def test_bounds() -> None:
    many = {f"p{number}": {"type": "string"} for number in range(1001)}
    with pytest.raises(InvalidRequest, match="1000"):
        validate_blueprint(changed("schema/properties", {**many, "tier": {"type": "string"}}))
    with pytest.raises(InvalidRequest, match="bytes"):
        validate_blueprint(changed("note", "x" * 1_100_000))
    nested: dict[str, Any] = {"type": "object"}
    for _ in range(40):
        nested = {"type": "object", "properties": {"a": nested}}
    with pytest.raises(InvalidRequest, match="nested deeper"):
        validate_blueprint(changed("schema/properties/x", nested))


def test_type_changes() -> None:
    with pytest.raises(InvalidRequest, match=r"schema\.properties\.tier\.type"):
        check_type_changes(CONTRACT_EXAMPLE, changed("schema/properties/tier", {"type": "number"}))
    check_type_changes(CONTRACT_EXAMPLE, changed("schema/properties/new", {"type": "number"}))
    check_type_changes(changed("schema/properties/old", {"type": "number"}), CONTRACT_EXAMPLE)


def snapshot(*documents: dict[str, Any]) -> Schema:
    found = {}
    for number, document in enumerate(documents, 1):
        relations = {
            name: Relation(number * 100 + at, name, spec["target"], spec.get("many", False), False)
            for at, (name, spec) in enumerate((document.get("relations") or {}).items())
        }
        found[document["identifier"]] = Blueprint(
            number, document["identifier"], document, {}, False, relations, {}, frozenset(), 0, "x", 0, "x"
        )
    return Schema(1, found)


DOMAIN = {"identifier": "domain", "schema": {"properties": {}}, "relations": {"group": {"target": "group"}}}
GROUP = {"identifier": "group", "schema": {"properties": {"size": {"type": "number"}, "name": {"type": "string"}}}}
ALERT = {
    "identifier": "alert",
    "schema": {"properties": {"cost": {"type": "number"}, "text": {"type": "string"}}},
    "relations": {"service": {"target": "service"}, "others": {"target": "service", "many": True}},
}


@pytest.mark.parametrize(
    ("path", "value", "error", "said"),
    [
        ("title", "fine", None, ""),
        ("mirrorProperties/m", {"path": "domain.group.size"}, None, ""),
        ("mirrorProperties/m", {"path": "domain.group.$team"}, None, ""),
        ("mirrorProperties/m", {"path": "self.label"}, NotFound, '"self"'),
        ("mirrorProperties/m", {"path": "domain.group.nope"}, NotFound, '"nope"'),
        ("mirrorProperties/m", {"path": "domain.nope.size"}, NotFound, '"nope"'),
        ("relations/x", {"target": "missing"}, NotFound, '"missing" was not found'),
        ("relations/x", {"target": "service"}, None, ""),
        ("aggregationProperties/alerts/target", "missing", NotFound, '"missing" was not found'),
        ("aggregationProperties/alerts/calculationSpec",
         {"func": "sum", "calculationBy": "property", "property": "cost"}, None, ""),
        ("aggregationProperties/alerts/calculationSpec",
         {"func": "sum", "calculationBy": "property", "property": "text"}, InvalidRequest, "number"),
        ("aggregationProperties/alerts/calculationSpec",
         {"func": "sum", "calculationBy": "property", "property": "nope"}, NotFound, '"nope"'),
        ("aggregationProperties/alerts/pathFilter", [{"path": ["others"], "fromBlueprint": "alert"}], None, ""),
        ("aggregationProperties/alerts/pathFilter", [{"path": ["domain"]}], InvalidRequest, 'must end at "alert"'),
        ("aggregationProperties/alerts/pathFilter", [{"path": ["nope"]}], NotFound, '"nope"'),
        ("ownership", {"type": "Inherited", "path": "domain.group"}, None, ""),
        ("ownership", {"type": "Inherited", "path": "domain.nope"}, NotFound, '"nope"'),
    ],
)  # fmt: skip
def test_references(path: str, value: Any, error: type[FairwayError] | None, said: str) -> None:
    document = changed(path, value)
    validate_blueprint(document)
    if error is None:
        check_references(document, snapshot(DOMAIN, GROUP, ALERT))
        return
    with pytest.raises(error) as caught:
        check_references(document, snapshot(DOMAIN, GROUP, ALERT))
    assert said in caught.value.message


def test_a_many_relation_cannot_hand_down_teams() -> None:
    document = {**ALERT, "ownership": {"type": "Inherited", "path": "others"}}
    with pytest.raises(InvalidRequest, match="many"):
        check_references(document, snapshot(CONTRACT_EXAMPLE, DOMAIN))

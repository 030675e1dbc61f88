"""Documents of contract 3.5: every property, relations, mirrors, teams, calculations."""

from __future__ import annotations

from typing import Any

import pytest

from reading.estate import Estate

GROUP: dict[str, Any] = {
    "identifier": "group",
    "schema": {"properties": {"size": {"type": "number"}, "tags": {"type": "array"}}},
    "ownership": {"type": "Direct"},
}
DOMAIN: dict[str, Any] = {
    "identifier": "domain",
    "schema": {"properties": {"cost": {"type": "number"}}},
    "relations": {"group": {"target": "group"}},
    "mirrorProperties": {"groupTitle": {"path": "group.$title"}, "tags": {"path": "group.tags"}},
    "calculationProperties": {"loud": {"type": "string", "calculation": ".title | ascii_upcase"}},
    "ownership": {"type": "Inherited", "path": "group"},
}
SERVICE: dict[str, Any] = {
    "identifier": "service",
    "schema": {"properties": {"tier": {"type": "string"}, "score": {"type": "number"}, "title": {"type": "string"}}},
    "relations": {"domain": {"target": "domain"}, "uses": {"target": "service", "many": True}},
    "mirrorProperties": {
        "domainName": {"path": "domain.$title"},
        "cost": {"path": "domain.cost"},
        "owner": {"path": "domain.$team"},
        "groupSize": {"path": "domain.group.size"},
        "groupTitle": {"path": "domain.groupTitle"},
        "groupTags": {"path": "domain.tags"},
        "loudDomain": {"path": "domain.loud"},
        "usedTiers": {"path": "uses.tier"},
        "usedTags": {"path": "uses.domain.tags"},
        "usedLabels": {"path": "uses.label"},
        "domainMade": {"path": "domain.$createdAt"},
        "domainSource": {"path": "domain.$datasource"},
    },
    "calculationProperties": {
        "label": {"type": "string", "calculation": '.title + "!"'},
        "cheap": {"type": "boolean", "calculation": ".properties.cost < 10"},
        "wrong": {"type": "number", "calculation": ".title"},
        "failing": {"type": "string", "calculation": ".title.x.y"},
        "second": {"type": "string", "calculation": ".properties.label"},
        "own": {"type": "object", "calculation": ".properties"},
        "made": {"type": "string", "calculation": ".createdAt"},
        "none": {"type": "string", "calculation": "empty"},
    },
    "ownership": {"type": "Inherited", "path": "domain.group"},
}


@pytest.fixture
async def estate(estate: Estate) -> Estate:
    await estate.model(GROUP, DOMAIN, SERVICE)
    await estate.put("group", "g1", title="Group one", team="core", properties={"size": 7, "tags": ["x", "y"]})
    await estate.put("domain", "d1", title="Payments", properties={"cost": 5}, relations={"group": "g1"})
    await estate.put("domain", "d2", title="Empty")
    await estate.put("service", "a", title="A", properties={"tier": "gold", "score": 10.0}, relations={"domain": "d1"})
    await estate.put("service", "b", title="B", relations={"domain": "d2"})
    await estate.put("service", "c", relations={"uses": ["b", "a"]})
    return estate


async def test_the_whole_document(estate: Estate) -> None:
    document = await estate.one("service", "a")
    properties = document.pop("properties")
    own = properties.pop("own")
    assert document == {
        "identifier": "a", "title": "A", "blueprint": "service", "icon": None, "team": ["core"],
        "relations": {"domain": "d1", "uses": []}, "scorecards": {},
        "createdAt": "2026-01-01T00:00:00.000Z", "createdBy": "system",
        "updatedAt": "2026-01-01T00:00:00.000Z", "updatedBy": "system",
    }  # fmt: skip
    assert properties == {
        "tier": "gold", "score": 10, "title": None,
        "domainName": "Payments", "cost": 5, "owner": ["core"], "groupSize": 7, "groupTitle": "Group one",
        "groupTags": ["x", "y"], "loudDomain": "PAYMENTS", "usedTiers": None, "usedTags": None, "usedLabels": None,
        "domainMade": "2026-01-01T00:00:00.000Z", "domainSource": "fairway",
        "label": "A!", "cheap": True, "wrong": None, "failing": None, "second": None,
        "made": "2026-01-01T00:00:00.000Z", "none": None,
    }  # fmt: skip
    assert own["cost"] == 5
    assert "label" not in own


async def test_values_through_many_relations_are_flat_arrays(estate: Estate) -> None:
    properties = (await estate.one("service", "c"))["properties"]
    assert properties["usedTiers"] == [None, "gold"]
    assert properties["usedTags"] == ["x", "y"]
    assert properties["usedLabels"] == ["B!", "A!"]
    assert properties["domainName"] is None


async def test_empty_ends_are_null(estate: Estate) -> None:
    document = await estate.one("service", "b")
    assert document["team"] == []
    properties = document["properties"]
    assert (properties["domainName"], properties["cost"], properties["groupSize"]) == ("Empty", None, None)


async def test_a_page_whose_mirrors_reach_nothing(estate: Estate) -> None:
    await estate.put("service", "alone")
    properties = (await estate.one("service", "alone"))["properties"]
    assert properties["domainSource"] is None
    assert properties["usedTiers"] is None


async def test_order_and_missing_entities(estate: Estate) -> None:
    found = await estate.read("service", "c", "a", "b")
    assert [each["identifier"] for each in found] == ["c", "a", "b"]
    ids = [estate.ids["service", "c"], 999_999, estate.ids["domain", "d1"]]
    mixed = await estate.portal.catalog.reader.documents(ids)
    assert [(each["blueprint"], each["identifier"]) for each in mixed] == [("service", "c"), ("domain", "d1")]


@pytest.mark.parametrize(
    ("include", "exclude", "keys", "properties", "relations"),
    [
        (["identifier", "blueprint"], [], {"identifier", "blueprint"}, None, None),
        (["$title"], [], {"identifier", "title"}, None, None),
        (["properties.tier", "relations.uses"], [], {"identifier", "properties", "relations"}, {"tier"}, {"uses"}),
        (["tier", "domain"], [], {"identifier", "properties", "relations"}, {"tier"}, {"domain"}),
        (["properties.label", "createdAt"], [], {"identifier", "properties", "createdAt"}, {"label"}, None),
        (["title"], [], {"identifier", "title"}, None, None),
        (["properties", "title"], ["properties.tier", "label"],
         {"identifier", "title", "properties"}, "tier label", None),
        ([], ["properties", "scorecards", "$team", "createdBy", "updatedBy", "updatedAt", "createdAt", "icon", "title"],
         {"identifier", "blueprint", "relations"}, None, {"domain", "uses"}),
    ],
)  # fmt: skip
async def test_include_and_exclude(
    estate: Estate, include: list[str], exclude: list[str], keys: set[str], properties: Any, relations: Any
) -> None:
    (found,) = await estate.read("service", "a", options=estate.options(include, exclude))
    assert set(found) == keys
    if isinstance(properties, str):
        assert not set(properties.split()) & set(found["properties"])
        assert "score" in found["properties"]
        assert "title" in found["properties"]
    elif properties is not None:
        assert set(found["properties"]) == properties
    if relations is not None:
        assert set(found["relations"]) == relations


async def test_without_calculated_properties(estate: Estate) -> None:
    found = await estate.one("service", "a", exclude_calculated_properties=True)
    assert set(found["properties"]) == {"tier", "score", "title"}
    assert "scorecards" not in found
    assert found["team"] == ["core"]


async def test_attached_titles(estate: Estate) -> None:
    found = await estate.one(
        "service", "c", attach_title_to_relation=True, attach_identifier_to_title_mirror_properties=True
    )
    assert found["relations"] == {
        "domain": None,
        "uses": [{"identifier": "b", "title": "B"}, {"identifier": "a", "title": "A"}],
    }
    found = await estate.one("service", "a", attach_identifier_to_title_mirror_properties=True)
    assert found["properties"]["domainName"] == {"identifier": "d1", "title": "Payments"}
    assert found["relations"]["domain"] == "d1"


async def test_circles_end(estate: Estate) -> None:
    """Mirrors and calculations that look at each other in a circle give null at the end, and the read ends."""
    await estate.model(
        {
            "identifier": "person",
            "relations": {"boss": {"target": "person"}},
            "mirrorProperties": {"bossTop": {"path": "boss.top"}, "loop": {"path": "boss.loop"}},
            "calculationProperties": {"top": {"type": "string", "calculation": ".properties.bossTop // .identifier"}},
        }
    )
    await estate.put("person", "root")
    await estate.put("person", "mid", relations={"boss": "root"})
    await estate.put("person", "leaf", relations={"boss": "mid"})
    properties = (await estate.one("person", "leaf"))["properties"]
    assert properties == {"bossTop": "root", "loop": None, "top": "root"}
    await estate.put("person", "root", relations={"boss": "leaf"})
    assert (await estate.one("person", "leaf"))["properties"]["loop"] is None

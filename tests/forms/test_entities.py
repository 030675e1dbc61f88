"""Inputs that name entities: what is offered, what is taken, and what becomes of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from fairway.kit.errors import InvalidRequest, NotFound
from support.forms import Desk, action, jq

pytestmark = pytest.mark.usefixtures("catalog")

DOMAIN = {"type": "string", "format": "entity", "blueprint": "domain"}
SERVICE = {"type": "string", "format": "entity", "blueprint": "service"}


def dataset(*rules: dict[str, Any], combinator: str = "and") -> dict[str, Any]:
    """A filter."""
    return {"combinator": combinator, "rules": list(rules)}


def related(value: Any) -> dict[str, Any]:
    """Services of a domain."""
    return {"operator": "relatedTo", "blueprint": "domain", "value": value}


async def test_entities_are_documents_for_templates_and_titles_for_people(desk: Desk) -> None:
    made = action({"one": DOMAIN, "many": {"type": "array", "items": SERVICE}, "none": DOMAIN})
    checked = await desk.check(made, one="payments", many=["svc-b", "svc-a"], none=None)
    assert checked.raw == {"one": "payments", "many": ["svc-b", "svc-a"], "none": None}
    assert checked.shown == {
        "one": {"identifier": "payments", "title": "Payments"},
        "many": [{"identifier": "svc-b", "title": "Service B"}, {"identifier": "svc-a", "title": "Service A"}],
        "none": None,
    }
    assert checked.inputs["one"] == {
        "identifier": "payments", "title": "Payments", "blueprint": "domain", "team": [],
        "properties": {"region": "eu"}, "relations": {},
    }  # fmt: skip
    (_, second) = checked.inputs["many"]
    assert (second["team"], second["relations"]) == (["core"], {"domain": "payments"})


async def test_a_dataset_is_offered_as_a_search_and_holds_what_is_taken(desk: Desk, client: httpx.AsyncClient) -> None:
    made = action(
        {
            "domain": DOMAIN,
            "service": {**SERVICE, "dataset": dataset(related(jq(".form.domain"))), "dependsOn": ["domain"]},
            "sorted": {**SERVICE, "sort": {"property": "tier", "order": "DESC"}},
        }
    )
    form = await desk.resolve(made, domain="payments", service="svc-b")
    search = form["inputs"]["service"]["search"]
    assert search == {
        "method": "POST",
        "path": "/v1/blueprints/service/entities/search",
        "body": {"query": dataset(related("payments"))},
    }
    found = await client.post(search["path"], json={**search["body"], "limit": 1})
    assert [each["identifier"] for each in found.json()["entities"]] == ["svc-a"]
    in_order = form["inputs"]["sorted"]["search"]
    found = await client.post(in_order["path"], json=in_order["body"])
    assert [each["identifier"] for each in found.json()["entities"]] == ["svc-a", "svc-b"]
    (error,) = form["errors"]["service"]
    assert 'Input "service" names entity "svc-b", which is not among those that its dataset offers' in error["message"]
    assert (await desk.check(made, domain="payments", service="svc-a")).raw["service"] == "svc-a"
    assert [told["input"] for told in await desk.refused(made, domain="payments", service="svc-b")] == ["service"]


async def test_a_dataset_that_is_not_complete_yet_offers_nothing_and_takes_nothing(desk: Desk) -> None:
    made = action({"domain": DOMAIN, "service": {**SERVICE, "dataset": dataset(related(jq(".form.domain")))}})
    form = await desk.resolve(made)
    assert form["inputs"]["service"]["search"] is None
    assert form["inputs"]["service"]["problems"][0]["key"] == "dataset"
    assert (await desk.check(made)).raw == {}
    (error,) = await desk.refused(made, service="svc-a")
    assert "cannot be checked" in error["message"]


async def test_datasets_of_items_nested_rules_and_values_of_the_caller(desk: Desk) -> None:
    mine = {"property": "$team", "operator": "containsAny", "value": jq('[.user.teamsIdentifiers[], "core"]')}
    gold = {"property": "tier", "operator": "=", "value": jq(".form.tier")}
    made = action(
        {
            "tier": {"type": "string", "default": "gold"},
            "services": {"type": "array", "items": {**SERVICE, "dataset": dataset(dataset(mine, gold))}},
        }
    )
    assert (await desk.check(made, services=["svc-a"])).raw["services"] == ["svc-a"]
    (error,) = await desk.refused(made, services=["svc-a", "svc-b"])
    assert (error["input"], error["path"]) == ("services", "[1]")
    assert [each["path"] for each in await desk.refused(made, tier="bronze", services=["svc-a", "svc-b"])] == [
        "[0]", "[1]",
    ]  # fmt: skip


async def test_expressions_take_entity_inputs_as_identifiers_or_look_into_them(desk: Desk) -> None:
    made = action(
        {
            "domain": {**DOMAIN, "default": jq('{"identifier": "payments"}')},
            "region": {"type": "string", "default": jq(".form.domain.properties.region")},
            "title": {"type": "string", "default": jq('"In " + .form.domain.title')},
            "plain": {"type": "string", "default": jq('if .form.domain == "payments" then "yes" else "no" end')},
            "many": {"type": "array", "items": SERVICE, "default": ["svc-a", "svc-b"]},
            "tiers": {"type": "array", "default": jq("[.form.many[].properties.tier]")},
            "count": {"type": "number", "default": jq(".form.many | length")},
            "named": {**SERVICE, "dataset": dataset(related(jq(".form.domain.identifier")))},
            "unknown": {"type": "string", "default": jq('.form.named.identifier // "nothing"')},
        }
    )
    form = await desk.resolve(made)
    assert {name: found["value"] for name, found in form["inputs"].items()} == {
        "domain": "payments", "region": "eu", "title": "In Payments", "plain": "yes", "many": ["svc-a", "svc-b"],
        "tiers": ["gold", "bronze"], "count": 2, "named": None, "unknown": "nothing",
    }  # fmt: skip
    assert form["inputs"]["named"]["dataset"] == dataset(related("payments"))
    form = await desk.resolve(made, domain="nowhere")
    assert form["inputs"]["region"]["value"] is None
    assert "does not exist or which you may not read" in form["errors"]["domain"][0]["message"]


async def test_what_a_caller_may_not_read_they_cannot_name(desk: Desk, client: httpx.AsyncClient) -> None:
    block = {"users": [], "roles": ["Admin"], "teams": [], "ownedByTeam": True}
    answer = await client.patch("/v1/blueprints/service/permissions", json={"entities": {"read": block}})
    assert answer.status_code == 200, answer.text
    made = action({"service": SERVICE, "domain": DOMAIN})
    core = desk.member(teams=frozenset({"core"}), team_names=frozenset({"core"}))
    assert (await core.check(made, service="svc-a", domain="search")).shown["service"]["title"] == "Service A"
    (error,) = await core.refused(made, service="svc-b")
    assert error["message"] == (
        'Input "service" names entity "svc-b" of blueprint "service", which does not exist or which you may not read'
    )
    (same,) = await core.refused(made, service="svc-z")
    assert same["message"] == error["message"].replace("svc-b", "svc-z")
    form = await core.resolve(made, service="svc-b")
    assert form["inputs"]["service"]["entities"] == []
    on_service = action({}, blueprintIdentifier="service")
    with pytest.raises(NotFound, match='"svc-b" was not found in blueprint "service"'):
        await core.forms.entity(core.caller, on_service, "svc-b")


async def test_a_thousand_and_more_entities_are_looked_up_together(desk: Desk, client: httpx.AsyncClient) -> None:
    names = [f"d-{number}" for number in range(1_200)]
    for start in range(0, len(names), 20):
        entities = [{"identifier": name, "title": name.upper()} for name in names[start : start + 20]]
        answer = await client.post("/v1/blueprints/domain/entities/bulk", json={"entities": entities})
        assert answer.status_code in (200, 207), answer.text
    made = action({"domains": {"type": "array", "items": DOMAIN}})
    checked = await desk.check(made, domains=names)
    assert [each["title"] for each in checked.shown["domains"]] == [name.upper() for name in names]
    (error,) = await desk.refused(made, domains=[*names, "d-x"])
    assert error["path"] == "[1200]"


GOLD = {"property": "tier", "operator": "=", "value": "gold"}
IN_EU = {"operator": "matchAny", "property": {"path": ["domain"]}, "value": ["payments"]}


@pytest.mark.parametrize("rule", [GOLD, IN_EU, related("payments")])
async def test_a_condition_decides_on_which_entities_an_action_is_offered(desk: Desk, rule: dict[str, Any]) -> None:
    condition = {"type": "SEARCH", **dataset(rule)}
    made = action({}, operation="DAY-2", blueprintIdentifier="service", condition=condition)
    good, bad = await desk.entity("svc-a"), await desk.entity("svc-b")
    assert await desk.forms.offered(desk.caller, made, good)
    assert not await desk.forms.offered(desk.caller, made, bad)
    assert (await desk.check(made, good)).raw == {}
    assert (await desk.resolve(made, good))["offered"]
    assert not (await desk.resolve(made, bad))["offered"]
    with pytest.raises(InvalidRequest, match='not offered on entity "svc-b"') as refused:
        await desk.check(made, bad)
    assert refused.value.details is not None
    assert refused.value.details["condition"] == dataset(rule)
    query = await desk.forms.applicable_entities_query(made)
    assert query == {"blueprint": "service", "query": dataset(rule)}


async def test_conditions_judged_by_the_document_alone(desk: Desk) -> None:
    entity = await desk.entity("svc-a")

    def asking(*rules: dict[str, Any], operation: str = "DELETE") -> Any:
        condition = {"type": "SEARCH", **dataset(*rules)}
        return action({}, operation=operation, blueprintIdentifier="service", condition=condition)

    my_team = {"property": "$team", "operator": "in", "value": "My Teams"}
    domain = {"relation": "domain", "operator": "=", "value": "payments"}
    core = desk.member(teams=frozenset({"core"}))
    for caller, made, expected in (
        (desk.caller, asking(GOLD, domain), True),
        (desk.caller, asking({**GOLD, "value": "bronze"}), False),
        (desk.caller, asking(my_team), False),
        (core.caller, asking(my_team), True),
        (desk.caller, asking({**GOLD, "value": "bronze"}, operation="CREATE"), True),
    ):
        assert desk.forms.applies(caller, made, entity) is expected
    with pytest.raises(InvalidRequest, match="needs a search"):
        desk.forms.applies(desk.caller, asking(IN_EU), entity)
    assert await desk.forms.applicable_entities_query(asking(GOLD, operation="CREATE")) is None


async def test_an_action_on_entities_needs_one(desk: Desk) -> None:
    made = action({}, operation="DAY-2", blueprintIdentifier="service")
    with pytest.raises(InvalidRequest, match='"entity" is missing'):
        await desk.check(made)
    assert (await desk.resolve(made))["entity"] is None

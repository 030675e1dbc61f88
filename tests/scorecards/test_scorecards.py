"""Scorecards over HTTP: contract section 5."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from fairway.kit.errors import Forbidden
from fairway.portal.caller import Caller
from fairway.portal.services import Portal
from support.scoring import HAS_REPO, IS_GOLD, READINESS, put_entity, rule

DEFAULT_LEVELS = [
    {"title": "Basic", "color": "paleBlue"},
    {"title": "Bronze", "color": "bronze"},
    {"title": "Silver", "color": "silver"},
    {"title": "Gold", "color": "gold"},
]


async def test_create_and_read_back(client: httpx.AsyncClient, service: str) -> None:
    response = await client.post(service, json=READINESS)
    assert response.status_code == 201, response.text
    scorecard = response.json()["scorecard"]
    assert scorecard["levels"] == DEFAULT_LEVELS
    assert scorecard["rules"] == READINESS["rules"], "verbatim"
    assert (scorecard["blueprint"], scorecard["id"][:3]) == ("service", "sc_")
    assert {"createdAt", "createdBy", "updatedAt", "updatedBy"} <= set(scorecard)
    assert "filter" not in scorecard
    assert (await client.get(f"{service}/readiness")).json()["scorecard"] == scorecard
    assert (await client.get(service)).json()["scorecards"] == [scorecard]
    assert (await client.get("/v1/scorecards?page=service")).json()["scorecards"] == [scorecard]
    assert (await client.post(service, json=READINESS)).status_code == 409
    missing = await client.get(f"{service}/none")
    assert (missing.status_code, '"none"' in missing.json()["message"]) == (404, True)
    assert (await client.get("/v1/blueprints/none/scorecards")).status_code == 404


async def test_put_replaces_and_may_rename(client: httpx.AsyncClient, service: str) -> None:
    first = (await client.post(service, json=READINESS)).json()["scorecard"]
    levels = [{"title": "None", "color": "red"}, {"title": "All", "color": "green"}]
    body = {"identifier": "ready", "title": "Ready", "levels": levels, "rules": [rule("r", "All", HAS_REPO)]}
    changed = (await client.put(f"{service}/readiness", json=body)).json()["scorecard"]
    assert (changed["id"], changed["createdAt"]) == (first["id"], first["createdAt"])
    assert (changed["identifier"], changed["levels"]) == ("ready", levels)
    assert (await client.get(f"{service}/readiness")).status_code == 404
    assert (await client.put(f"{service}/readiness", json=body)).status_code == 404
    assert (await client.delete(f"{service}/ready")).json() == {"ok": True}
    assert (await client.delete(f"{service}/ready")).status_code == 404


async def test_array_put_replaces_the_whole_set(client: httpx.AsyncClient, service: str) -> None:
    first = (await client.post(service, json=READINESS)).json()["scorecard"]
    await client.post(service, json={**READINESS, "identifier": "gone"})
    new = {**READINESS, "identifier": "new", "properties": {"x": {"type": "string"}}, "id": "ignored"}
    answered = (await client.put(service, json=[new, {**READINESS, "title": "Changed"}])).json()["scorecards"]
    assert [each["identifier"] for each in answered] == ["new", "readiness"]
    assert (answered[1]["id"], answered[1]["title"]) == (first["id"], "Changed")
    assert answered[0]["properties"] == new["properties"]
    assert answered[0]["id"] != "ignored"
    assert (await client.get(service)).json()["scorecards"] == answered
    assert (await client.put(service, json=[new, new])).status_code == 422
    assert (await client.put(service, json={"identifier": "x"})).status_code == 422
    assert (await client.put(service, json=[])).json()["scorecards"] == []


def _with_rule(**changes: Any) -> dict[str, Any]:
    return {**READINESS, "rules": [{**rule("r", "Gold", HAS_REPO), **changes}]}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (_with_rule(level="Basic"), '"Basic"'),
        (_with_rule(level="Platinum"), '"Platinum"'),
        (_with_rule(identifier="a b"), '"a b"'),
        (_with_rule(query={"combinator": "and", "conditions": []}), "conditions"),
        (_with_rule(query={"combinator": "xor", "conditions": [HAS_REPO]}), "xor"),
        (_with_rule(query={"combinator": "and", "conditions": [{"property": "a", "operator": "near"}]}), "near"),
        (_with_rule(query={"combinator": "and", "conditions": [{"property": "a"}]}), "operator"),
        (
            _with_rule(
                query={
                    "combinator": "and",
                    "conditions": [{"operator": "relatedTo", "blueprint": "service", "value": "a"}],
                }
            ),
            "property",
        ),
        ({**READINESS, "rules": [rule("r", "Gold", HAS_REPO), rule("r", "Gold", HAS_REPO)]}, '"r"'),
        ({**READINESS, "filter": {"combinator": "and", "conditions": []}}, "filter"),
        ({**READINESS, "levels": [{"title": "A", "color": "red"}, {"title": "A", "color": "red"}]}, "title"),
        ({**READINESS, "levels": [{"title": "A"}]}, "color"),
        ({**READINESS, "identifier": "a b"}, '"a b"'),
        ({**READINESS, "identifier": 3}, "identifier"),
        ({"identifier": "x", "title": "X"}, "rules"),
        ({**READINESS, "rules": ["r"]}, "rules[0]"),
    ],
)
async def test_wrong_bodies(client: httpx.AsyncClient, service: str, body: dict[str, Any], told: str) -> None:
    response = await client.post(service, json=body)
    assert response.status_code == 422
    assert told in response.json()["message"]


async def test_results_blueprints_cannot_be_scored(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/blueprints/_rule_result/scorecards", json=READINESS)).status_code == 422


async def test_who_may_write(portal: Portal, client: httpx.AsyncClient, service: str) -> None:
    member = Caller("u_1", "user", "org_1", roles=frozenset({"Member"}))
    with pytest.raises(Forbidden):
        await portal.scorecards.service.create(member, "service", READINESS)
    moderator = replace(member, roles=frozenset({"service-moderator"}))
    assert (await portal.scorecards.service.create(moderator, "service", READINESS))["createdBy"] == "u_1"


async def _levels(client: httpx.AsyncClient) -> dict[str, str | None]:
    entities = (await client.get("/v1/blueprints/service/entities")).json()["entities"]
    return {each["identifier"]: each["scorecards"].get("readiness", {}).get("level") for each in entities}


async def test_level_is_the_highest_consecutive(client: httpx.AsyncClient, service: str) -> None:
    await put_entity(client, "nothing")
    await put_entity(client, "repo", repo="https://x.io")
    await put_entity(client, "gap", repo="https://x.io", tier="gold")
    await put_entity(client, "all", repo="https://x.io", tier="gold", coverage=80)
    await put_entity(client, "only-gold", tier="gold", coverage=99)
    await client.post(service, json=READINESS)
    assert await _levels(client) == {
        "nothing": "Basic", "repo": "Bronze", "gap": "Bronze", "all": "Gold", "only-gold": "Basic",
    }  # fmt: skip
    entity = (await client.get("/v1/blueprints/service/entities/gap")).json()["entity"]
    assert entity["scorecards"]["readiness"] == {
        "level": "Bronze",
        "rules": [
            {"identifier": "hasRepo", "status": "SUCCESS", "level": "Bronze"},
            {"identifier": "covered", "status": "FAILURE", "level": "Silver"},
            {"identifier": "gold", "status": "SUCCESS", "level": "Gold"},
        ],
    }


async def test_a_level_without_rules_counts_as_passed(client: httpx.AsyncClient, service: str) -> None:
    await put_entity(client, "a", tier="gold")
    await put_entity(client, "b")
    await client.post(service, json={**READINESS, "rules": [rule("gold", "Gold", IS_GOLD)]})
    assert await _levels(client) == {"a": "Gold", "b": "Silver"}


async def test_a_filter_leaves_entities_out(client: httpx.AsyncClient, service: str) -> None:
    await put_entity(client, "a", tier="gold")
    await put_entity(client, "b", tier="bronze")
    await client.post(service, json={**READINESS, "filter": {"combinator": "and", "conditions": [IS_GOLD]}})
    assert await _levels(client) == {"a": "Basic", "b": None}


async def test_conditions_may_be_nested_and_negated(client: httpx.AsyncClient, service: str) -> None:
    await put_entity(client, "a", tier="gold")
    await put_entity(client, "b", tier="bronze", repo="https://x.io")
    await put_entity(client, "c", tier="bronze")
    inner = {"combinator": "or", "conditions": [IS_GOLD, {**HAS_REPO, "operator": "isEmpty", "not": True}]}
    await client.post(service, json={**READINESS, "rules": [rule("r", "Bronze", inner)]})
    assert await _levels(client) == {"a": "Gold", "b": "Gold", "c": "Basic"}


async def test_results_follow_changes_at_once(client: httpx.AsyncClient, service: str) -> None:
    await put_entity(client, "a")
    await client.post(service, json=READINESS)
    assert await _levels(client) == {"a": "Basic"}
    await put_entity(client, "a", repo="https://x.io")
    assert await _levels(client) == {"a": "Bronze"}
    await client.delete(f"{service}/readiness")
    assert await _levels(client) == {"a": None}


async def test_renamed_members_are_followed(client: httpx.AsyncClient, service: str) -> None:
    await client.post(service, json=READINESS)
    renamed = await client.patch(
        "/v1/blueprints/service/properties/repo/rename", json={"newPropertyName": "repository"}
    )
    assert renamed.status_code == 200, renamed.text
    scorecard = (await client.get(f"{service}/readiness")).json()["scorecard"]
    assert scorecard["rules"][0]["query"]["conditions"] == [{"property": "repository", "operator": "isNotEmpty"}]


async def test_changes_are_audited(client: httpx.AsyncClient, service: str) -> None:
    await client.post(service, json=READINESS)
    await client.put(f"{service}/readiness", json={**READINESS, "title": "T"})
    await client.put(f"{service}/readiness", json={**READINESS, "title": "T"})
    await client.delete(f"{service}/readiness")
    audits = (await client.get("/v1/audit-log?resources=scorecard")).json()["audits"]
    assert [each["action"] for each in audits] == ["DELETE", "UPDATE", "CREATE"], "an equal PUT changes nothing"
    assert audits[0]["context"]["scorecard"] == "readiness"
    assert audits[0]["context"]["blueprint"] == "service"

"""Stored results: what the background makes of changes, lists, counts, and the entities of contract 2.9."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from fairway.kit.clock import Clock, ManualClock
from fairway.kit.errors import Forbidden
from fairway.portal.caller import Caller
from fairway.portal.scorecards.insight import ResultFilter
from fairway.portal.services import Portal
from fairway.portal.worker import Background
from support.scoring import READINESS, put_entity, rule

RESULTS = "/v1/fairway/scorecards/service/readiness/results"
MEMBER = Caller("u_1", "user", "org_1", roles=frozenset({"Member"}), teams=frozenset({"core"}))


@pytest.fixture
def clock() -> Clock:
    return ManualClock(datetime(2030, 1, 1, tzinfo=UTC))


@pytest.fixture
def moving(clock: Clock) -> ManualClock:
    assert isinstance(clock, ManualClock)
    return clock


Settled = Callable[[], Awaitable[None]]


async def _results(client: httpx.AsyncClient, query: str = "") -> dict[str, Any]:
    response = await client.get(f"{RESULTS}?{query}")
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def _entities(client: httpx.AsyncClient, blueprint: str) -> list[dict[str, Any]]:
    response = await client.get(f"/v1/blueprints/{blueprint}/entities")
    found: list[dict[str, Any]] = response.json()["entities"]
    return found


async def test_results_are_listed_and_counted(client: httpx.AsyncClient, service: str, background: Background) -> None:
    await put_entity(client, "a", repo="https://x.io", coverage=90, tier="gold")
    await put_entity(client, "b", repo="https://x.io")
    await put_entity(client, "c")
    await client.post(service, json=READINESS)
    await background.settle()
    body = await _results(client)
    assert [(each["entity"], each["level"]) for each in body["results"]] == [
        ("a", "Gold"), ("b", "Bronze"), ("c", "Basic"),
    ]  # fmt: skip
    assert body["results"][1]["rules"][0] == {
        "identifier": "hasRepo", "status": "SUCCESS", "level": "Bronze", "changedAt": "2030-01-01T00:00:00.000Z",
    }  # fmt: skip
    assert body["counts"]["entities"] == 3
    assert body["counts"]["levels"][0] == {"level": "Basic", "count": 1}
    assert body["counts"]["rules"][0] == {"rule": "hasRepo", "level": "Bronze", "SUCCESS": 2, "FAILURE": 1}

    async def names(query: str) -> list[str]:
        return [each["entity"] for each in (await _results(client, query))["results"]]

    assert await names("level=Gold") == ["a"]
    assert await names("rule=hasRepo&status=FAILURE") == ["c"]
    assert await names("rule=covered&status=FAILURE&level=Bronze") == ["b"]
    first = await _results(client, "limit=2")
    assert ([each["entity"] for each in first["results"]], first["next"]) == (["a", "b"], "b")
    rest = await _results(client, f"limit=2&from={first['next']}")
    assert ([each["entity"] for each in rest["results"]], rest["next"]) == (["c"], None)
    for wrong in ("level=None", "rule=none", "status=SUCCESS", "rule=hasRepo&status=maybe", "limit=x"):
        assert (await client.get(f"{RESULTS}?{wrong}")).status_code == 422, wrong
    assert (await client.get(RESULTS.replace("readiness", "none"))).status_code == 404


async def test_they_follow_entities(
    client: httpx.AsyncClient, service: str, background: Background, moving: ManualClock
) -> None:
    await client.post(service, json=READINESS)
    for name in "abc":
        await put_entity(client, name)
    await background.settle()
    moving.advance(hours=1)
    await put_entity(client, "a", repo="https://x.io")
    await client.delete("/v1/blueprints/service/entities/b")
    await client.patch("/v1/blueprints/service/entities/c", json={"identifier": "c2"})
    await background.settle()
    body = await _results(client)
    assert [(each["entity"], each["level"]) for each in body["results"]] == [("a", "Bronze"), ("c2", "Basic")]
    has_repo, covered, _ = body["results"][0]["rules"]
    assert has_repo["changedAt"] == "2030-01-01T01:00:00.000Z"
    assert covered["changedAt"] == "2030-01-01T00:00:00.000Z", "what did not change keeps its time"


async def test_only_changes_are_written(client: httpx.AsyncClient, service: str, background: Background) -> None:
    await client.post(service, json=READINESS)
    await put_entity(client, "a")
    await background.settle()
    before = len((await client.get("/v1/audit-log?blueprint=_rule_result")).json()["audits"])
    await put_entity(client, "a", tier="bronze")
    await background.settle()
    assert len((await client.get("/v1/audit-log?blueprint=_rule_result")).json()["audits"]) == before


async def test_results_are_entities(client: httpx.AsyncClient, service: str, background: Background) -> None:
    scorecard = (await client.post(service, json=READINESS)).json()["scorecard"]
    await put_entity(client, "a", repo="https://x.io")
    await background.settle()
    (card,) = await _entities(client, "_scorecard")
    assert (card["identifier"], card["title"], card["properties"]["blueprint"]) == (
        scorecard["id"], "Readiness", "service",
    )  # fmt: skip
    assert card["properties"]["rules_tested"] == 3
    assert card["properties"]["rules_passed"] == 1
    rules = await _entities(client, "_rule")
    assert {each["title"] for each in rules} == {"hasRepo", "covered", "gold"}
    assert all(each["relations"]["scorecard"] == card["identifier"] for each in rules)
    found = {each["relations"]["rule"].split(":")[1]: each for each in await _entities(client, "_rule_result")}
    assert found["hasRepo"]["properties"]["result"] == "Passed"
    assert found["covered"]["properties"]["result"] == "Not passed"
    assert found["hasRepo"]["properties"]["entity"] == "a"
    assert found["hasRepo"]["properties"]["level"] == "Bronze"
    assert found["hasRepo"]["properties"]["scorecard"] == "Readiness"
    assert found["hasRepo"]["relations"]["service"] == "a"
    relation = (await client.get("/v1/blueprints/_rule_result")).json()["blueprint"]["relations"]["service"]
    assert (relation["type"], relation["target"]) == ("rule_result_target", "service")
    forged = {"identifier": found["covered"]["identifier"], "properties": {"result": "Passed"}}
    response = await client.post("/v1/blueprints/_rule_result/entities?upsert=true&merge=true", json=forged)
    assert response.status_code == 422


async def test_they_follow_the_scorecard(client: httpx.AsyncClient, service: str, background: Background) -> None:
    await put_entity(client, "a", repo="https://x.io")
    await client.post(service, json=READINESS)
    await background.settle()
    await client.put(f"{service}/readiness", json={**READINESS, "rules": READINESS["rules"][1:]})
    await background.settle()
    assert (await _results(client))["results"][0]["level"] == "Bronze"
    assert {each["title"] for each in await _entities(client, "_rule")} == {"covered", "gold"}
    assert len(await _entities(client, "_rule_result")) == 2
    await client.delete(f"{service}/readiness")
    await background.settle()
    for blueprint in ("_scorecard", "_rule", "_rule_result"):
        assert await _entities(client, blueprint) == []


async def test_they_follow_the_blueprint(client: httpx.AsyncClient, service: str, background: Background) -> None:
    await put_entity(client, "a")
    await client.post(service, json=READINESS)
    await background.settle()
    renamed = await client.patch("/v1/blueprints/service", json={"identifier": "svc"})
    assert renamed.status_code == 200, renamed.text
    await background.settle()
    (card,) = await _entities(client, "_scorecard")
    assert card["properties"]["blueprint"] == "svc"
    results = await client.get(RESULTS.replace("service", "svc"))
    assert results.json()["counts"]["entities"] == 1
    assert (await client.delete("/v1/blueprints/svc")).status_code == 409, "it has entities"
    await client.delete("/v1/blueprints/svc/entities/a")
    gone = await client.delete("/v1/blueprints/svc")
    assert gone.status_code == 200, gone.text
    await background.settle()
    assert await _entities(client, "_scorecard") == []
    assert "service" not in (await client.get("/v1/blueprints/_rule_result")).json()["blueprint"]["relations"]
    assert (await client.get("/v1/scorecards")).json()["scorecards"] == []


async def test_results_that_time_changes_are_looked_at_again(
    client: httpx.AsyncClient, service: str, background: Background, moving: ManualClock
) -> None:
    fresh = {"property": "expires", "operator": "isNotExpired"}
    await client.post(service, json={**READINESS, "rules": [rule("fresh", "Gold", fresh)]})
    await put_entity(client, "a", expires="2030-01-01T00:10:00.000Z")
    await background.settle()
    assert (await _results(client))["results"][0]["level"] == "Gold"
    moving.advance(minutes=40)
    await background.settle()
    assert (await _results(client))["results"][0]["level"] == "Silver"


async def test_a_sweep_covers_many_entities(client: httpx.AsyncClient, service: str, background: Background) -> None:
    for start in range(0, 240, 20):
        bodies = [{"identifier": f"e{number:03}", "properties": {}} for number in range(start, start + 20)]
        assert (await client.post("/v1/blueprints/service/entities/bulk", json={"entities": bodies})).status_code == 200
    await background.settle()
    await client.post(service, json={**READINESS, "rules": READINESS["rules"][:1]})
    await background.settle()
    assert (await _results(client, "limit=1"))["counts"]["entities"] == 240


async def test_members_see_results_of_what_they_may_read(
    client: httpx.AsyncClient, service: str, background: Background, portal: Portal
) -> None:
    await put_entity(client, "a")
    await put_entity(client, "b")
    await client.patch("/v1/blueprints/service/entities/b", json={"team": ["core"]})
    await client.post(service, json=READINESS)
    await background.settle()

    async def seen() -> dict[str, Any]:
        return await portal.scorecards.insight.results(MEMBER, "service", "readiness", ResultFilter(), "", 1)

    assert [each["entity"] for each in (await seen())["results"]] == ["a"]
    owned = {"entities": {"read": {"roles": ["Admin"], "ownedByTeam": True}}}
    await client.patch("/v1/blueprints/service/permissions", json=owned)
    mine = await seen()
    assert ([each["entity"] for each in mine["results"]], mine["counts"]) == (["b"], None)
    await client.patch("/v1/blueprints/service/permissions", json={"entities": {"read": {"ownedByTeam": False}}})
    with pytest.raises(Forbidden):
        await seen()


async def test_a_result_explains_itself(client: httpx.AsyncClient, service: str) -> None:
    either = {
        "combinator": "or",
        "conditions": [
            {"property": "tier", "operator": "=", "value": "gold"},
            {"property": "coverage", "operator": "<", "value": 50, "not": True},
        ],
    }
    body = {**READINESS, "rules": [READINESS["rules"][0], rule("either", "Gold", either)]}
    await client.post(service, json=body)
    await put_entity(client, "a", coverage=10)
    answered = (await client.get("/v1/fairway/entities/service/a/scorecards")).json()["scorecards"]
    (scorecard,) = answered
    assert (scorecard["identifier"], scorecard["level"], scorecard["applies"]) == ("readiness", "Basic", True)
    has_repo, gold = scorecard["rules"]
    assert has_repo["status"] == "FAILURE"
    assert has_repo["toPass"] == '"repo" must be set, but is not set'
    assert has_repo["query"]["conditions"][0] == {
        "condition": {"property": "repo", "operator": "isNotEmpty"},
        "passed": False,
        "actual": None,
        "toPass": '"repo" must be set, but is not set',
    }
    assert gold["toPass"] == '"tier" must be "gold", but is not set or "coverage" must not satisfy "<" 50, but is 10'
    await put_entity(client, "a", coverage=60, repo="https://x.io")
    (scorecard,) = (await client.get("/v1/fairway/entities/service/a/scorecards")).json()["scorecards"]
    assert [each["toPass"] for each in scorecard["rules"]] == [None, None]
    assert scorecard["level"] == "Gold"
    assert (await client.get("/v1/fairway/entities/service/none/scorecards")).status_code == 404
    assert (await client.get("/v1/fairway/entities/none/a/scorecards")).status_code == 404

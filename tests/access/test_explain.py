"""``POST /v1/fairway/access/explain`` gives the decision that a request would meet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from support.http import connect

EXPLAIN = "/v1/fairway/access/explain"
AddPerson = Callable[..., Awaitable[str]]


@pytest.fixture
async def member(app: FastAPI, client: httpx.AsyncClient, add_person: AddPerson) -> httpx.AsyncClient:
    """Jo of team ``core``, and a blueprint whose entities only their owners read and update."""
    token = await add_person("jo@example.com", teams=("core",))
    schema = {"properties": {"tier": {"type": "string"}}}
    await client.post("/v1/blueprints", json={"identifier": "service", "title": "Service", "schema": schema})
    owners = {"roles": ["Admin"], "ownedByTeam": True}
    blocks = {"read": owners, "updateProperties": {"tier": {"ownedByTeam": True}}}
    answer = await client.patch("/v1/blueprints/service/permissions", json={"entities": blocks})
    assert answer.status_code == 200, answer.text
    for identifier, team in (("ours", "core"), ("theirs", "other")):
        body = {"identifier": identifier, "team": team, "properties": {"tier": "1"}}
        await client.post("/v1/blueprints/service/entities", json=body)
    return connect(app, token)


async def _ask(client: httpx.AsyncClient, action: str, principal: str | None = None, **resource: Any) -> dict[str, Any]:
    body = {"action": action, "resource": {"blueprint": "service", **resource}, "principal": principal}
    answer = await client.post(EXPLAIN, json=body)
    assert answer.status_code == 200, answer.text
    decision: dict[str, Any] = answer.json()["decision"]
    return decision


async def test_reads_and_writes_of_a_member(client: httpx.AsyncClient, member: httpx.AsyncClient) -> None:
    owned = await _ask(member, "read", entity="ours")
    assert (owned["allowed"], owned["rule"]) == (True, "entities.read.ownedByTeam")
    assert '"ours" is one of them' in owned["reason"]
    foreign = await _ask(client, "read", "jo@example.com", entity="theirs")
    assert (foreign["allowed"], foreign["rule"]) == (False, "none")
    assert '"theirs" is not one of them' in foreign["reason"]

    granular = await _ask(member, "update", entity="ours", properties=["tier"])
    assert (granular["allowed"], granular["rule"]) == (True, "entities.updateProperties.tier.ownedByTeam")
    assert not (await _ask(member, "update", entity="ours", properties=["tier", "$title"]))["allowed"]
    refused = await _ask(member, "register")
    assert (refused["allowed"], refused["rule"]) == (False, "none")
    assert '"service-moderator"' in refused["reason"]
    assert (await _ask(client, "unregister", entity="ours"))["rule"] == "admin"


async def test_the_answer_is_what_requests_meet(member: httpx.AsyncClient) -> None:
    entities = "/v1/blueprints/service/entities"
    assert (await member.patch(f"{entities}/ours", json={"properties": {"tier": "2"}})).status_code == 200
    assert (await member.patch(f"{entities}/ours", json={"title": "x"})).status_code == 403
    assert (await member.patch(f"{entities}/theirs", json={"title": "x"})).status_code == 404
    assert (await member.get(f"{entities}/theirs")).status_code == 404
    assert (await member.get(f"{entities}/ours")).status_code == 200


async def test_members_ask_about_themselves_only(member: httpx.AsyncClient) -> None:
    resource = {"blueprint": "service"}
    other = {"action": "read", "resource": resource, "principal": "admin@example.com"}
    assert (await member.post(EXPLAIN, json=other)).status_code == 403
    myself = {"action": "read", "resource": resource, "principal": "JO@example.com"}
    assert (await member.post(EXPLAIN, json=myself)).status_code == 200
    hidden = {"action": "read", "resource": {**resource, "entity": "theirs"}}
    absent = {"action": "read", "resource": {**resource, "entity": "nothing"}}
    answers = [(await member.post(EXPLAIN, json=body)) for body in (hidden, absent)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["message"].replace("theirs", "nothing") == answers[1].json()["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"action": "fly", "resource": {"blueprint": "service"}}, 422),
        ({"action": "read", "resource": {}}, 422),
        ({"action": "read", "resource": {"blueprint": "none"}}, 404),
        ({"action": "read", "resource": {"blueprint": "service"}, "principal": "nobody"}, 404),
        ({"action": "update", "resource": {"blueprint": "service", "properties": "tier"}}, 422),
    ],
)
async def test_questions_that_do_not_fit(
    client: httpx.AsyncClient, member: httpx.AsyncClient, body: dict[str, Any], status: int
) -> None:
    assert (await client.post(EXPLAIN, json=body)).status_code == status


async def test_disabled_principals_may_nothing(
    client: httpx.AsyncClient, member: httpx.AsyncClient, add_person: AddPerson
) -> None:
    await add_person("jo@example.com", status="Disabled")
    body = {"action": "read", "resource": {"blueprint": "service"}, "principal": "jo@example.com"}
    answer = await client.post(EXPLAIN, json=body)
    assert (answer.status_code, "disabled" in answer.json()["message"]) == (409, True)

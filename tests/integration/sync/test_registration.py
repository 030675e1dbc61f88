"""First starts against the real portal (contract sections 5.3 and 8.1)."""

from __future__ import annotations

from typing import Any

import pytest

from fairway.integration.portal_api import Defaults, DefaultsFailed, Installation, PortalApi, Registration
from fairway.kit.errors import InvalidRequest
from support.integrations import SyncWorld, blueprint, mapping, resource

BLUEPRINTS = [
    {**blueprint("repo", "group"), "mirrorProperties": {"owner": {"title": "Owner", "path": "group.$title"}}},
    blueprint("group"),
]
ACTION = {
    "identifier": "go",
    "trigger": {"type": "self-service", "operation": "CREATE", "userInputs": {"properties": {}, "required": []}},
    "invocationMethod": {"type": "WEBHOOK", "url": "http://example.com"},
}
CARD = {
    "identifier": "ready",
    "title": "Ready",
    "rules": [
        {
            "identifier": "sized",
            "title": "Sized",
            "level": "Gold",
            "query": {"combinator": "and", "conditions": [{"operator": "isNotEmpty", "property": "size"}]},
        }
    ],
}
PAGE = {"identifier": "repos_page", "title": "Repos", "type": "dashboard", "widgets": []}


def defaults(**changes: Any) -> Defaults:
    found: dict[str, Any] = {
        "mapping": mapping(resource("repo", "repo")),
        "blueprints": BLUEPRINTS,
        "actions": [ACTION],
        "scorecards": [{"blueprint": "repo", "data": [CARD]}],
        "pages": [PAGE],
    }
    return Defaults(**{**found, **changes})


async def test_a_first_start_makes_calls_in_the_order_of_the_contract(world: SyncWorld) -> None:
    await world.api.register(Registration(), defaults(actions=(), scorecards=(), pages=()))
    assert world.watched.paths()[:7] == [
        "POST /v1/auth/access_token",
        "GET /v1/integration/scn",
        "GET /v1/integration/provision-enabled",
        "GET /v1/organization",
        "GET /v1/integration/scn",
        "POST /v1/integration",
        "PATCH /v1/integration/scn",
    ]
    rest = world.watched.paths()[7:]
    assert sorted(rest[:4]) == [
        "GET /v1/blueprints/group", "GET /v1/blueprints/repo", "POST /v1/blueprints", "POST /v1/blueprints",
    ]  # fmt: skip
    assert [each.split()[0] for each in rest[4:]] == ["PATCH"] * 5
    assert world.watched.bodies("PATCH /v1/integration/scn")[-1] == {
        "arePortResourcesInitialized": True, "version": "1.0.0",
    }  # fmt: skip


async def test_default_resources_are_there_afterwards(world: SyncWorld) -> None:
    found = await world.api.register(Registration(), defaults())
    assert found["config"] == mapping(resource("repo", "repo"))
    shape = (await world.client.get("/v1/blueprints/repo")).json()["blueprint"]
    assert (set(shape["relations"]), set(shape["mirrorProperties"])) == ({"group"}, {"owner"})
    for path in ("actions/go", "pages/repos_page", "blueprints/repo/scorecards/ready"):
        assert (await world.client.get(f"/v1/{path}")).status_code == 200, path


async def test_a_second_start_changes_nothing(world: SyncWorld) -> None:
    await world.api.register(Registration(), defaults())
    world.watched.calls.clear()
    await world.api.register(Registration(), defaults())
    assert {call.method for call in world.watched.calls} == {"GET"}


async def test_a_new_version_is_told(world: SyncWorld) -> None:
    await world.api.register(Registration(), defaults())
    newer = PortalApi(world.portal, Installation("scn", "fake", "2.0.0"))
    assert (await newer.register(Registration(), defaults()))["version"] == "2.0.0"


async def test_an_existing_blueprint_stops_the_creation_of_all(world: SyncWorld) -> None:
    await world.client.post("/v1/blueprints", json=blueprint("group"))
    found = await world.api.register(Registration(), defaults())
    assert found["arePortResourcesInitialized"] is True
    assert (await world.client.get("/v1/blueprints/repo")).status_code == 404


async def test_a_refused_blueprint_undoes_the_others(world: SyncWorld) -> None:
    broken = {**blueprint("broken", "nowhere")}
    with pytest.raises(DefaultsFailed, match="cannot be created"):
        await world.api.register(Registration(), defaults(blueprints=[*BLUEPRINTS, broken]))
    for name in ("repo", "group", "broken"):
        assert (await world.client.get(f"/v1/blueprints/{name}")).status_code == 404
    assert (await world.api.integration() or {})["arePortResourcesInitialized"] is True


async def test_failures_of_actions_and_pages_are_only_logged(world: SyncWorld) -> None:
    found = await world.api.register(Registration(), defaults(actions=[{"identifier": "x"}], pages=[{"title": 7}]))
    assert found["arePortResourcesInitialized"] is True


async def test_an_empty_origin_gets_an_empty_mapping(world: SyncWorld) -> None:
    found = await world.api.register(Registration(origin="Empty"), defaults())
    assert found["config"] == {"resources": []}
    assert (await world.client.get("/v1/blueprints/repo")).status_code == 404


async def test_without_initialisation_only_the_installation_is_made(world: SyncWorld) -> None:
    found = await world.api.register(Registration(initialise=False), defaults())
    assert (found["config"], found["arePortResourcesInitialized"]) == ({}, False)
    assert (await world.client.get("/v1/blueprints/repo")).status_code == 404


async def test_an_installation_that_is_hosted_elsewhere_is_refused(world: SyncWorld) -> None:
    body = {"installationId": "scn", "installationType": "Saas"}
    assert (await world.client.post("/v1/integration", json=body)).status_code == 201
    with pytest.raises(InvalidRequest, match='"Saas"'):
        await world.api.register(Registration(), defaults())


@pytest.mark.parametrize("identifier", ["", "a/b", "a\nb", "ä"])
def test_identifiers_that_could_pass_for_others_are_refused(identifier: str) -> None:
    with pytest.raises(InvalidRequest, match="identifier of the integration"):
        Installation(identifier, "fake", "1")


async def test_clean_deletes_blueprints_with_their_entities(world: SyncWorld) -> None:
    await world.api.register(Registration(), defaults())
    await world.client.post("/v1/blueprints/group/entities", json={"identifier": "g"})
    assert await world.api.clean(defaults()) != []
    assert await world.api.clean(defaults(), entities=True, wait=True) == []
    assert (await world.client.get("/v1/blueprints/group")).status_code == 404

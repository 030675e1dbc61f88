"""Deletions that wait, what was deleted, and whoever decides about it."""

from __future__ import annotations

from typing import Any

from support.gitops_desk import BASE, Desk
from support.gitops_gitea import FakeGitea
from support.gitops_world import spec

NAMES = [f"s{number}" for number in range(12)]


async def held(desk: Desk, gitea: FakeGitea) -> dict[str, Any]:
    """A plan over everything that there is."""
    gitea.add_repository("pay/all", {"port.yml": spec(*NAMES, tier=1)})
    await desk.gitea(gitea)
    await desk.settle()
    gitea.commit("pay/all", {"port.yml": "[]"})
    source = await desk.sync()
    assert source["state"]["status"] == "held"
    assert source["state"]["heldPlans"] == 1
    assert source["state"]["pass"]["figures"]["held"] == 12
    (plan,) = (await desk.get("/plans"))["plans"]
    found: dict[str, Any] = plan
    return found


async def settle_plan(desk: Desk, plan: dict[str, Any], verdict: str) -> Any:
    return await desk.client.post(f"{BASE}/sources/{desk.id}/plans/{plan['id']}/{verdict}")


async def test_held_deletions_are_carried_out_once_approved(desk: Desk, gitea: FakeGitea) -> None:
    plan = await held(desk, gitea)
    assert plan["counts"] == {"delete": 12, "clear": 0, "byBlueprint": {"service": 12}}
    assert plan["stale"] is False
    assert "12 of 12" in plan["reason"]
    sample = {
        "blueprint": "service",
        "identifier": "s0",
        "effect": "delete",
        "repository": "pay/all",
        "path": "port.yml",
    }
    assert sample in plan["samples"]
    assert await desk.entity("s0") is not None
    response = await settle_plan(desk, plan, "approve")
    assert response.json()["figures"]["deleted"] == 12
    assert await desk.entity("s0") is None
    assert (await desk.source())["state"]["heldPlans"] == 0
    assert (await desk.source())["state"]["status"] == "complete"
    assert (await settle_plan(desk, plan, "approve")).status_code == 404
    deleted, *_ = await desk.events(resources="entity", entity="s3")
    assert (deleted["action"], deleted["trigger"]["by"]["userId"]) == ("DELETE", "testclient")


async def test_discarded_ones_stay_as_orphans(desk: Desk, gitea: FakeGitea) -> None:
    plan = await held(desk, gitea)
    assert (await settle_plan(desk, plan, "discard")).json()["figures"]["orphaned"] == 12
    await desk.sync()
    assert await desk.entity("s0") is not None
    (claim,) = await desk.claims("s0")
    assert claim["state"] == "orphaned"
    assert "administrator" in claim["diagnostics"][0]["message"]
    assert (await desk.source())["state"]["status"] == "complete"


async def test_plans_of_another_configuration_are_not_approved(desk: Desk, gitea: FakeGitea) -> None:
    plan = await held(desk, gitea)
    changes = {"options": {"priority": 7}}
    assert (await desk.client.patch(f"{BASE}/sources/{desk.id}", json=changes)).status_code == 200
    (stale,) = (await desk.get("/plans"))["plans"]
    assert stale["stale"] is True
    assert (await settle_plan(desk, plan, "approve")).status_code == 409
    assert await desk.entity("s0") is not None


async def test_what_was_deleted_comes_back(desk: Desk, gitea: FakeGitea) -> None:
    gitea.add_repository("pay/a", {"port.yml": spec("a", "b", "c", tier=1)})
    await desk.gitea(gitea)
    await desk.settle()
    gitea.commit("pay/a", {"port.yml": spec("c", tier=1)})
    await desk.sync()
    assert await desk.entity("a") is None
    first = await desk.get("/journal", limit=1)
    rest = await desk.get("/journal", limit=5, before=first["next"])
    entries = [*first["entries"], *rest["entries"]]
    assert {each["entity"]["identifier"] for each in entries} == {"a", "b"}
    assert rest["next"] is None
    entry = next(each for each in entries if each["entity"]["identifier"] == "a")
    assert (entry["effect"], entry["repository"], entry["path"]) == ("deleted", "pay/a", "port.yml")
    restore = f"{BASE}/sources/{desk.id}/journal/{entry['id']}/restore"
    response = await desk.client.post(restore)
    assert response.json()["entity"] == {"blueprint": "service", "identifier": "a"}
    entity = await desk.entity("a")
    assert entity is not None
    assert entity["properties"]["tier"] == 1
    assert (await desk.client.post(restore)).status_code == 409
    found = [each for each in (await desk.get("/journal"))["entries"] if each["id"] == entry["id"]]
    assert found[0]["restoredAt"] is not None


async def test_what_others_made_is_only_cleared(desk: Desk, gitea: FakeGitea) -> None:
    await desk.client.post(
        "/v1/blueprints/service/entities", json={"identifier": "theirs", "properties": {"language": "go"}}
    )
    gitea.add_repository("pay/a", {"port.yml": spec("theirs", tier=1)})
    await desk.gitea(gitea)
    await desk.settle()
    (claim,) = await desk.claims("theirs")
    assert claim["createdByGit"] is False
    gitea.commit("pay/a", {"port.yml": None})
    await desk.sync()
    entity = await desk.entity("theirs")
    assert entity is not None
    assert entity["properties"]["language"] == "go"
    assert entity["properties"]["tier"] is None
    (entry,) = (await desk.get("/journal"))["entries"]
    assert entry["effect"] == "cleared"
    assert await desk.claims("theirs") == []


async def test_pins_need_a_definition(desk: Desk, gitea: FakeGitea) -> None:
    gitea.add_repository("pay/a", {"port.yml": spec("a")})
    gitea.add_repository("pay/b", {"port.yml": spec("b")})
    await desk.gitea(gitea)
    await desk.settle()
    pin = f"{BASE}/entities/service/a/pin"
    for body, status in (
        ({"source": desk.id, "repository": "pay/b", "pinned": True}, 404),
        ({"source": desk.id, "repository": "no/such", "pinned": True}, 404),
        ({"source": "git_no", "repository": "pay/a", "pinned": True}, 404),
        ({"source": desk.id, "repository": "pay/a"}, 422),
        ({"source": desk.id, "repository": "", "pinned": True}, 422),
        ({"source": desk.id, "repository": "pay/a", "pinned": "yes"}, 422),
        ({"source": desk.id, "repository": "PAY/A", "pinned": True}, 200),
    ):
        assert (await desk.client.post(pin, json=body)).status_code == status, body

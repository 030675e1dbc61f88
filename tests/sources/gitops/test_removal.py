"""What becomes of entities when their source is deleted."""

from __future__ import annotations

import pytest

from support.gitops_desk import BASE, Desk
from support.gitops_gitea import FakeGitea
from support.gitops_world import spec


async def connected(desk: Desk, gitea: FakeGitea) -> str:
    """Two entities that git made, and one that it enriched."""
    await desk.client.post("/v1/blueprints/service/entities", json={"identifier": "theirs"})
    gitea.add_repository("pay/a", {"port.yml": spec("a", "b", "theirs", tier=1)})
    await desk.gitea(gitea)
    await desk.settle()
    return f"{BASE}/sources/{desk.id}"


@pytest.mark.parametrize("entities", ["delete", "detach", "keep"])
async def test_everything_about_it_goes_and_entities_as_chosen(desk: Desk, gitea: FakeGitea, entities: str) -> None:
    one = await connected(desk, gitea)
    assert (await desk.client.delete(one)).status_code == 422
    assert (await desk.client.delete(one, params={"entities": "all"})).status_code == 422
    assert (await desk.client.delete(one, params={"entities": entities})).status_code == 202
    for method, path in (("PATCH", one), ("POST", f"{one}/sync")):
        assert (await desk.client.request(method, path, json={"title": "x"})).status_code == 409
    await desk.settle()
    assert (await desk.client.get(one)).status_code == 404
    assert (await desk.entity("a") is None) == (entities == "delete")
    theirs = await desk.entity("theirs")
    assert theirs is not None
    assert theirs["properties"]["tier"] == (None if entities == "delete" else 1)
    claims = await desk.claims("theirs")
    assert [each["state"] for each in claims] == (["orphaned"] if entities == "keep" else [])
    (event, *_) = await desk.events(resources="gitopsSource")
    assert event["action"] == "DELETE"
    for table in ("gitops_source", "gitops_pass", "gitops_plan", "gitops_journal", "gitops_notice", "gitops_delivery"):
        assert await desk.portal.db.read(lambda tx, name=table: tx.raw(f"SELECT * FROM {name}")) == []  # type: ignore[misc] # bound now


async def test_another_source_takes_over(desk: Desk, gitea: FakeGitea) -> None:
    async with FakeGitea() as second:
        one = await connected(desk, gitea)
        second.add_repository("new/a", {"port.yml": spec("a", tier=9)})
        await desk.gitea(second, title="Second")
        await desk.settle()
        assert [each["source"]["title"] for each in await desk.claims("a")] == ["Forge", "Second"]
        await desk.client.delete(one, params={"entities": "delete"})
        await desk.settle()
        entity = await desk.entity("a")
        assert entity is not None
        assert entity["properties"]["tier"] == 9
        assert await desk.entity("b") is None
        (claim,) = await desk.claims("a")
        assert (claim["source"]["title"], claim["state"]) == ("Second", "active")
        writes = await desk.events(resources="entity", entity="a")
        assert "DELETE" not in {each["action"] for each in writes}


async def test_what_others_need_stays(desk: Desk, gitea: FakeGitea) -> None:
    needs = {"domain": {"title": "Domain", "target": "domain", "many": False, "required": True}}
    await desk.client.patch("/v1/blueprints/service", json={"relations": needs})
    domain = {"identifier": "pay", "blueprint": "domain"}
    gitea.add_repository("pay/d", {"port.yml": spec(domain)})
    await desk.gitea(gitea)
    await desk.settle()
    own = {"identifier": "mine", "relations": {"domain": "pay"}}
    assert (await desk.client.post("/v1/blueprints/service/entities", json=own)).status_code == 201
    await desk.client.delete(f"{BASE}/sources/{desk.id}", params={"entities": "delete"})
    await desk.settle()
    assert (await desk.client.get(f"{BASE}/sources/{desk.id}")).status_code == 404
    assert await desk.entity("pay", "domain") is not None
    assert await desk.claims("pay", "domain") == []

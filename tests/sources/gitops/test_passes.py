"""A forge on a socket, a portal, and what passes bring from one to the other."""

from __future__ import annotations

from typing import Any

from support.gitops_desk import BASE, Desk
from support.gitops_gitea import FakeGitea
from support.gitops_world import spec


async def test_the_first_pass_brings_everything(desk: Desk, gitea: FakeGitea) -> None:
    gitea.add_repository("pay/checkout", {"port.yml": spec("checkout", tier=1)})
    gitea.add_repository("pay/empty")
    gitea.add_repository("pay/plain", {"README.md": "x"})
    source = await desk.gitea(gitea)
    assert source["state"]["status"] == "never"
    assert source["secrets"] == {"token": True, "webhookSecret": True}
    await desk.settle()
    entity = await desk.entity("checkout")
    assert entity is not None
    assert entity["properties"]["tier"] == 1
    tip = gitea.repositories["pay/checkout"].tip
    found = {"repository": "pay/checkout", "branch": "main", "path": "port.yml", "commit": tip}
    assert entity["properties"]["gitopsMetadata"] == found
    state = (await desk.source())["state"]
    assert state["status"] == "complete"
    assert state["pass"]["figures"]["created"] == 1
    assert state["pass"]["progress"] == {"repositories": 3, "total": 3, "changed": 2, "failed": 0}
    assert state["pass"]["requests"] == len(gitea.requests)
    assert state["nextPassAt"] is not None
    again = (await desk.sync())["state"]
    assert again["pass"]["figures"] == {**_nothing(), "unchanged": 1}
    assert len((await desk.get("/passes"))["passes"]) == 2


def _nothing() -> dict[str, int]:
    names = ("created", "updated", "cleared", "deleted", "held", "unchanged", "conflicts", "pending", "stale")
    return dict.fromkeys(names, 0)


async def test_repositories_and_their_findings(desk: Desk, gitea: FakeGitea) -> None:
    tip = gitea.add_repository("pay/good", {"port.yml": spec("good", tier=1)}).tip
    text = (
        "- identifier: half\n  blueprint: service\n- identifier: wrong\n  blueprint: service\n  properties: {tier: x}\n"
    )
    gitea.add_repository("pay/half", {"port.yml": text})
    gitea.add_repository("pay/bad", {"deep/port.yml": "a: [\n"})
    await desk.gitea(gitea)
    await desk.settle()
    listed = await desk.get("/repositories")
    assert [(each["label"], each["state"]) for each in listed["repositories"]] == [
        ("pay/bad", "stale"), ("pay/good", "ok"), ("pay/half", "ok"),
    ]  # fmt: skip
    first = await desk.get("/repositories", limit=2)
    rest = await desk.get("/repositories", limit=2, **{"from": first["next"]})
    assert [each["label"] for each in rest["repositories"]] == ["pay/half"]
    assert rest["next"] is None
    wrong = await desk.get("/repositories", state="problems")
    assert [each["label"] for each in wrong["repositories"]] == ["pay/bad", "pay/half"]
    assert [each["label"] for each in (await desk.get("/repositories", q="GOOD"))["repositories"]] == ["pay/good"]
    half = (await desk.get("/repositories/pay%2Fhalf"))["repository"]
    (file,) = half["files"]
    assert [each["identifier"] for each in file["entities"]] == ["half"]
    (finding,) = file["diagnostics"]
    assert (finding["code"], finding["line"], finding["severity"]) == ("E_PROPERTY_TYPE", 5, "error")
    assert finding["url"].startswith(f"{gitea.url}/pay/half/src/commit/")
    assert finding["url"].endswith("/port.yml#L5")
    assert half["problems"] == {"errors": 1, "warnings": 0}
    good: dict[str, Any] = (await desk.get(f"/repositories/{_id(listed, 'pay/good')}"))["repository"]
    assert good["tip"] == tip
    assert good["files"][0]["status"] == "ok"
    assert (await desk.source())["state"]["problems"]["errors"] == 2


def _id(listed: dict[str, Any], label: str) -> str:
    return next(str(each["id"]) for each in listed["repositories"] if each["label"] == label)


async def test_the_entity_says_where_it_is_defined(desk: Desk, gitea: FakeGitea) -> None:
    gitea.add_repository("pay/one", {"port.yml": spec("same", tier=1)})
    gitea.add_repository("pay/two", {"port.yml": spec("same", tier=2)})
    await desk.gitea(gitea)
    await desk.settle()
    winner, loser = await desk.claims("same")
    assert (winner["state"], winner["repository"]["label"], winner["createdByGit"]) == ("active", "pay/one", True)
    assert (loser["state"], loser["diagnostics"][0]["code"]) == ("shadowed", "E_CONFLICT")
    assert [each["severity"] for each in winner["diagnostics"]] == ["notice"]
    assert winner["url"].endswith("/port.yml#L1")
    assert (await desk.source())["state"]["pass"]["figures"]["conflicts"] == 1
    pin = {"source": desk.id, "repository": "pay/two", "pinned": True}
    response = await desk.client.post(f"{BASE}/entities/service/same/pin", json=pin)
    assert response.status_code == 200, response.text
    entity = await desk.entity("same")
    assert entity is not None
    assert entity["properties"]["tier"] == 2
    (winner, _) = await desk.claims("same")
    assert (winner["repository"]["label"], winner["pinned"]) == ("pay/two", True)
    assert await desk.claims("unknown") == []


async def test_events_of_entities_say_which_commit(desk: Desk, gitea: FakeGitea) -> None:
    tip = gitea.add_repository("pay/checkout", {"port.yml": spec("checkout", tier=1)}).tip
    await desk.gitea(gitea)
    await desk.settle()
    gitea.commit("pay/checkout", {"port.yml": None})
    await desk.sync()
    assert await desk.entity("checkout") is None
    deleted, created = await desk.events(resources="entity", entity="checkout")
    assert created["action"] == "CREATE"
    assert created["context"]["gitopsSource"] == desk.id
    assert created["context"]["gitopsCommit"] == tip
    assert created["context"]["gitopsRepository"] == "pay/checkout"
    assert created["trigger"]["origin"] == "Forge"
    assert deleted["action"] == "DELETE"
    assert deleted["context"]["gitopsPath"] == "port.yml"
    assert deleted["message"].startswith("GitOps: ")
    told = await desk.events(resources="gitopsSource")
    assert {each["action"] for each in told} == {"CREATE", "UPDATE"}
    assert [each["diff"]["after"]["state"]["status"] for each in told[:2]] == ["complete", "running"]


async def test_names_that_a_database_cannot_index_stop_nobody_else(desk: Desk, gitea: FakeGitea) -> None:
    unlike = "".join(chr(0x4E00 + (number * 7919) % 20_000) for number in range(1000))
    gitea.add_repository("pay/odd", {"port.yml": spec(unlike, "good", tier=1)})
    await desk.gitea(gitea)
    await desk.settle()
    state = (await desk.source())["state"]
    assert state["status"] in ("complete", "partial"), state
    assert await desk.entity("good") is not None
    (repository,) = (await desk.get("/repositories"))["repositories"]
    file = (await desk.get(f"/repositories/{repository['id']}"))["repository"]["files"][0]
    states = {each["identifier"]: each["state"] for each in file["entities"]}
    if state["problems"]["errors"]:
        assert states[unlike] == "pending"
        assert "too long" in file["diagnostics"][0]["message"]
    else:
        assert states[unlike] == "active"

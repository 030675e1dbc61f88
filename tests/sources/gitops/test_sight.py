"""Members know of entities in spec files what they may read in the catalog, and no more."""

from __future__ import annotations

from typing import Any

import httpx

from support.gitops_desk import BASE, Desk
from support.gitops_gitea import FakeGitea
from support.gitops_world import spec
from support.people import Login

HIDDEN = {
    "identifier": "hidden",
    "title": "Hidden",
    "schema": {"properties": {"salary": {"type": "number"}}, "required": []},
    "relations": {},
}


async def files(client: httpx.AsyncClient, desk: Desk) -> dict[str, dict[str, Any]]:
    """Of the only repository, by path."""
    response = await client.get(f"{BASE}/sources/{desk.id}/repositories/pay%2Fall")
    assert response.status_code == 200, response.text
    return {each["path"]: each for each in response.json()["repository"]["files"]}


async def test_findings_follow_the_permissions_of_the_catalog(desk: Desk, gitea: FakeGitea, login: Login) -> None:
    assert (await desk.client.post("/v1/blueprints", json=HIDDEN)).status_code == 201
    nobody = {"users": [], "roles": ["Admin"], "teams": [], "ownedByTeam": False}
    entities = dict.fromkeys(("read", "register", "update", "unregister"), nobody)
    response = await desk.client.patch("/v1/blueprints/hidden/permissions", json={"entities": entities})
    assert response.status_code == 200, response.text
    secret = {"identifier": "kim", "blueprint": "hidden", "properties": {"salary": 5}}
    wrong = {"identifier": "jo", "blueprint": "hidden", "properties": {"salary": "4711 a month"}}
    gitea.add_repository(
        "pay/all",
        {
            "a/port.yml": spec("open", tier=1),
            "b/port.yml": spec(secret),
            "c/port.yml": spec("half", secret | {"identifier": "pat"}, wrong),
            "d/port.yml": "- {",
        },
    )
    await desk.gitea(gitea)
    await desk.settle()
    everything = await files(desk.client, desk)
    assert set(everything) == {"a/port.yml", "b/port.yml", "c/port.yml", "d/port.yml"}
    member = await login("kim@example.com")
    seen = await files(member, desk)
    assert set(seen) == {"a/port.yml", "c/port.yml", "d/port.yml"}
    assert [each["identifier"] for each in seen["c/port.yml"]["entities"]] == ["half"]
    assert "4711" in str(everything)
    assert "4711" not in str(seen)
    assert [each["code"] for each in seen["d/port.yml"]["diagnostics"]] == ["E_YAML"]
    assert (await member.get(f"{BASE}/entities/service/open")).json()["claims"] != []
    assert (await member.get(f"{BASE}/entities/hidden/kim")).status_code == 404
    assert (await member.get(f"{BASE}/entities/hidden/nobody")).status_code == 404
    assert (await desk.client.get(f"{BASE}/entities/hidden/kim")).json()["claims"] != []

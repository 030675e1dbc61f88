"""What may be said of a source, who may say it, and what is never told."""

from __future__ import annotations

from typing import Any

import httpx

from support.gitops_desk import BASE, Desk
from support.gitops_gitea import FakeGitea
from support.people import Login

SECRET = "s3cret-of-nobody"
GITEA: dict[str, Any] = {
    "title": "Code",
    "kind": "gitea",
    "url": "https://code.example.com",
    "secrets": {"token": SECRET},
}


async def create(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await client.post(f"{BASE}/sources", json={**GITEA, **changes})


async def test_a_source_is_kept_changed_and_listed(client: httpx.AsyncClient) -> None:
    made = (await create(client, settings={"organisation": "pay"}, options={"reconcileInterval": "30m"})).json()[
        "source"
    ]
    assert made["url"] == "https://code.example.com"
    assert made["webhook"]["url"] == f"http://portal/ingest/gitops/{made['id']}"
    assert made["options"]["reconcileInterval"] == 1800
    assert made["options"]["mergeMode"] == "owned"
    one = f"{BASE}/sources/{made['id']}"
    changes = {"title": "Team's code", "options": {"filters": {"forks": True}}, "secrets": {"webhookSecret": "h"}}
    changed = (await client.patch(one, json=changes)).json()["source"]
    assert changed["title"] == "Team's code"
    assert changed["settings"] == {"organisation": "pay"}
    assert changed["secrets"] == {"token": True, "webhookSecret": True}
    assert changed["options"]["reconcileInterval"] == 1800
    assert changed["options"]["filters"]["forks"] is True
    back = {
        "options": {"reconcileInterval": None},
        "secrets": {"webhookSecret": None},
        "settings": {"organisation": None},
    }
    changed = (await client.patch(one, json=back)).json()["source"]
    assert changed["options"]["reconcileInterval"] == 21_600
    assert changed["options"]["filters"]["forks"] is True
    assert changed["secrets"] == {"token": True}
    assert changed["settings"] == {}
    listed = (await client.get(f"{BASE}/sources")).json()["sources"]
    assert listed == [(await client.get(one)).json()["source"]]


async def test_the_defaults_are_those_that_pages_assume(client: httpx.AsyncClient) -> None:
    assert (await create(client)).json()["source"]["options"] == {
        "specPath": [], "branch": None, "branches": {}, "mergeMode": "owned", "mergeModes": [],
        "enableMergeEntity": None, "createMissingRelatedEntities": True, "deleteDependentEntities": False,
        "entityDeletionThreshold": None, "enrichEntitiesWithGitopsMetadata": True,
        "gitopsMetadataProperty": "gitopsMetadata", "orphanPolicy": "delete", "priority": 0, "blueprints": None,
        "identifierPrefix": None, "yield": False, "driftRepair": True,
        "filters": {
            "include": [], "exclude": [], "topics": [], "visibility": [], "archived": False, "forks": False,
            "mirrors": False, "disabled": False, "personal": False,
        },
        "reconcileInterval": 21_600, "deletionGrace": 120, "validatePullRequests": True, "concurrency": 16,
    }  # fmt: skip


async def test_secrets_are_told_to_nobody(desk: Desk, gitea: FakeGitea) -> None:
    """Neither by answers, nor by events, nor in the database."""
    gitea.tokens[SECRET] = 3
    await desk.gitea(gitea, secrets={"token": SECRET})
    await desk.settle()
    bad = await desk.client.patch(f"{BASE}/sources/{desk.id}", json={"secrets": {"token": [SECRET]}})
    assert bad.status_code == 422
    gitea.tokens.clear()
    await desk.sync()
    told = [bad.text]
    for path in ("/sources", f"/sources/{desk.id}", f"/sources/{desk.id}/passes", f"/sources/{desk.id}/repositories"):
        told.append((await desk.client.get(BASE + path)).text)
    told.append((await desk.client.get("/v1/audit-log", params={"limit": 100})).text)
    assert not any(SECRET in text for text in told)
    rows = await desk.portal.db.read(lambda tx: tx.raw("SELECT sealed, settings, url, options FROM gitops_source"))
    assert rows
    assert not any(SECRET in str(column) for row in rows for column in row)


HOSTILE: list[tuple[dict[str, Any], str]] = [
    ({"kind": "bitbucket"}, '"kind" must be one of'),
    ({"kind": 5}, '"kind"'),
    ({"title": " "}, '"title" must have 1 to 100'),
    ({"title": "a\nb"}, "printable"),
    ({"url": ""}, '"url" is required'),
    ({"url": "ftp://x.example"}, "not an http or https URL"),
    ({"url": "https://kim:pw@x.example"}, "holds a login"),
    ({"url": "https://x.example/?a=b"}, "without query"),
    ({"url": "http://169.254.169.254/latest"}, "may not be reached"),
    ({"url": "x" * 3000}, "2000"),
    ({"settings": {"organization": "x"}}, 'did you mean "organisation"'),
    ({"settings": {"organisation": 5}}, '"settings.organisation" must be'),
    ({"settings": []}, "an object"),
    ({"settings": {"projects": ["x"]}}, '"settings.projects" is not known'),
    ({"secrets": {"tokn": "x"}}, 'did you mean "token"'),
    ({"secrets": {"token": " "}}, '"secrets.token" must be'),
    ({"secrets": {"password": "x"}}, '"settings.username"'),
    ({"options": {"specpath": "x"}}, 'did you mean "specPath"'),
    ({"options": {"specPath": ["{a,b}" * 20]}}, "stand for more than"),
    ({"options": {"mergeMode": "merged"}}, '"owned"'),
    ({"options": {"reconcileInterval": 5}}, "seconds from 60"),
    ({"options": {"reconcileInterval": "soon"}}, "30m"),
    ({"options": {"concurrency": True}}, "whole number"),
    ({"options": {"entityDeletionThreshold": 2}}, "from 0 to 1"),
    ({"options": {"blueprints": ["service", "_user"]}}, "_user"),
    ({"options": {"filters": {"include": "a", "fork": True}}}, "did you mean"),
    ({"options": {"branches": [1]}}, "an object from globs"),
    ({"options": {"mergeModes": [{"specPath": "x"}]}}, '"mergeMode"'),
    ({"enabled": "yes"}, '"enabled"'),
    ({"titel": "x"}, '"titel" is not known'),
    ({"kind": "github", "url": None, "secrets": {}}, "an app"),
    ({"kind": "github", "url": None, "settings": {"appId": 5}}, "both"),
    ({"kind": "gitlab", "secrets": {}}, "read_api"),
    ({"kind": "git", "url": None}, '"settings.repositories"'),
    ({"kind": "git", "url": "/etc"}, "FAIRWAY_GITOPS_LOCAL_FOLDER"),
    ({"kind": "git", "url": "file:///etc/x.git"}, "FAIRWAY_GITOPS_LOCAL_FOLDER"),
    ({"kind": "git", "url": None, "settings": {"repositories": ["/srv/x"]}}, "FAIRWAY_GITOPS_LOCAL_FOLDER"),
    ({"kind": "git", "url": "ext::sh%20id"}, "remote helper"),
    ({"kind": "git", "url": "--upload-pack=id"}, "leading dash"),
    ({"kind": "git", "url": "https://169.254.169.254/x.git"}, "may not be reached"),
    ({"kind": "git", "url": "ssh://git@169.254.169.254"}, "may not be reached"),
    ({"kind": "git", "url": "ssh://git@h.example/x", "secrets": {"privateKey": "k"}}, "knownHosts"),
]


async def test_what_does_not_fit_is_refused_with_the_reason(client: httpx.AsyncClient) -> None:
    for changes, message in HOSTILE:
        response = await create(client, **changes)
        assert response.status_code == 422, (changes, response.text)
        assert message in response.json()["message"]
    assert (await client.get(f"{BASE}/sources")).json()["sources"] == []


async def test_a_login_goes_nowhere_but_where_it_was_meant_for(client: httpx.AsyncClient) -> None:
    one = f"{BASE}/sources/{(await create(client)).json()['source']['id']}"
    response = await client.patch(one, json={"url": "https://evil.example"})
    assert response.status_code == 422
    assert "secrets.token" in response.json()["message"]
    assert (await client.patch(one, json={"url": "https://code.example.com/sub/"})).status_code == 200
    moved = {"url": "https://new.example", "secrets": {"token": "another"}}
    assert (await client.patch(one, json=moved)).json()["source"]["url"] == "https://new.example"
    check = {"id": one.rpartition("/")[2], "url": "https://evil.example"}
    assert (await client.post(f"{BASE}/sources/check", json=check)).status_code == 422


async def test_the_same_repositories_are_read_once(client: httpx.AsyncClient) -> None:
    assert (await create(client)).status_code == 201
    twin = await create(client, title="Again")
    assert twin.status_code == 409
    assert '"Code"' in twin.json()["message"]
    assert (await create(client, settings={"organisation": "other"})).status_code == 201


async def test_kinds_stay(client: httpx.AsyncClient) -> None:
    one = f"{BASE}/sources/{(await create(client)).json()['source']['id']}"
    assert (await client.patch(one, json={"kind": "gitea", "title": "x"})).status_code == 200
    assert (await client.patch(one, json={"kind": "gitlab"})).status_code == 422


async def test_a_check_stores_nothing(desk: Desk, gitea: FakeGitea) -> None:
    gitea.add_repository("pay/x")
    draft = {"kind": "gitea", "url": gitea.url, "secrets": {"token": "gitea-good"}}
    answer = (await desk.client.post(f"{BASE}/sources/check", json=draft)).json()
    assert (answer["repositories"], answer["problem"]) == (1, None)
    assert "portal-bot" in answer["identity"]
    draft["secrets"] = {"token": "wrong"}
    answer = (await desk.client.post(f"{BASE}/sources/check", json=draft)).json()
    assert answer["identity"] is None
    assert "refuses the credentials" in answer["problem"]
    assert (await desk.client.get(f"{BASE}/sources")).json()["sources"] == []
    await desk.gitea(gitea)
    answer = (await desk.client.post(f"{BASE}/sources/check", json={"id": desk.id})).json()
    assert answer["repositories"] == 1


async def test_members_read_and_admins_write(desk: Desk, gitea: FakeGitea, login: Login) -> None:
    await desk.gitea(gitea)
    await desk.settle()
    member = await login("kim@example.com")
    one = f"{BASE}/sources/{desk.id}"
    (seen,) = (await member.get(f"{BASE}/sources")).json()["sources"]
    assert (seen["settings"], seen["secrets"], seen["webhook"]) == ({}, {}, None)
    assert seen["state"]["status"] == "complete"
    assert (await member.get(f"{one}/passes")).status_code == 200
    assert (await member.get(f"{one}/repositories")).status_code == 200
    for method, path, body in (
        ("POST", f"{BASE}/sources", GITEA), ("POST", f"{BASE}/sources/check", GITEA), ("PATCH", one, {"title": "x"}),
        ("DELETE", f"{one}?entities=keep", None), ("POST", f"{one}/sync", None), ("POST", f"{one}/abort", None),
        ("GET", f"{one}/plans", None), ("POST", f"{one}/plans/x/approve", None), ("GET", f"{one}/journal", None),
        ("POST", f"{one}/plans/x/discard", None), ("POST", f"{one}/journal/x/restore", None),
        ("POST", f"{BASE}/entities/service/x/pin", {"source": desk.id, "repository": "x", "pinned": True}),
    ):  # fmt: skip
        response = await member.request(method, path, json=body)
        assert response.status_code == 403, (method, path, response.text)
    assert (await desk.anonymous.get(f"{BASE}/sources")).status_code == 401


async def test_what_is_not_there(client: httpx.AsyncClient) -> None:
    one = f"{BASE}/sources/git_nothing"
    for method, path in (
        ("GET", ""), ("DELETE", "?entities=keep"), ("POST", "/sync"), ("POST", "/abort"), ("GET", "/passes"),
        ("GET", "/repositories"), ("GET", "/repositories/x"), ("GET", "/plans"), ("POST", "/plans/x/approve"),
        ("POST", "/plans/x/discard"), ("GET", "/journal"), ("POST", "/journal/x/restore"),
    ):  # fmt: skip
        assert (await client.request(method, one + path)).status_code == 404, path
    assert (await client.patch(one, json={"title": "x"})).status_code == 404

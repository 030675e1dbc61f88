"""Events of forges: who may send them, what becomes of them, and how many looks they cost."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from fairway.kit.clock import ManualClock
from fairway.kit.settings import Settings
from support.gitops_desk import BASE, HOOK_SECRET, Desk, named, push, signed
from support.gitops_gitea import FakeGitea
from support.gitops_world import spec

QUIET = 2.1


@pytest.fixture
def clock() -> ManualClock:
    """Moved by hand: events wait for two quiet seconds."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Logins outlive the days that tests let pass."""
    return settings.model_copy(update={"token_ttl_seconds": 100 * 86_400})


@pytest.fixture
async def forge(desk: Desk, gitea: FakeGitea) -> FakeGitea:
    """Connected, with one repository that the first pass has read."""
    gitea.add_repository("pay/checkout", {"port.yml": spec("checkout", tier=1)})
    await desk.gitea(gitea)
    await desk.settle()
    return gitea


async def tier(desk: Desk, identifier: str = "checkout") -> Any:
    entity = await desk.entity(identifier)
    return None if entity is None else entity["properties"]["tier"]


async def test_a_push_is_applied_after_a_quiet_moment(desk: Desk, forge: FakeGitea, clock: ManualClock) -> None:
    tip = forge.commit("pay/checkout", {"port.yml": spec("checkout", tier=2)})
    before = len(forge.requests)
    response = await desk.notify(*push(forge, "pay/checkout", after=tip, author="kim"))
    assert response.status_code == 202, response.text
    assert response.json() == {"ok": True, "repeated": False}
    await desk.settle()
    assert await tier(desk) == 1
    for number in range(5):  # more pushes of the same moment
        await desk.notify(*push(forge, "pay/checkout", delivery=f"more-{number}"))
        clock.advance(seconds=1)
        await desk.settle()
    assert await tier(desk) == 1
    clock.advance(seconds=QUIET)
    await desk.settle()
    assert await tier(desk) == 2
    asked = [each for each in forge.paths(before) if not each.startswith("POST")]
    assert len(asked) <= 4, asked
    assert [each["state"] for each in forge.statuses] == ["success"]
    (event, *_) = await desk.events(resources="gitopsSource")
    assert (event["context"]["gitopsRepository"], event["context"]["gitopsCommit"]) == ("pay/checkout", tip)
    (written, *_) = await desk.events(resources="entity", entity="checkout")
    assert (written["context"]["gitopsCommit"], written["context"]["gitopsAuthor"]) == (tip, "kim")
    webhook = (await desk.source())["webhook"]
    assert (webhook["accepted"], webhook["refused"]) == (6, 0)
    assert webhook["lastEventAt"] is not None


async def test_many_pushes_wait_half_a_minute_at_most(desk: Desk, forge: FakeGitea, clock: ManualClock) -> None:
    forge.commit("pay/checkout", {"port.yml": spec("checkout", tier=2)})
    for second in range(31):
        await desk.notify(*push(forge, "pay/checkout", delivery=f"d-{second}"))
        await desk.settle()
        if second < 29:
            assert await tier(desk) == 1
        clock.advance(seconds=1)
    await desk.settle()
    assert await tier(desk) == 2


async def test_the_same_delivery_counts_once(desk: Desk, forge: FakeGitea, clock: ManualClock) -> None:
    event = push(forge, "pay/checkout")
    assert (await desk.notify(*event)).json()["repeated"] is False
    assert (await desk.notify(*event)).json()["repeated"] is True
    assert (await desk.source())["webhook"]["accepted"] == 1
    clock.advance(days=8)
    await desk.sync()
    assert (await desk.notify(*event)).json()["repeated"] is False


async def test_what_is_not_authentic_is_refused_and_counted(desk: Desk, forge: FakeGitea) -> None:
    headers, body = push(forge, "pay/checkout")
    for changed in ({**headers, "x-gitea-signature": "0" * 64}, {"x-gitea-event": "push"}):
        response = await desk.notify(changed, body)
        assert response.status_code == 401
        assert "signature" in response.json()["message"]
    assert (await desk.notify(headers, body + b" ")).status_code == 401
    webhook = (await desk.source())["webhook"]
    assert webhook["accepted"] == 0
    assert webhook["refused"] >= 1
    assert webhook["lastBadSignatureAt"] is not None
    assert (await desk.notify(headers, body, "git_other")).status_code == 404
    await desk.client.patch(f"{BASE}/sources/{desk.id}", json={"secrets": {"webhookSecret": None}})
    response = await desk.notify(headers, body)
    assert (response.status_code, "no secret" in response.json()["message"]) == (401, True)


async def test_two_secrets_hold_while_one_takes_over(desk: Desk, forge: FakeGitea) -> None:
    secrets = {"webhookSecret": "new", "webhookSecretPrevious": HOOK_SECRET}
    await desk.client.patch(f"{BASE}/sources/{desk.id}", json={"secrets": secrets})
    body = {"ref": "refs/heads/main", "repository": named(forge, "pay/checkout")}
    for number, secret in enumerate(("new", HOOK_SECRET, "old")):
        response = await desk.notify(*signed("push", body, f"d-{number}", secret))
        assert response.status_code == (401 if secret == "old" else 202)


async def test_what_nobody_knows_is_taken_in_and_dropped(desk: Desk, forge: FakeGitea, clock: ManualClock) -> None:
    odd: list[tuple[str, dict[str, Any]]] = [
        ("issues", {}), ("push", {"ref": 5}), ("push", {}), ("repository", {"repository": {"id": []}}),
        ("push", {"ref": "refs/tags/v1", "after": "1" * 40, "repository": named(forge, "pay/checkout")}),
        ("push", {"ref": "refs/heads/main", "after": "1" * 40, "repository": {"id": 99, "full_name": "no/such"}}),
        ("push", {"ref": "refs/heads/\ud800\0", "repository": {"id": 98, "full_name": "x" * 4000}}),
    ]  # fmt: skip
    for number, (name, body) in enumerate(odd):
        response = await desk.notify(*signed(name, body, f"odd-{number}"))
        assert response.status_code == 202, response.text
    clock.advance(seconds=QUIET)
    await desk.settle()
    assert (await desk.source())["state"]["status"] == "complete"
    assert await tier(desk) == 1


async def test_a_new_repository_and_one_that_is_deleted(desk: Desk, forge: FakeGitea, clock: ManualClock) -> None:
    forge.add_repository("pay/new", {"port.yml": spec("new", tier=3)})
    await desk.notify(*push(forge, "pay/new"))
    clock.advance(seconds=QUIET)
    await desk.settle()
    assert await tier(desk, "new") == 3
    gone = named(forge, "pay/new")
    forge.repositories.delete("pay/new")
    await desk.notify(*signed("repository", {"action": "deleted", "repository": gone}, "gone"))
    clock.advance(seconds=QUIET)
    await desk.settle()
    assert await desk.entity("new") is None
    assert await tier(desk) == 1


async def test_disabled_sources_drop_events(desk: Desk, forge: FakeGitea, clock: ManualClock) -> None:
    await desk.client.patch(f"{BASE}/sources/{desk.id}", json={"enabled": False})
    forge.commit("pay/checkout", {"port.yml": spec("checkout", tier=2)})
    before = len(forge.requests)
    assert (await desk.notify(*push(forge, "pay/checkout"))).status_code == 202
    clock.advance(hours=24)
    await desk.settle()
    assert await tier(desk) == 1
    assert len(forge.requests) == before
    assert (await desk.client.post(f"{BASE}/sources/{desk.id}/sync")).status_code == 409
    assert (await desk.source())["state"]["nextPassAt"] is None
    await desk.client.patch(f"{BASE}/sources/{desk.id}", json={"enabled": True})
    await desk.settle()
    assert await tier(desk) == 2


async def test_what_an_event_missed_the_next_pass_finds(desk: Desk, forge: FakeGitea, clock: ManualClock) -> None:
    forge.commit("pay/checkout", {"port.yml": spec("checkout", tier=2)})
    forge.fail("/api/v1/repos/pay/checkout", status=400)
    await desk.notify(*push(forge, "pay/checkout"))
    clock.advance(seconds=QUIET)
    await desk.settle()
    assert forge.faults[0].times == 0
    assert await tier(desk) == 1
    clock.advance(hours=7)
    await desk.settle()
    assert await tier(desk) == 2


def request(server: FakeGitea, label: str, head: str, **more: Any) -> dict[str, Any]:
    """A pull request of a Gitea."""
    pull = {
        "number": 7,
        "head": {"sha": head, "repo": {"id": more.get("of", server.repositories[label].number)}},
        "base": {"ref": more.get("base", "main")},
    }
    return {"action": "opened", "number": 7, "pull_request": pull, "repository": named(server, label)}


async def test_pull_requests_are_told_what_merging_would_do(desk: Desk, forge: FakeGitea) -> None:
    repository = forge.repositories["pay/checkout"]
    repository.branch("change")
    text = "- {identifier: checkout, blueprint: service, properties: {tier: many}}\n"
    head = repository.commit({"port.yml": text}, branch="change")
    await desk.notify(*signed("pull_request", request(forge, "pay/checkout", head), "pr-1"))
    await desk.settle()
    (status,) = forge.statuses
    assert (status["commit"], status["state"]) == (head, "failure")
    assert "port.yml:1:" in status["description"]
    place = re.fullmatch(r"http://portal/sources/gitops/(git_\w+)/repositories/(.+)", status["target_url"])
    assert place is not None
    found = await desk.client.get(f"/v1/fairway/gitops/sources/{place[1]}/repositories/{place[2]}")
    assert found.json()["repository"]["label"] == "pay/checkout"
    assert await tier(desk) == 1
    head = repository.commit({"port.yml": spec("checkout", tier=4)}, branch="change")
    await desk.notify(*signed("pull_request", request(forge, "pay/checkout", head), "pr-2"))
    await desk.settle()
    assert [each["state"] for each in forge.statuses] == ["failure", "success"]
    assert len(forge.comments) == 1


async def test_pull_requests_that_are_nobodys_business(desk: Desk, forge: FakeGitea) -> None:
    head = forge.repositories["pay/checkout"].tip or ""
    plain = forge.add_repository("pay/plain", {"README.md": "x"}).tip or ""
    await desk.sync()
    other = request(forge, "pay/checkout", head, base="release")
    await desk.notify(*signed("pull_request", other, "pr-1"))
    await desk.notify(*signed("pull_request", request(forge, "pay/plain", plain), "pr-2"))
    await desk.settle()
    assert forge.statuses == []
    await desk.client.patch(f"{BASE}/sources/{desk.id}", json={"options": {"validatePullRequests": False}})
    await desk.notify(*signed("pull_request", request(forge, "pay/checkout", head), "pr-3"))
    await desk.settle()
    assert forge.statuses == []


async def test_a_refused_login_stops_events_until_it_is_changed(
    desk: Desk, forge: FakeGitea, clock: ManualClock
) -> None:
    del forge.tokens["gitea-good"]
    before = len(forge.requests)
    for number in range(4):
        await desk.notify(*push(forge, "pay/checkout", delivery=f"d-{number}"))
        clock.advance(hours=1)
        await desk.settle()
    assert len(forge.requests) - before <= 2
    state = (await desk.source())["state"]
    assert (state["status"], state["nextPassAt"]) == ("refused", None)
    clock.advance(days=2)
    await desk.settle()
    assert len(forge.requests) - before <= 2
    (event, *_) = await desk.events(resources="gitopsSource")
    assert event["status"] == "FAILURE"
    forge.tokens["another"] = 3
    forge.commit("pay/checkout", {"port.yml": spec("checkout", tier=2)})
    await desk.client.patch(f"{BASE}/sources/{desk.id}", json={"secrets": {"token": "another"}})
    await desk.settle()
    assert (await desk.source())["state"]["status"] == "complete"
    assert await tier(desk) == 2


async def test_bodies_have_a_limit_of_their_own(desk: Desk, forge: FakeGitea) -> None:
    body = {
        "ref": "refs/heads/main",
        "after": "1" * 40,
        "x": "y" * 3_000_000,
        "repository": named(forge, "pay/checkout"),
    }
    assert (await desk.notify(*signed("push", body, "large"))).status_code == 202
    assert (await desk.notify({}, b"x" * (25 * 1024 * 1024 + 1))).status_code == 413

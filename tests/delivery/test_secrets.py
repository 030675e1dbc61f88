"""A secret is in the request that delivers a run, and nowhere else (conformance scenario 29)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest

from fairway.kit.clock import ManualClock
from fairway.portal.services import Portal
from fairway.portal.storage import Tx
from fairway.portal.storage.tables import metadata
from fairway.portal.worker import Background
from support.actions import self_service
from support.catalog import SERVICE
from support.forges.github import FakeGitHub, Repository, Workflow
from support.forges.server import Forge, Receiver, Reply, Seen
from support.runs import Runs

SECRET = "hunter2/Zoë+&=%#?"
SPELLINGS = (
    SECRET,
    json.dumps(SECRET)[1:-1],
    quote(SECRET),
    quote(SECRET, safe=""),
    base64.b64encode(SECRET.encode()).decode(),
)


@pytest.fixture(autouse=True)
async def secret(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/organization/secrets", json={"secretName": "TOKEN", "secretValue": SECRET})
    assert answer.status_code == 201
    assert SECRET not in answer.text


def _leaks(text: str) -> list[str]:
    return [spelling for spelling in SPELLINGS if spelling in text]


async def _everything_stored(portal: Portal) -> str:
    """Every row of every table but the sealed secrets."""

    async def read(tx: Tx) -> str:
        rows = [repr(tuple(row)) for table in metadata.sorted_tables for row in await tx.rows(table.select())]
        return "\n".join(rows)

    return await portal.db.read(read)


async def _everything_shown(client: httpx.AsyncClient, run_id: str) -> str:
    paths = [
        f"/v1/actions/runs/{run_id}", f"/v1/actions/runs/{run_id}/logs", "/v1/actions/runs", "/v1/audit-log",
        "/v1/actions/deliver", "/v1/fairway/dead-letters", "/v1/organization/secrets", "/v1/organization",
    ]  # fmt: skip
    answers = [await client.get(path) for path in paths]
    assert all(answer.status_code == 200 for answer in answers), [each.status_code for each in answers]
    return "\n".join(answer.text for answer in answers)


@pytest.fixture
def printed(capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What was printed and logged."""
    return lambda: "".join(capfd.readouterr())


ECHOES = {
    "json": lambda seen: Reply(200, {"you": dict(seen.headers), "sent": seen.json}),
    "text": lambda seen: Reply(200, text=f"got {seen.headers['x-token']} and {seen.body.decode()}"),
    "refusal": lambda seen: Reply(401, {"error": f"{seen.headers['authorization']} is no user; try {quote(SECRET)}"}),
    "location": lambda seen: Reply(302, headers={"location": f"http://elsewhere.example/?t={quote(SECRET)}"}),
    "overload": lambda seen: Reply(503, text=SECRET),
}


@pytest.mark.parametrize("echo", list(ECHOES))
async def test_a_receiver_that_repeats_it_does_not_spread_it(
    portal: Portal, runs: Runs, background: Background, clock: ManualClock, client: httpx.AsyncClient,
    printed: Callable[[], str], echo: str,
) -> None:  # fmt: skip
    method = {
        "type": "WEBHOOK", "synchronized": True,
        "headers": {
            "x-token": "{{ .secrets.TOKEN | @uri }}",
            "authorization": "Basic {{ \"robot:\" + .secrets.TOKEN | @base64 }}",
        },
        "body": {"plain": "{{ .secrets.TOKEN }}", "in": "a {{ .secrets.TOKEN }} b", "all": "{{ .secrets }}",
                 "{{ .secrets.TOKEN }}": 1, "input": "{{ .inputs.text }}"},
    }  # fmt: skip
    async with Receiver.running(ECHOES[echo]) as receiver:
        url = receiver.url + "/{{ .secrets.TOKEN | @uri }}?t={{ .secrets.TOKEN | @uri }}"
        run = await runs.start({**method, "url": url}, text="no secret")
        for _ in range(5):
            await background.settle()
            clock.advance(minutes=5)
        seen: Seen = receiver.requests[0]
    assert seen.json == {
        "plain": SECRET, "in": f"a {SECRET} b", "all": {"TOKEN": SECRET}, SECRET: 1, "input": "no secret"
    }  # fmt: skip
    assert seen.headers["authorization"] == "Basic " + base64.b64encode(f"robot:{SECRET}".encode()).decode()
    assert seen.query["t"] == SECRET
    assert _leaks(await _everything_shown(client, run["id"])) == []
    assert _leaks(await _everything_stored(portal)) == []
    assert _leaks(printed()) == []


async def test_masked_where_it_is_stored_and_real_where_it_is_sent(
    runs: Runs, receiver: Forge, background: Background
) -> None:
    """Scenario 29: and a secret that is changed before the delivery is the new one."""
    hook = {
        "type": "WEBHOOK",
        "url": f"{receiver.url}/hook",
        "headers": {"authorization": "Bearer {{ .secrets.TOKEN | @uri }}"},
    }
    run = await runs.start(hook)
    assert run["payload"]["headers"] == {"authorization": "Bearer ***"}
    renewed = await runs.client.patch("/v1/organization/secrets/TOKEN", json={"secretValue": "renewed-value"})
    assert renewed.status_code == 200, renewed.text
    await background.settle()
    [seen] = receiver.requests
    assert seen.headers["authorization"] == "Bearer renewed-value"
    assert (await runs.get(run))["payload"]["headers"] == {"authorization": "Bearer ***"}


async def test_an_unreachable_address_made_of_secrets_is_not_told(
    portal: Portal,
    runs: Runs,
    background: Background,
    clock: ManualClock,
    client: httpx.AsyncClient,
    printed: Callable[[], str],
) -> None:
    await client.post("/v1/organization/secrets", json={"secretName": "HOST", "secretValue": "hidden-host-7"})
    run = await runs.start({"type": "WEBHOOK", "url": "http://{{ .secrets.HOST }}.invalid/x", "body": {}})
    for _ in range(5):
        await background.settle()
        clock.advance(minutes=5)
    assert (await runs.get(run))["status"] == "FAILURE"
    for text in (await _everything_shown(client, run["id"]), await _everything_stored(portal), printed()):
        assert "hidden-host-7" not in text


async def test_a_secret_in_a_forge_and_in_its_refusal(
    portal: Portal, runs: Runs, background: Background, client: httpx.AsyncClient, github: FakeGitHub
) -> None:
    github.repositories["acme/shop"] = shop = Repository(workflows={"w.yml": Workflow(inputs={"key": True})})
    place = {"type": "GITHUB", "org": "acme", "repo": "shop", "workflow": "w.yml"}
    run = await runs.start({**place, "workflowInputs": {"key": "{{ .secrets.TOKEN }}", "{{ .secrets.TOKEN }}": "x"}})
    await background.settle()
    ended = await runs.get(run)
    assert ended["status"] == "FAILURE"
    assert "Unexpected inputs provided" in ended["summary"]
    assert shop.runs == []
    assert _leaks(await _everything_shown(client, run["id"])) == []
    assert _leaks(await _everything_stored(portal)) == []


async def test_an_automation_hides_it_too(
    portal: Portal, receiver: Forge, background: Background, client: httpx.AsyncClient
) -> None:
    assert (await client.post("/v1/blueprints", json=SERVICE)).status_code == 201
    event = {"type": "ENTITY_CREATED", "blueprintIdentifier": "service"}
    hook = {
        "type": "WEBHOOK",
        "url": f"{receiver.url}/hook",
        "body": {"t": "{{ .secrets.TOKEN }}", "e": "{{ .event.context.entityIdentifier }}"},
    }
    action = {**self_service("react"), "trigger": {"type": "automation", "event": event}, "invocationMethod": hook}
    assert (await client.post("/v1/actions", json=action)).status_code == 201
    assert (await client.post("/v1/blueprints/service/entities", json={"identifier": "svc"})).status_code == 201
    await background.settle()
    [seen] = receiver.requests
    assert seen.json == {"t": SECRET, "e": "svc"}
    [run] = (await client.get("/v1/actions/runs", params={"action": "react"})).json()["runs"]
    assert run["payload"]["body"] == {"t": "***", "e": "svc"}
    assert _leaks(await _everything_stored(portal)) == []

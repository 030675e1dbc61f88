"""Secrets and encrypted inputs reach who they are sent to, and nobody else by any way that leads out of the portal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from fairway.portal.services import Portal
from fairway.wire.encryption import decrypt_input
from support.actions import self_service
from support.approvals import ANN, EVE, Court
from support.forges.server import Reply
from support.people import Login
from support.relay import served

HIDDEN = "hush-77aa-41"
SEALED = {"type": "string", "encryption": "aes256-gcm"}
SERVICE: dict[str, Any] = {
    "identifier": "service", "title": "Service", "schema": {"properties": {"note": {"type": "string"}}},
}  # fmt: skip


@pytest.fixture
async def secret(client: httpx.AsyncClient) -> None:
    """``TOKEN`` is a secret of the organisation."""
    body = {"secretName": "TOKEN", "secretValue": HIDDEN}
    assert (await client.post("/v1/organization/secrets", json=body)).status_code == 201


@pytest.fixture
async def reader(app: FastAPI, client: httpx.AsyncClient, portal: Portal) -> AsyncIterator[httpx.AsyncClient]:
    """An Admin's client of the served app: streams need a socket."""
    async with served(app) as url:
        async with httpx.AsyncClient(base_url=url, headers=client.headers, timeout=30) as connected:
            yield connected
        portal.stopping.set()


def _hook(url: str, **more: Any) -> dict[str, Any]:
    return {"type": "WEBHOOK", "url": f"{url}/hook", **more}


async def _put(client: httpx.AsyncClient, identifier: str, method: dict[str, Any], **document: Any) -> None:
    answer = await client.post("/v1/actions", json={**self_service(identifier), "invocationMethod": method, **document})
    assert answer.status_code == 201, answer.text


async def _stream(reader: httpx.AsyncClient, path: str, until: str) -> str:
    """What a stream says until a word comes up."""
    text = ""
    async with asyncio.timeout(20), reader.stream("GET", path) as response:
        assert response.status_code == 200
        async for chunk in response.aiter_text():
            text += chunk
            if until in text:
                return text
    return text


@pytest.mark.usefixtures("secret")
async def test_no_stream_no_log_and_no_event_tells(
    court: Court, client: httpx.AsyncClient, reader: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    """An automation on the run sees what everybody sees, and what the receiver says back is cleaned too."""
    method = _hook(
        court.target.url,
        synchronized=True,
        headers={"X-Token": "{{ .secrets.TOKEN }}"},
        body={"basic": '{{ "u:" + .secrets.TOKEN | @base64 }}', "input": "{{ .inputs.password }}"},
    )
    court.target.first = [Reply(500, text=f"bad token {HIDDEN}")] * 3
    events = {"type": "ANY_RUN_CHANGE", "actionIdentifier": "deploy"}
    inputs = {"password": SEALED}
    await _put(client, "deploy", method, trigger=self_service(inputs=inputs)["trigger"])
    listening = {"type": "automation", "event": events}
    spy = {"type": "WEBHOOK", "url": f"{court.target.url}/spy", "body": {"all": "{{ . }}", "event": "{{ .event }}"}}
    await _put(client, "spy", spy, trigger=listening)
    await court.background.settle()
    run = await court.start(properties={"password": HIDDEN})
    await court.background.settle()
    spied = [seen.body.decode() for seen in court.target.requests if seen.path == "/spy"]
    assert len(spied) >= 2
    texts = [
        *spied,
        await _stream(reader, f"/v1/fairway/runs/{run['id']}/stream", '"status":"FAILURE"'),
        await _stream(reader, "/v1/fairway/events?last_event_id=0-0", "FAILURE"),
        (await client.get("/v1/audit-log?limit=100")).text,
        await court.log(run),
        capfd.readouterr().out,
    ]
    for text in texts:
        assert text
        assert HIDDEN not in text
        assert "dTpodXNoLTc3YWEtNDE" not in text
    hooked = next(seen for seen in court.target.requests if seen.path == "/hook")
    assert hooked.headers["x-token"] == HIDDEN
    assert decrypt_input(hooked.json["input"], "s" * 64) == HIDDEN


@pytest.mark.usefixtures("secret")
async def test_inputs_are_text_however_they_look(court: Court, client: httpx.AsyncClient, login: Login) -> None:
    """A template in an input is not rendered, neither where it is shown nor where it is sent."""
    eve = await login(EVE)
    inputs = {"name": {"type": "string"}, "free": {"type": "object"}}
    method = _hook(court.target.url, body={"name": "{{ .inputs.name }}", "free": "{{ .inputs.free }}"})
    await _put(client, "deploy", method, trigger=self_service(inputs=inputs)["trigger"])
    given = {"name": "{{ .secrets.TOKEN }}", "free": {"{{ .secrets.TOKEN }}": ["x{{ .secrets.TOKEN }}"]}}
    run = await court.start(eve, properties=given)
    await court.background.settle()
    [sent] = court.delivered()
    assert sent == given
    assert HIDDEN not in json.dumps(await court.read(run))


@pytest.mark.usefixtures("secret")
async def test_forms_policies_and_explanations_see_no_secrets(
    court: Court, client: httpx.AsyncClient, login: Login
) -> None:
    eve = await login(EVE)
    inputs = {
        "a": {"type": "string", "default": {"jqQuery": '.secrets.TOKEN // "none"'}},
        "b": {"type": "string", "default": {"jqQuery": "tojson"}},
        "c": {"type": "string", "enum": {"jqQuery": "[.secrets | .. | strings]"}},
        "d": {"type": "string", "default": {"jqQuery": "$ENV | tojson"}},
    }
    await _put(client, "deploy", _hook(court.target.url), trigger=self_service(inputs=inputs)["trigger"])
    form = await eve.post("/v1/fairway/actions/deploy/form", json={"form": {}})
    assert form.status_code == 200
    assert HIDDEN not in form.text
    assert "s" * 64 not in form.text
    assert form.json()["form"]["inputs"]["a"]["value"] == "none"
    rule = {"property": "$title", "operator": "=", "value": "{{ .secrets.TOKEN }}"}
    policy = {
        "queries": {"q": {"combinator": "and", "rules": [rule]}},
        "conditions": ["error(.secrets | tojson)", ".secrets != null"],
    }
    await court.permit(execute={"roles": ["Member"], "policy": policy})
    for answer in (
        await eve.post("/v1/fairway/access/explain", json={"verb": "execute", "action": "deploy"}),
        await eve.post("/v1/actions/deploy/runs", json={"properties": {}}),
    ):
        assert HIDDEN not in answer.text
    assert answer.status_code == 403


async def test_a_refused_secret_is_not_repeated(
    court: Court, client: httpx.AsyncClient, login: Login, capfd: pytest.CaptureFixture[str]
) -> None:
    eve = await login(EVE)
    inputs = {
        "password": {**SEALED, "pattern": "^[0-9]+$"},
        "copy": {"type": "string", "default": {"jqQuery": ".form.password"}},
    }
    await _put(client, "deploy", _hook(court.target.url), trigger=self_service(inputs=inputs)["trigger"])
    given = {"password": HIDDEN}
    refused = await eve.post("/v1/actions/deploy/runs", json={"properties": given})
    assert (refused.status_code, HIDDEN in refused.text) == (422, False)
    wrong = await eve.post("/v1/actions/deploy/runs", json={"properties": {"password": [HIDDEN]}})
    assert (wrong.status_code, HIDDEN in wrong.text) == (422, False)
    form = await eve.post("/v1/fairway/actions/deploy/form", json={"form": given})
    assert (form.status_code, HIDDEN in form.text) == (200, False)
    assert HIDDEN not in capfd.readouterr().out


async def test_an_encrypted_input_is_sealed_in_the_catalog_and_in_the_change_log(
    court: Court, client: httpx.AsyncClient
) -> None:
    """An action may write it to an entity: what is found there, and in all that follows, is the sealed text."""
    destination = {"type": "WEBHOOK", "url": f"{court.target.url}/changes"}
    assert (await client.post("/v1/blueprints", json={**SERVICE, "changelogDestination": destination})).is_success
    mapping = {"identifier": "shop", "title": "Shop", "properties": {"note": "{{ .inputs.password }}"}}
    upsert = {"type": "UPSERT_ENTITY", "blueprintIdentifier": "service", "mapping": mapping}
    await _put(client, "deploy", upsert, trigger=self_service(inputs={"password": SEALED})["trigger"])
    run = await court.start(properties={"password": HIDDEN})
    await court.background.settle()
    assert (await court.read(run))["status"] == "SUCCESS"
    told = [seen.body.decode() for seen in court.target.requests if seen.path == "/changes"]
    assert any("shop" in each for each in told)
    note = (await client.get("/v1/blueprints/service/entities/shop")).json()["entity"]["properties"]["note"]
    assert decrypt_input(note, "s" * 64) == HIDDEN
    query = {"combinator": "and", "rules": [{"property": "note", "operator": "contains", "value": "hush"}]}
    found = await client.post("/v1/entities/search", json=query)
    assert found.json()["entities"] == []
    everything = await client.post("/v1/entities/search", json={"combinator": "and", "rules": []})
    assert all(HIDDEN not in text for text in (everything.text, *told, (await client.get("/v1/audit-log")).text))


async def test_who_waits_for_approval_hides_inputs_from_approvers_too(
    court: Court, client: httpx.AsyncClient, login: Login
) -> None:
    ann, eve = await login(ANN), await login(EVE)
    await court.action(
        approve={"users": [ANN]}, trigger=self_service(inputs={"password": SEALED})["trigger"],
        allowAnyoneToViewRuns=False,
    )  # fmt: skip
    run = await court.start(eve, properties={"password": HIDDEN})
    path = f"/v1/actions/runs/{run['id']}"
    seen = await ann.get(path)
    assert seen.json()["run"]["properties"] == {"password": "***"}
    assert HIDDEN not in seen.text
    bob = await login("bob@example.com")
    for hidden in (path, f"{path}/logs", f"{path}/approvers", f"/v1/fairway/runs/{run['id']}/stream"):
        assert (await bob.get(hidden)).status_code == 404, hidden
    assert run["id"] not in (await bob.get("/v1/actions/runs")).text
    assert run["id"] not in (await bob.get("/v1/audit-log?limit=100")).text
    assert (await court.decide(bob, run)).status_code == 404
    assert (await bob.get("/v1/fairway/dead-letters")).status_code == 403


async def test_runs_of_an_action_that_one_may_not_see_do_not_exist(court: Court, login: Login) -> None:
    ann, eve, bob = await login(ANN), await login(EVE), await login("bob@example.com")
    await court.action(approve={"users": [ANN]})
    run = await court.start(eve)
    await court.permit(execute={"users": [EVE], "roles": []})
    path = f"/v1/actions/runs/{run['id']}"
    for hidden in (path, f"{path}/logs", f"{path}/approvers", f"/v1/fairway/runs/{run['id']}/entities"):
        assert (await bob.get(hidden)).status_code == 404, hidden
        assert (await ann.get(hidden)).status_code == 200, hidden
    assert (await court.decide(bob, run)).status_code == 404
    assert (await court.decide(ann, run)).status_code == 201

"""The route of forms: what a user interface sends while somebody fills one in (contract 6.3)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from support.actions import automation, self_service
from support.forms import jq
from support.people import Login

PATH = "/v1/fairway/actions/resize/form"
ENVIRONMENTS = 'if .form.size == "l" then ["production"] else ["staging", "production"] end'
INPUTS: dict[str, Any] = {
    "size": {"type": "string", "enum": ["s", "l"], "default": "s"},
    "environment": {"type": "string", "enum": jq(ENVIRONMENTS), "dependsOn": ["size"]},
    "reason": {"type": "string", "visible": jq('.form.size == "l"')},
    "owner": {"type": "string", "format": "user", "default": jq(".user.email")},
    "domain": {"type": "string", "format": "entity", "blueprint": "domain", "default": jq(".entity.relations.domain")},
    "locked": {"type": "string", "disabled": jq(".entity.properties.tier == \"gold\"")},
    "password": {"type": "string", "encryption": "aes256-gcm"},
}  # fmt: skip
USER_INPUTS: dict[str, Any] = {
    "required": jq('if .form.size == "l" then ["environment", "reason"] else ["environment"] end'),
    "steps": [
        {"title": "What", "order": ["about", "size", "environment"]},
        {"title": "Why", "order": ["reason"], "visible": jq('.form.size == "l"')},
    ],
    "titles": {"about": {"title": "About", "description": "What will change"}},
}


@pytest.fixture(autouse=True)
async def resize(client: httpx.AsyncClient, catalog: None) -> None:
    """An action on gold services."""
    condition = {
        "type": "SEARCH",
        "combinator": "and",
        "rules": [{"property": "tier", "operator": "=", "value": "gold"}],
    }
    document = self_service(
        "resize", inputs=INPUTS, userInputs=USER_INPUTS, operation="DAY-2", blueprintIdentifier="service",
        condition=condition,
    )  # fmt: skip
    response = await client.post("/v1/actions", json=document)
    assert response.status_code == 201, response.text


async def _form(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    response = await client.post(PATH, json=body)
    assert response.status_code == 200, response.text
    form: dict[str, Any] = response.json()["form"]
    return form


async def test_it_is_worked_out_as_it_is_filled_in(login: Login) -> None:
    person = await login("jo@example.com")
    first = await _form(person, entity="svc-a")
    inputs = first["inputs"]
    assert (inputs["size"]["value"], inputs["environment"]["enum"]) == ("s", ["staging", "production"])
    assert (inputs["owner"]["value"], inputs["domain"]["value"]) == ("jo@example.com", "payments")
    assert (inputs["reason"]["visible"], inputs["locked"]["disabled"]) == (False, True)
    assert first["missing"] == ["environment"]
    assert [step["visible"] for step in first["steps"]] == [True, False, True]
    assert first["offered"]
    bigger = await _form(person, entity="svc-a", form={"size": "l", "environment": "staging", "password": "hush"})
    assert bigger["inputs"]["environment"]["errors"][0]["expected"] == 'one of "production"'
    assert bigger["missing"] == ["reason"]
    assert bigger["inputs"]["reason"]["visible"]
    assert bigger["inputs"]["password"]["value"] is None
    assert not (await _form(person, entity="svc-b"))["offered"]


async def test_what_the_form_takes_the_run_takes(client: httpx.AsyncClient) -> None:
    given = {"size": "l", "environment": "production", "reason": "load"}
    form = await _form(client, entity="svc-a", form=given)
    assert (form["errors"], form["missing"], form["problems"]) == ({}, [], [])
    run = (await client.post("/v1/actions/resize/runs", json={"properties": given, "entity": "svc-a"})).json()["run"]
    assert run["rawProperties"] == {**given, "domain": "payments"}
    wrong = {"properties": {**given, "environment": "staging"}, "entity": "svc-a"}
    refused = await client.post("/v1/actions/resize/runs", json=wrong)
    assert refused.status_code == 422
    assert [each["input"] for each in refused.json()["details"]["errors"]] == ["environment"]
    elsewhere = await client.post("/v1/actions/resize/runs", json={"properties": given, "entity": "svc-b"})
    assert (elsewhere.status_code, 'not offered on entity "svc-b"' in elsewhere.json()["message"]) == (422, True)


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("/v1/fairway/actions/none/form", {}, 404, '"none"'),
        (PATH, {"entity": "nowhere"}, 404, '"nowhere"'),
        (PATH, {"form": []}, 422, "form"),
        (PATH, {"entity": 7}, 422, "entity"),
        ("/v1/fairway/actions/react/form", {}, 422, "automation"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_cannot_be_answered(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], status: int, told: str
) -> None:
    assert (await client.post("/v1/actions", json=automation("react"))).status_code == 201
    answer = await client.post(path, json=body)
    assert (answer.status_code, told in answer.json()["message"]) == (status, True), answer.text


async def test_an_empty_body_is_an_empty_form(client: httpx.AsyncClient, anonymous: httpx.AsyncClient) -> None:
    response = await client.post(PATH)
    assert response.status_code == 200
    assert response.json()["form"]["entity"] is None
    assert (await anonymous.post(PATH, json={})).status_code == 401

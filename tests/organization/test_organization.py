"""The organisation, its secrets and its Kafka credentials (contract 10.4, 8.1)."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select

from fairway.kit.clock import SystemClock
from fairway.kit.errors import Forbidden, NotFound
from fairway.kit.settings import Settings
from fairway.portal.caller import Caller
from fairway.portal.organization.kafka import kafka_credentials
from fairway.portal.organization.service import ensure_organization
from fairway.portal.organization.tables import secret
from fairway.portal.services import Portal
from fairway.portal.storage.tables import event

MEMBER = Caller("u_1", "user", "org_test", email="m@example.com", roles=frozenset({"Member"}))
VALUE = "s3cr3t-value-of-the-test"


async def test_the_organisation_is_made_once(portal: Portal, settings: Settings) -> None:
    again = await ensure_organization(portal.db, settings, SystemClock())
    assert again == portal.org
    assert again.id.startswith("org_")


async def test_reading_and_changing(client: httpx.AsyncClient, portal: Portal) -> None:
    before = (await client.get("/v1/organization")).json()["organization"]
    assert before["id"] == portal.org.id
    assert before["featureFlags"] == []
    assert before["settings"]["hiddenBlueprints"] == []
    assert "isBlocked" not in before

    agent = await client.patch("/v1/organization", json={"settings": {"portAgentStreamerName": "KAFKA"}})
    assert agent.json() == {"ok": True}
    await client.patch("/v1/organization", json={"name": "Acme", "settings": {"hiddenBlueprints": ["x"]}})
    after = (await client.get("/v1/organization")).json()["organization"]
    assert after["name"] == "Acme"
    assert after["settings"] == {"portAgentStreamerName": "KAFKA", "hiddenBlueprints": ["x"]}

    assert (await client.put("/v1/organization", json=after)).json() == {"ok": True}, "its own answer is accepted"
    await client.put("/v1/organization", json={"name": "Acme"})
    replaced = (await client.get("/v1/organization")).json()["organization"]
    assert replaced["settings"] == {"hiddenBlueprints": []}


REFUSED = [
    ("PUT", {"settings": {}}, '"name" is required'),
    ("PATCH", {"name": " "}, "must not be empty"),
    ("PATCH", {"name": None}, "must be a string"),
    ("PATCH", {"colour": "red"}, 'additional property: "colour"'),
    ("PATCH", {"settings": {"portalTitle": "x" * 31}}, "at most 30"),
    ("PATCH", {"settings": {"hiddenBlueprints": [1]}}, "hiddenBlueprints"),
    ("PATCH", {"announcement": {"content": "x" * 301}}, "at most 300"),
]


async def test_what_does_not_hold_is_refused(client: httpx.AsyncClient) -> None:
    for method, body, said in REFUSED:
        response = await client.request(method, "/v1/organization", json=body)
        assert response.status_code == 422
        assert said in response.json()["message"]


async def test_a_member_changes_nothing(portal: Portal) -> None:
    with pytest.raises(Forbidden):
        await portal.organization.patch(MEMBER, {"name": "Mine"})
    with pytest.raises(Forbidden):
        await portal.secrets.create(MEMBER, {"secretName": "A", "secretValue": "b"})
    with pytest.raises(Forbidden):
        kafka_credentials(MEMBER, portal.settings)


async def test_a_secret_never_shows_its_value(client: httpx.AsyncClient, portal: Portal, app: FastAPI) -> None:
    """Conformance scenario 29, the half about storage."""
    path = "/v1/organization/secrets"
    answers = [
        await client.post(path, json={"secretName": "CI_TOKEN", "secretValue": VALUE, "description": "for CI"}),
        await client.post(path, json={"secretName": "CI_TOKEN", "secretValue": VALUE}),
        await client.get(path),
        await client.get(f"{path}/CI_TOKEN"),
        await client.patch(f"{path}/CI_TOKEN", json={"description": ""}),
        await client.patch(f"{path}/CI_TOKEN", json={"secretValue": VALUE + "2"}),
        await client.patch(f"{path}/CI_TOKEN", json={"secretValue": [VALUE]}),
        await client.get("/v1/audit-log"),
    ]
    assert [answer.status_code for answer in answers] == [201, 409, 200, 200, 200, 200, 422, 200]
    assert not [answer.text for answer in answers if VALUE in answer.text]
    assert answers[0].json()["secret"]["description"] == "for CI"
    assert "description" not in answers[4].json()["secret"]

    assert await portal.db.read(portal.secrets.values) == {"CI_TOKEN": VALUE + "2"}
    stored = await portal.db.read(lambda tx: tx.rows(select(secret)))
    events = await portal.db.read(lambda tx: tx.rows(select(event).where(event.c.resource_type == "secret")))
    assert [row.action for row in events] == ["CREATE", "UPDATE", "UPDATE"]
    assert VALUE not in repr([*stored, *events])

    assert (await client.delete(f"{path}/CI_TOKEN")).json() == {"ok": True}
    assert (await client.get(f"{path}/CI_TOKEN")).status_code == 404
    assert (await client.delete(f"{path}/CI_TOKEN")).status_code == 404
    assert await portal.db.read(portal.secrets.values) == {}


BAD_SECRETS = [
    {"secretName": "with space", "secretValue": "x"},
    {"secretName": "", "secretValue": "x"},
    {"secretName": "a" * 101, "secretValue": "x"},
    {"secretName": "a"},
    {"secretName": "a", "secretValue": "x", "description": "d" * 201},
    {"secretName": "a", "secretValue": 5},
]


async def test_a_malformed_secret_is_refused(client: httpx.AsyncClient) -> None:
    for body in BAD_SECRETS:
        response = await client.post("/v1/organization/secrets", json=body)
        assert response.status_code == 422
        assert (await client.get("/v1/organization/secrets")).json()["secrets"] == []


async def test_kafka_credentials(client: httpx.AsyncClient, settings: Settings) -> None:
    response = await client.get("/v1/kafka-credentials")
    assert response.status_code == 404
    assert "FAIRWAY_KAFKA_BROKERS" in response.json()["message"]
    assert "credentials" not in response.json()

    admin = Caller("app", "app", "org_test", roles=frozenset({"Admin"}))
    with pytest.raises(NotFound):
        kafka_credentials(admin, settings)
    changes = {"kafka_brokers": "a:9092, b:9092", "kafka_username": "u", "kafka_password": SecretStr("p")}
    assert kafka_credentials(admin, settings.model_copy(update=changes)) == {
        "username": "u",
        "password": "p",
        "brokers": ["a:9092", "b:9092"],
    }

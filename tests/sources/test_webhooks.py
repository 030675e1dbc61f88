"""Inbound webhooks from definition to entity (contract 9; conformance scenario 24)."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from fairway.kit.errors import Forbidden
from fairway.portal.caller import Caller
from fairway.portal.services import Portal
from fairway.portal.sources.tables import webhook as webhook_table
from fairway.portal.sources.webhooks.repository import KEPT_EVENTS
from fairway.portal.storage.tables import event
from sources.conftest import ENTITY, MAPPING, REMOVAL, SECRET, SIGNED, Hooks, signed

PAYLOAD = b'{"id": "main", "title": "Main", "url": "https://forge/main", "commits": 3}'
MEMBER = Caller("u_1", "user", "org_test", email="m@example.com", roles=frozenset({"Member"}))


async def test_valid_signature_creates_invalid_does_not(hooks: Hooks) -> None:
    """Conformance scenario 24."""
    webhook = await hooks.define(mappings=[MAPPING, REMOVAL], security=SIGNED)
    refused = await hooks.send(webhook, PAYLOAD, signed(PAYLOAD, "another secret"))
    assert (refused["state"], refused["outcome"]["signature"]["valid"]) == ("failed", False)
    assert (await hooks.send(webhook, PAYLOAD))["state"] == "failed", "no signature at all"
    assert await hooks.entity("branch", "main") is None

    done = await hooks.send(webhook, PAYLOAD, signed(PAYLOAD))
    assert done["state"] == "processed"
    assert [each["counts"] for each in done["outcome"]["mappings"]] == [{"created": 1}, {"filtered": 1}]
    entity = await hooks.entity("branch", "main")
    assert entity is not None
    assert entity["properties"].items() >= {"url": "https://forge/main", "commits": 3}.items()

    removal = b'{"action": "deleted", "id": "main"}'
    assert (await hooks.send(webhook, removal, signed(removal)))["outcome"]["mappings"][1]["counts"] == {"deleted": 1}
    assert await hooks.entity("branch", "main") is None
    assert (await hooks.send(webhook, removal, signed(removal)))["outcome"]["mappings"][1]["counts"] == {"missing": 1}


async def test_the_signature_covers_the_bytes_as_they_came(hooks: Hooks) -> None:
    webhook = await hooks.define(mappings=[MAPPING], security=SIGNED)
    spaced = PAYLOAD.replace(b",", b" ,\n")
    assert (await hooks.send(webhook, spaced, signed(PAYLOAD)))["state"] == "failed"
    assert (await hooks.send(webhook, spaced, signed(spaced)))["state"] == "processed"


@pytest.mark.parametrize(
    ("security", "headers", "valid"),
    [
        ({}, {}, True),
        ({"secret": None}, {}, True),
        ({"secret": "t", "signatureHeaderName": "X-Token", "signatureAlgorithm": "plain"}, {"x-token": "t"}, True),
        ({"secret": "t", "signatureHeaderName": "X-Token", "signatureAlgorithm": "plain"}, {"x-token": "T"}, False),
        ({"secret": "t", "signatureHeaderName": "X-Token"}, {"x-token": "t"}, True),
        (
            {"secret": "t", "signatureHeaderName": "X-Sig", "signatureAlgorithm": "sha1"},
            {"x-sig": "4C22EA27A65E1E41B9B9AE2FC3A6DA94A3DA0D1B"},
            False,
        ),
        ({**SIGNED, "signaturePrefix": "v1="}, signed(PAYLOAD), False),
    ],
)
async def test_ways_to_sign(hooks: Hooks, security: dict[str, Any], headers: dict[str, str], valid: bool) -> None:
    webhook = await hooks.define(mappings=[MAPPING], security=security)
    assert webhook["security"] == security
    record = await hooks.send(webhook, PAYLOAD, headers)
    assert record["outcome"]["signature"]["valid"] is valid
    assert (await hooks.entity("branch", "main") is not None) is valid


async def test_definitions_come_back_as_they_were_sent(client: httpx.AsyncClient, portal: Portal) -> None:
    mappings = [
        {**MAPPING, "operation": {"type": "create"}},
        {**REMOVAL, "operation": {"type": "delete", "deleteDependents": False}},
    ]
    body = {"identifier": "hook", "title": "Forge", "enabled": True, "mappings": mappings, "security": SIGNED}
    created = (await client.post("/v1/webhooks", json=body)).json()
    assert created["webhook"] == created["integration"]
    webhook = created["webhook"]
    assert webhook.items() >= body.items()
    assert webhook["url"] == f"http://portal/ingest/{webhook['webhookKey']}"
    assert (await client.get("/v1/webhooks/hook")).json()["integration"] == webhook

    listed = (await client.get("/v1/webhooks")).json()
    assert listed["webhooks"] == listed["integrations"] == [webhook]
    assert SECRET not in (await client.get("/v1/webhooks/metadata")).text

    patched = (await client.patch("/v1/webhooks/hook", json={"title": "Other"})).json()["webhook"]
    assert (patched["title"], patched["security"], patched["mappings"]) == ("Other", SIGNED, mappings)
    replaced = (await client.put("/v1/webhooks/hook", json={"identifier": "hook2", "security": {}})).json()["webhook"]
    assert (replaced["identifier"], replaced["security"], replaced["mappings"]) == ("hook2", {}, [])
    assert (replaced["enabled"], replaced["webhookKey"]) == (True, webhook["webhookKey"])
    assert (await client.get("/v1/webhooks/hook")).status_code == 404
    assert (await client.delete("/v1/webhooks/hook2")).json() == {"ok": True}
    assert (await client.delete("/v1/webhooks/hook2")).status_code == 404

    events = await portal.db.read(lambda tx: tx.rows(select(event).where(event.c.resource_type == "webhook")))
    assert [row.action for row in events] == ["CREATE", "UPDATE", "UPDATE", "DELETE"]
    assert SECRET not in repr(events)
    assert webhook["webhookKey"] not in repr(events)


async def test_a_secret_is_sealed_at_rest(client: httpx.AsyncClient, portal: Portal) -> None:
    await client.post("/v1/webhooks", json={"identifier": "hook", "security": SIGNED})
    rows = await portal.db.read(lambda tx: tx.rows(select(webhook_table)))
    assert SECRET not in repr(rows)


async def test_an_identifier_is_made_up_when_missing(client: httpx.AsyncClient) -> None:
    first = (await client.post("/v1/webhooks", json={})).json()["webhook"]
    second = (await client.post("/v1/webhooks", json={})).json()["webhook"]
    assert first["identifier"] != second["identifier"]
    assert first["security"] == {}
    taken = await client.post("/v1/webhooks", json={"identifier": first["identifier"]})
    assert taken.status_code == 409
    assert (await client.put(f"/v1/webhooks/{second['identifier']}", json=first)).status_code == 409


REFUSED = [
    ({"identifier": "x" * 31}, "1 to 30"),
    ({"identifier": 5}, "1 to 30"),
    ({"title": "x" * 101}, "at most 100"),
    ({"enabled": "yes"}, "a boolean"),
    ({"integrationType": "other"}, "integrationType"),
    ({"security": []}, "an object"),
    ({"security": {"signatureAlgorithm": "md5"}}, "signatureAlgorithm"),
    ({"security": {"secret": "s"}}, "signatureHeaderName"),
    ({"security": {"requestIdentifierPath": ".a |"}}, "requestIdentifierPath"),
    ({"mappings": {}}, "an array"),
    ({"mappings": ["x"]}, "mappings[0]"),
    ({"mappings": [{"entity": ENTITY}]}, '"blueprint" is required in the mappings[0]'),
    ({"mappings": [MAPPING, {"blueprint": "b", "entity": {}}]}, '"identifier" is required in the mappings[1]'),
    ({"mappings": [{**MAPPING, "filter": ".a ||| .b"}]}, "mappings[0].filter"),
    ({"mappings": [{**MAPPING, "operation": "explode"}]}, '"explode"'),
    (
        {"mappings": [{"blueprint": "b", "entity": {"identifier": ".a", "properties": {"p": "if"}}}]},
        "mappings[0].entity.properties.p",
    ),
    ({"mappings": [MAPPING] * 101}, "at most 100"),
]


async def test_a_definition_that_does_not_hold_is_refused(client: httpx.AsyncClient) -> None:
    for body, said in REFUSED:
        response = await client.post("/v1/webhooks", json=body)
        assert response.status_code == 422
        assert said in response.json()["message"]


async def test_items_to_parse_and_relations_by_search(hooks: Hooks) -> None:
    await hooks.client.post(
        "/v1/blueprints/branch/entities", json={"identifier": "main", "properties": {"login": "octo"}}
    )
    mapping = {
        "blueprint": "pull",
        "itemsToParse": ".body.pulls",
        "filter": ".item.draft == false",
        "entity": {
            "identifier": ".item.number",
            "title": ".item.title",
            "properties": {"url": ".body.base + (.item.number | tostring)"},
            "relations": {
                "branch": {
                    "combinator": "and",
                    "rules": [{"property": "login", "operator": "=", "value": ".item.login"}],
                }
            },
        },
    }
    webhook = await hooks.define(mappings=[mapping])
    pulls = [
        {"number": 1, "title": "One", "draft": False, "login": "octo"},
        {"number": 2, "title": "Two", "draft": True, "login": "octo"},
        {"number": 3, "title": "Three", "draft": False, "login": "nobody"},
    ]
    record = await hooks.send(webhook, {"base": "https://forge/", "pulls": pulls})
    assert record["outcome"]["mappings"][0]["counts"] == {"created": 2, "filtered": 1}
    one, three = await hooks.entity("pull", "1"), await hooks.entity("pull", "3")
    assert one is not None
    assert three is not None
    assert (one["relations"]["branch"], three["relations"]["branch"]) == ("main", None)
    assert one["properties"]["url"] == "https://forge/1"


async def test_an_identifier_by_search(hooks: Hooks) -> None:
    await hooks.client.post(
        "/v1/blueprints/branch/entities", json={"identifier": "main", "properties": {"login": "octo"}}
    )
    search = {"combinator": "'and'", "rules": [{"property": '"login"', "operator": "=", "value": ".body.login"}]}
    update = {"blueprint": "branch", "entity": {"identifier": search, "properties": {"commits": ".body.commits"}}}
    webhook = await hooks.define(mappings=[update])
    assert (await hooks.send(webhook, {"login": "octo", "commits": 7}))["state"] == "processed"
    entity = await hooks.entity("branch", "main")
    assert entity is not None
    assert (entity["properties"]["commits"], entity["properties"]["login"]) == (7, "octo")
    assert (await hooks.send(webhook, {"login": "nobody", "commits": 7}))["state"] == "failed"

    removal = {"blueprint": "branch", "operation": "delete", "entity": {"identifier": search}}
    await hooks.client.patch("/v1/webhooks/hook", json={"mappings": [removal]})
    await hooks.send(webhook, {"login": "octo"})
    assert await hooks.entity("branch", "main") is None


async def test_related_entities_are_created_and_kept_values_stay(hooks: Hooks) -> None:
    mapping = {
        "blueprint": "pull",
        "entity": {
            "identifier": ".body.id",
            "properties": {"url": ".body.url"},
            "relations": {"branch": ".body.branch"},
        },
    }
    webhook = await hooks.define(mappings=[mapping])
    await hooks.client.post(
        "/v1/blueprints/pull/entities", json={"identifier": "p", "title": "Kept", "properties": {"commits": 5}}
    )
    await hooks.send(webhook, {"id": "p", "url": None, "branch": "new-branch"})
    entity = await hooks.entity("pull", "p")
    assert entity is not None
    assert (entity["title"], entity["properties"]["commits"], entity["properties"]["url"]) == ("Kept", 5, None)
    assert entity["relations"]["branch"] == "new-branch"
    assert await hooks.entity("branch", "new-branch") is not None


async def test_dependents_go_unless_told_otherwise(hooks: Hooks) -> None:
    required = {"target": "branch", "many": False, "required": True, "title": "Branch"}
    await hooks.client.post(
        "/v1/blueprints",
        json={
            "identifier": "build",
            "title": "Build",
            "schema": {"properties": {}, "required": []},
            "relations": {"branch": required},
        },
    )
    await hooks.client.post("/v1/blueprints/branch/entities", json={"identifier": "main"})
    await hooks.client.post("/v1/blueprints/build/entities", json={"identifier": "b1", "relations": {"branch": "main"}})
    careful = {**REMOVAL, "operation": {"type": "delete", "deleteDependents": False}}
    webhook = await hooks.define(mappings=[careful])
    record = await hooks.send(webhook, {"action": "deleted", "id": "main"})
    assert record["state"] == "failed"
    assert "has_dependents" in record["outcome"]["mappings"][0]["items"][0]["errors"][0]["message"]
    assert await hooks.entity("branch", "main") is not None

    await hooks.client.patch("/v1/webhooks/hook", json={"mappings": [REMOVAL]})
    assert (await hooks.send(webhook, {"action": "deleted", "id": "main"}))["state"] == "processed"
    assert await hooks.entity("build", "b1") is None


async def test_one_failing_item_leaves_the_others_alone(hooks: Hooks) -> None:
    mapping = {
        "blueprint": "branch",
        "itemsToParse": ".body",
        "entity": {"identifier": ".item.id", "properties": {"commits": ".item.commits"}},
    }
    missing = {"blueprint": "nowhere", "entity": {"identifier": ".body[0].id"}}
    webhook = await hooks.define(mappings=[missing, mapping])
    items = [{"id": "a", "commits": 1}, {"id": "b", "commits": "many"}, {"id": None}, {"id": "c"}]
    record = await hooks.send(webhook, json_bytes(items))
    assert record["state"] == "failed"
    nowhere, branch = record["outcome"]["mappings"]
    assert '"nowhere"' in nowhere["items"][0]["errors"][0]["message"]
    assert branch["counts"] == {"created": 2, "failed": 2}
    assert [each["errors"][0].get("field") for each in branch["items"][:2]] == [None, "entity.identifier"]
    assert await hooks.entity("branch", "c") is not None


def json_bytes(value: Any) -> bytes:
    return httpx.Request("POST", "http://x", json=value).content


async def test_writes_carry_the_webhook(hooks: Hooks, portal: Portal) -> None:
    webhook = await hooks.define(
        mappings=[MAPPING], security={"requestIdentifierPath": '.headers."x-delivery" // null'}
    )
    await hooks.send(webhook, PAYLOAD, {"X-Delivery": "d-42"})
    rows = await portal.db.read(lambda tx: tx.rows(select(event).where(event.c.resource_type == "entity")))
    (row,) = [each for each in rows if each.entity == "main"]
    assert (row.origin, row.context["webhookId"], row.context["webhookEventId"]) == ("Forge", "hook", "d-42")
    query = {
        "combinator": "and",
        "rules": [{"property": "$datasource", "operator": "=", "value": "fairway-webhook/hook"}],
    }
    found = (await hooks.client.post("/v1/entities/search", json=query)).json()["entities"]
    assert [each["identifier"] for each in found] == ["main"]


async def test_events_take_effect_in_the_order_in_which_they_came(hooks: Hooks) -> None:
    webhook = await hooks.define(mappings=[MAPPING, REMOVAL])
    for number in range(12):
        action = "deleted" if number % 2 else "pushed"
        body = {"id": "main", "action": action, "commits": number}
        assert (await hooks.anonymous.post(webhook["url"], json=body)).status_code == 202
    record = await hooks.send(webhook, {"id": "main", "commits": 99})
    assert record["outcome"]["mappings"][0]["counts"] == {"created": 1}
    assert {each["state"] for each in await hooks.events(webhook)} == {"processed"}


async def test_two_workers_do_not_overtake_each_other(hooks: Hooks, portal: Portal) -> None:
    webhook = await hooks.define(mappings=[MAPPING, REMOVAL])
    for number in range(6):
        body = {"id": "main", "action": "deleted" if number % 2 else "pushed", "commits": number}
        await hooks.anonymous.post(webhook["url"], json=body)
    from fairway.portal.worker import Background

    await asyncio.gather(*(Background(portal).settle() for _ in range(3)))
    events = await hooks.events(webhook)
    assert [each["state"] for each in events] == ["processed"] * 6
    results = [
        next(key for mapping in each["outcome"]["mappings"] for key in mapping["counts"] if key != "filtered")
        for each in reversed(events)
    ]
    assert results == ["created", "deleted"] * 3


async def test_disabled_drops_and_unknown_is_not_found(hooks: Hooks) -> None:
    webhook = await hooks.define(mappings=[MAPPING], enabled=False)
    assert (await hooks.send(webhook, PAYLOAD))["state"] == "dropped"
    assert await hooks.entity("branch", "main") is None
    assert (await hooks.anonymous.post("/ingest/nobody", content=PAYLOAD)).status_code == 404


async def test_records_are_a_ring(hooks: Hooks) -> None:
    webhook = await hooks.define(mappings=[], enabled=False)
    for _ in range(KEPT_EVENTS + 5):
        await hooks.anonymous.post(webhook["url"], content=b"{}")
    await hooks.client.patch("/v1/webhooks/hook", json={"enabled": True})
    await hooks.send(webhook, b"{}")
    events = await hooks.events(webhook)
    assert len(events) == KEPT_EVENTS
    assert events[0]["state"] == "processed"


async def test_records_hide_what_authenticates(hooks: Hooks) -> None:
    plain = {"secret": SECRET, "signatureHeaderName": "X-Token", "signatureAlgorithm": "plain"}
    webhook = await hooks.define(mappings=[MAPPING], security=plain)
    headers = {"X-Token": SECRET, "Authorization": "Bearer abc", "X-Other": "shown"}
    record = await hooks.send(webhook, PAYLOAD, headers)
    shown = record["headers"]
    assert (shown["x-token"], shown["authorization"], shown["x-other"]) == ("***", "***", "shown")
    assert record["body"]["id"] == "main"


async def test_members_see_no_webhooks(portal: Portal) -> None:
    webhooks = portal.sources.webhooks
    for attempt in (
        webhooks.all(MEMBER),
        webhooks.read(MEMBER, "a"),
        webhooks.create(MEMBER, {}),
        webhooks.update(MEMBER, "a", {}, keep=True),
        webhooks.delete(MEMBER, "a"),
        portal.sources.preview.preview(MEMBER, {"mappings": [], "payload": {"body": {}}}),
        portal.sources.events.recent(MEMBER, "a", 5),
    ):
        with pytest.raises(Forbidden):
            await attempt

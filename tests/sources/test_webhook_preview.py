"""The preview: raw, mapped, errors, and nothing kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from fairway.portal.services import Portal
from fairway.portal.storage.tables import event
from sources.conftest import MAPPING, REMOVAL, SIGNED, Hooks, signed

PATH = "/v1/fairway/webhooks/preview"


async def _preview(hooks: Hooks, body: dict[str, Any], path: str = PATH) -> dict[str, Any]:
    response = await hooks.client.post(path, json=body)
    assert response.status_code == 200, response.text
    shown: dict[str, Any] = response.json()
    return shown


async def _events(portal: Portal) -> int:
    count: int = await portal.db.read(lambda tx: tx.scalar(select(func.count()).select_from(event)))
    return count


async def test_raw_mapped_and_errors(hooks: Hooks, portal: Portal) -> None:
    mapping = {
        "blueprint": "branch",
        "itemsToParse": ".body.refs",
        "filter": ".item.kind == .queryParams.kind",
        "entity": {
            "identifier": ".item.id",
            "title": '.headers."x-title"',
            "properties": {"commits": ".item.commits", "url": 'error("no url")'},
        },
    }
    refs = [{"id": "a", "kind": "b", "commits": 1}, {"id": "b", "kind": "b", "commits": "x"}, {"id": "c", "kind": "t"}]
    payload = {"body": {"refs": refs}, "headers": {"X-Title": "T"}, "queryParams": {"kind": "b"}}
    before = await _events(portal)
    shown = await _preview(hooks, {"mappings": [mapping, REMOVAL], "payload": payload})

    assert shown["signature"] == {"checked": False, "valid": True, "reason": None}
    first, second = shown["mappings"]
    assert first["counts"] == {"created": 1, "failed": 1, "filtered": 1}
    a, b, c = first["items"]
    assert a["raw"] == refs[0]
    assert a["mapped"] == {
        "blueprint": "branch",
        "identifier": "a",
        "title": "T",
        "properties": {"commits": 1, "url": None},
    }
    assert (a["errors"][0]["field"], a["result"]) == ("entity.properties.url", "created")
    assert "no url" in a["errors"][0]["message"]
    assert "commits" in b["errors"][-1]["message"]
    assert (c["filter"], c["mapped"]) == (False, None)
    assert second["items"][0]["filter"] is False

    assert await hooks.entity("branch", "a") is None
    assert await _events(portal) == before


async def test_later_mappings_see_what_earlier_ones_would_write(hooks: Hooks) -> None:
    pull = {
        "blueprint": "pull",
        "entity": {"identifier": ".body.id", "relations": {"branch": ".body.id"}},
    }
    again = {"blueprint": "branch", "entity": {"identifier": ".body.id", "title": ".body.title"}}
    payload = {"body": {"id": "main", "title": "Main"}}
    shown = await _preview(hooks, {"mappings": [pull, again, again, REMOVAL], "payload": payload})
    assert [list(each["counts"]) for each in shown["mappings"]] == [
        ["created"],
        ["updated"],
        ["unchanged"],
        ["filtered"],
    ]
    assert await hooks.entity("pull", "main") is None
    assert await hooks.entity("branch", "main") is None


async def test_the_preview_of_a_webhook(hooks: Hooks) -> None:
    webhook = await hooks.define(mappings=[MAPPING], security=SIGNED)
    path = f"/v1/fairway/webhooks/{webhook['identifier']}/preview"
    raw = '{"id":  "main"}'
    payload = {"body": {"id": "main"}, "headers": signed(raw.encode()), "rawBody": raw}
    assert (await _preview(hooks, {"payload": payload}, path))["signature"]["valid"] is True
    wrong = await _preview(hooks, {"payload": {**payload, "rawBody": "{}"}}, path)
    assert wrong["signature"]["valid"] is False
    assert wrong["mappings"][0]["counts"] == {"created": 1}, "the mapping is shown all the same"
    other = await _preview(hooks, {"payload": payload, "mappings": [REMOVAL], "security": {}}, path)
    assert (other["signature"]["checked"], other["mappings"][0]["operation"]) == (False, "delete")
    assert await hooks.events(webhook) == []


async def test_deletions_are_previewed_and_undone(hooks: Hooks) -> None:
    await hooks.client.post("/v1/blueprints/branch/entities", json={"identifier": "main"})
    payload = {"body": {"action": "deleted", "id": "main"}}
    shown = await _preview(hooks, {"mappings": [REMOVAL], "payload": payload})
    assert shown["mappings"][0]["counts"] == {"deleted": 1}
    assert await hooks.entity("branch", "main") is not None


async def test_what_does_not_hold_is_refused(hooks: Hooks) -> None:
    for body, said in (
        ({"payload": {"body": {}}}, '"mappings" is required'),
        ({"mappings": [MAPPING]}, '"payload" is required'),
        ({"mappings": [MAPPING], "payload": {}}, '"body" is required'),
        ({"mappings": [{**MAPPING, "filter": "("}], "payload": {"body": {}}}, "mappings[0].filter"),
        ({"mappings": [], "payload": {"body": {}}, "security": {"secret": "x"}}, "signatureHeaderName"),
    ):
        response = await hooks.client.post(PATH, json=body)
        assert response.status_code == 422
        assert said in response.json()["message"]
    missing = await hooks.client.post("/v1/fairway/webhooks/nobody/preview", json={"payload": {"body": 1}})
    assert missing.status_code == 404

"""A search finds what the caller may read and nothing else, pages and counts included."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from fairway.portal.caller import Caller
from fairway.portal.catalog.reading.options import EVERYTHING
from fairway.portal.services import Portal

MEMBER = Caller("u1", "user", "org", "ann@x.io", frozenset({"Member"}), frozenset({"red"}), frozenset({"The Reds"}))
ADMIN = Caller("a1", "app", "org", roles=frozenset({"Admin"}))
NOBODY: dict[str, Any] = {"users": [], "roles": [], "teams": [], "ownedByTeam": False}


@pytest.fixture
async def permitted(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Six documents of two teams."""
    blueprint = {
        "identifier": "doc",
        "title": "Doc",
        "schema": {"properties": {"kind": {"type": "string"}}},
        "calculationProperties": {"loud": {"type": "string", "title": "L", "calculation": '.properties.kind + "!"'}},
    }
    assert (await client.post("/v1/blueprints", json=blueprint)).status_code == 201
    for number in range(6):
        body = {
            "identifier": f"d{number}",
            "team": ["red" if number % 2 else "blue"],
            "properties": {"kind": "open" if number < 2 else "closed"},
        }
        assert (await client.post("/v1/blueprints/doc/entities", json=body)).status_code == 201
    return client


async def _allow(client: httpx.AsyncClient, read: dict[str, Any]) -> None:
    blocks = dict.fromkeys(("register", "unregister", "update"), NOBODY) | {"read": NOBODY | read}
    answer = await client.patch("/v1/blueprints/doc/permissions", json={"entities": blocks})
    assert answer.status_code == 200, answer.text


async def _found(portal: Portal, caller: Caller) -> list[str]:
    search = portal.catalog.search
    listed = await search.search_blueprint(caller, "doc", {}, EVERYTHING)
    everywhere = [
        entity["identifier"]
        async for part in await search.search_all(caller, {"combinator": "and", "rules": []}, EVERYTHING)
        for entity in part.entities
        if entity["blueprint"] == "doc"
    ]
    names = [entity["identifier"] for entity in listed.entities]
    assert everywhere == names
    assert await search.count(caller, None, blueprint="doc") == len(names)
    for number in range(6):
        readable = await search.readable(caller, "doc", f"d{number}") is not None
        assert readable is (f"d{number}" in names)
    return names


async def test_scopes(portal: Portal, permitted: httpx.AsyncClient) -> None:
    everything = [f"d{number}" for number in range(6)]
    await _allow(permitted, {"roles": ["Member"]})
    assert await _found(portal, MEMBER) == everything
    await _allow(permitted, {})
    assert await _found(portal, MEMBER) == []
    assert await _found(portal, ADMIN) == everything
    await _allow(permitted, {"ownedByTeam": True})
    assert await _found(portal, MEMBER) == ["d1", "d3", "d5"]


async def test_policies(portal: Portal, permitted: httpx.AsyncClient) -> None:
    kind = {"property": "kind", "operator": "=", "value": "open"}
    await _allow(permitted, {"policy": {"combinator": "and", "rules": [kind]}})
    assert await _found(portal, MEMBER) == ["d0", "d1"]
    mine = {"property": "$team", "operator": "in", "value": "My Teams"}
    await _allow(permitted, {"policy": {"combinator": "and", "rules": [kind, mine]}})
    assert await _found(portal, MEMBER) == ["d1"]
    loud = {"property": "loud", "operator": "=", "value": "open!"}
    await _allow(permitted, {"policy": {"combinator": "and", "rules": [loud]}})
    assert await _found(portal, MEMBER) == ["d0", "d1"]


async def test_a_rule_cannot_widen_a_scope(portal: Portal, permitted: httpx.AsyncClient) -> None:
    await _allow(permitted, {"ownedByTeam": True})
    query = {
        "combinator": "or",
        "rules": [{"property": "kind", "operator": "isNotEmpty"}, {"property": "x", "operator": "isEmpty"}],
    }
    page = await portal.catalog.search.search_blueprint(MEMBER, "doc", {"query": query, "limit": 2}, EVERYTHING)
    rest = await portal.catalog.search.search_blueprint(MEMBER, "doc", {"query": query, "from": page.next}, EVERYTHING)
    assert [entity["identifier"] for entity in page.entities + rest.entities] == ["d1", "d3", "d5"]

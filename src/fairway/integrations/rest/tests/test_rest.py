"""Declared endpoints against an API on a socket: ways of paging and of showing who one is, paths with parameters, and
answers that are not as declared."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from fairway.integration.folder import load_integration
from fairway.integration.http import ThirdPartyBroken, ThirdPartyError, ThirdPartyMissing, ThirdPartyRefused
from fairway.integration.testing import Collected, FakeThirdParty, Reply, context_for, run_resync
from fairway.integrations.rest.tests.server import ITEMS, Api
from fairway.kit.errors import InvalidRequest

FOLDER = Path(__file__).parents[1]
LOADED = load_integration(FOLDER)


@pytest.fixture
async def party() -> AsyncIterator[FakeThirdParty]:
    async with FakeThirdParty() as server:
        yield server


def resource(kind: str = "item", identifier: str = ".id | tostring", **selector: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "selector": {"query": "true", **selector},
        "port": {"entity": {"mappings": {"identifier": identifier, "blueprint": '"restItem"'}}},
    }


async def resync(
    party: FakeThirdParty, endpoints: dict[str, Any], *resources: dict[str, Any], **config: Any
) -> Collected:
    given = {"baseUrl": party.url, "endpoints": endpoints, **config}
    mapping = {"resources": list(resources or (resource(),))}
    return await run_resync(LOADED.integration, mapping, config=LOADED.config_model.model_validate(given))


async def test_headers_of_the_settings_are_sent_and_kept_secret(party: FakeThirdParty) -> None:
    party.on("GET", "/items", [{"id": 1}])
    headers = {"x-key": "a long whisper", "x-scope": "all"}
    found = await resync(party, {"item": {"path": "/items"}}, headers=headers)
    assert len(found.entities) == 1
    (asked,) = party.requests("/items")
    assert {name: asked.headers[name] for name in headers} == headers
    config = LOADED.config_model.model_validate({"baseUrl": "http://a.example", "headers": headers, "endpoints": {}})
    assert "whisper" not in repr(config)


PAGING: dict[str, dict[str, Any]] = {
    "none": {"path": "/all", "dataPath": "data.items"},
    "offset": {"path": "/offset", "pagination": {"type": "offset", "offset": "skip", "limit": "take"}},
    "page": {"path": "/page", "dataPath": "items", "pagination": {"type": "page", "size": 7}},
    "page without length": {"path": "/page", "dataPath": "items", "pagination": {"type": "page", "limit": None}},
    "cursor": {
        "path": "/cursor", "dataPath": "items",
        "pagination": {"type": "cursor", "path": "meta.after", "parameter": "after"},
    },
    "next_link": {"path": "/next", "dataPath": "items", "pagination": {"type": "next_link", "path": "links.next"}},
    "header_link": {"path": "/link", "pagination": {"type": "header_link"}},
}  # fmt: skip


@pytest.mark.parametrize("way", PAGING)
async def test_every_way_of_paging_gives_everything(party: FakeThirdParty, way: str) -> None:
    Api(party)
    found = await resync(party, {"item": PAGING[way]})
    assert found.raw["item-0"] == ITEMS
    assert len(found.entities) == 25
    assert party.unknown == []


AUTH: dict[str, dict[str, Any]] = {
    "bearer": {"token": "t0ken"},
    "basic": {"username": "me", "password": "p:w"},
    "header": {"apiKeyName": "X-Api-Key", "apiKey": "k3y"},
    "query": {"apiKeyName": "key", "apiKey": "k3y"},
}


@pytest.mark.parametrize("way", ["page", "next_link", "header_link"])
@pytest.mark.parametrize("auth", AUTH)
async def test_every_page_shows_who_asks(party: FakeThirdParty, auth: str, way: str) -> None:
    Api(party, auth)
    found = await resync(party, {"item": PAGING[way]}, authType=auth, **AUTH[auth])
    assert found.raw["item-0"] == ITEMS


async def test_a_wrong_credential_is_an_error_that_does_not_show_it(party: FakeThirdParty) -> None:
    Api(party, "query")
    with pytest.raises(ThirdPartyRefused, match=r"answered 401") as caught:
        await resync(party, {"item": PAGING["page"]}, authType="query", apiKeyName="key", apiKey="wr0ng")
    assert "wr0ng" not in caught.value.message
    assert caught.value.message.startswith('kind "item" (/page): ')


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("bearer", {"token"}),
        ("basic", {"username"}),
        ("header", {"api_key", "api_key_name"}),
        ("digest", {"auth_type"}),
    ],
)
def test_what_a_credential_needs_is_required(given: str, missing: set[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        LOADED.config_model.model_validate({"baseUrl": "http://a", "authType": given})
    assert {each["loc"][0] for each in caught.value.errors()} == missing


TICKETS = {
    "path": "/projects/{project}/tickets",
    "pathParameters": {"project": {"kind": "project", "value": "key"}},
    "dataPath": "tickets",
    "shape": "map",
    "emptyOn": [404],
}
NOTES = {"path": "/tickets/{ticket}/notes", "pathParameters": {"ticket": {"kind": "ticket"}}, "emptyOn": [404]}


async def test_paths_are_filled_from_other_kinds_which_are_fetched_once(party: FakeThirdParty) -> None:
    Api(party)
    endpoints = {"project": {"path": "/projects"}, "ticket": TICKETS, "note": NOTES}
    kinds = (resource("project", ".key"), resource("ticket"), resource("note"))
    found = await resync(party, endpoints, *kinds)
    tickets = sorted(found.raw["ticket-1"], key=lambda item: item["id"])
    assert tickets[0] == {"id": "A-1", "open": True, "__key": "A-1", "__params": {"project": "A"}}
    assert [item["id"] for item in tickets] == ["A-1", "B/2-1"]
    assert found.raw["note-2"] == [{"id": "n1", "__params": {"ticket": "A-1"}}]
    assert len(party.requests("/projects")) == 1
    assert len(party.requests("/projects/A/tickets")) == 1


async def test_what_is_missing_is_an_error_unless_it_is_declared(party: FakeThirdParty) -> None:
    Api(party)
    strict = {key: value for key, value in TICKETS.items() if key != "emptyOn"}
    with pytest.raises(ThirdPartyMissing, match=r'kind "ticket" \(/projects/C/tickets\): .*404'):
        await resync(party, {"project": {"path": "/projects"}, "ticket": strict}, resource("ticket"))


async def test_a_parent_without_the_value_is_an_error(party: FakeThirdParty) -> None:
    Api(party)
    wrong = {**TICKETS, "pathParameters": {"project": {"kind": "project", "value": "owner.name"}}}
    with pytest.raises(InvalidRequest, match=r'kind "ticket" .*`owner.name` of an item of the kind "project"'):
        await resync(party, {"project": {"path": "/projects"}, "ticket": wrong}, resource("ticket"))


async def test_a_selector_declares_and_changes_endpoints(party: FakeThirdParty) -> None:
    Api(party)
    found = await resync(
        party,
        {"item": PAGING["page"]},
        resource("thing", path="/all", dataPath="data.items"),
        resource("item", queryParams={"state": "open", "tag": ["a", "b"]}, headers={"x-scope": "all"}),
    )
    assert found.problems == []
    assert len(found.raw["thing-0"]) == len(found.raw["item-1"]) == 25
    asked = party.requests("/page")[0]
    assert (asked.query["state"], asked.headers["x-scope"]) == ("open", "all")


async def test_selectors_are_checked_with_the_mapping(party: FakeThirdParty) -> None:
    wrong: list[dict[str, Any]] = [
        {"path": "https://elsewhere"},
        {"page": 3},
        {"headers": {"Authorization": "x"}},
        {"maxPages": 0},
    ]
    found = await resync(party, {}, *(resource("item", **selector) for selector in wrong))
    places = [problem.where for problem in found.problems]
    assert places == [f"/resources/{n}/selector/{next(iter(each))}" for n, each in enumerate(wrong)]


BROKEN: dict[str, tuple[dict[str, Any], Reply, str]] = {
    "not JSON": ({}, Reply(body=b"<html>"), "something else than JSON"),
    "no list": ({}, Reply({"items": []}), "there should be a list of objects, not an object"),
    "list of text": ({}, Reply(["a"]), "there should be a list of objects"),
    "wrong data path": ({"dataPath": "data.items"}, Reply({"data": {"rows": []}}), 'no "items" of `dataPath`.*"rows"'),
    "data path in a list": ({"dataPath": "data"}, Reply([]), 'no "data" of `dataPath`.*a list'),
    "the same page for ever": ({"pagination": {"type": "page"}}, Reply([{"id": 1, "text": "long enough"}]), "before"),
    "a link to elsewhere": (
        {"dataPath": "items", "pagination": {"type": "next_link"}},
        Reply({"items": [{"id": 1}], "next": "http://evil.example/"}), "another origin",
    ),
    "an object that is a list": ({"shape": "object"}, Reply([]), "should be an object"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
async def test_answers_that_are_not_as_declared_are_told_with_kind_and_path(party: FakeThirdParty, case: str) -> None:
    declared, reply, message = BROKEN[case]
    party.on("GET", "/items", reply)
    with pytest.raises(ThirdPartyBroken, match=message) as caught:
        await resync(party, {"item": {"path": "/items", **declared}})
    assert caught.value.message.startswith('kind "item" (/items): ')


async def test_listings_without_end_are_an_error_and_not_cut(party: FakeThirdParty) -> None:
    pages = iter(range(1000))
    party.route("GET", "/items", lambda asked: Reply([{"id": next(pages)}]))
    with pytest.raises(ThirdPartyBroken, match=r'kind "item" \(/items\): .*more than 5 pages'):
        await resync(party, {"item": {"path": "/items", "maxPages": 5, "pagination": {"type": "offset"}}})


async def test_null_is_an_empty_listing_and_plain_values_are_items(party: FakeThirdParty) -> None:
    party.on("GET", "/null", {"items": None})
    party.on("GET", "/values", ["a", 1])
    party.on("GET", "/status", {"id": "up"})
    endpoints = {
        "none": {"path": "/null", "dataPath": "items"},
        "value": {"path": "/values", "shape": "values"},
        "status": {"path": "/status", "shape": "object"},
    }
    found = await resync(party, endpoints, *(resource(kind) for kind in endpoints))
    assert found.raw == {"none-0": [], "value-1": [{"value": "a"}, {"value": 1}], "status-2": [{"id": "up"}]}


async def test_a_page_in_the_middle_that_fails_fails_the_kind(party: FakeThirdParty) -> None:
    party.on("GET", "/items", [{"id": 1}], Reply({"message": "no"}, 403))
    with pytest.raises(ThirdPartyError, match="403"):
        await resync(party, {"item": {"path": "/items", "pagination": {"type": "offset"}}})


ENDPOINTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown key": ({"a": {"path": "/a", "data": "x"}}, ["`endpoints.a.data`: Extra inputs"]),
    "several": ({"a": {"path": "a"}, "b": {"path": "/b", "pagination": {"type": "magic"}}}, [
        "`endpoints.a.path`", "`endpoints.b.pagination`",
    ]),
    "no path": ({"a": {}}, ['kind "a": it has no `path`']),
    "parameter not told": ({"a": {"path": "/a/{b}"}}, ['kind "a" (/a/{b}): `pathParameters` does not say']),
    "parameter not there": ({"a": {"path": "/a", "pathParameters": {"b": {"kind": "a"}}}}, ['the path has no "{b}"']),
    "unknown kind": ({"a": {"path": "/a/{b}", "pathParameters": {"b": {"kind": "c"}}}}, ['the kind "c", which']),
    "circle": ({
        "a": {"path": "/{b}", "pathParameters": {"b": {"kind": "b"}}},
        "b": {"path": "/{a}", "pathParameters": {"a": {"kind": "a"}}},
    }, ["in a circle: a -> b -> a"]),
    "two kinds": ({
        "a": {"path": "/{b}/{c}", "pathParameters": {"b": {"kind": "b"}, "c": {"kind": "c"}}},
    }, ["all path parameters must be of one kind"]),
}  # fmt: skip


@pytest.mark.parametrize("case", ENDPOINTS)
async def test_declarations_that_make_no_sense_are_told_at_the_start(case: str) -> None:
    endpoints, messages = ENDPOINTS[case]
    config = LOADED.config_model.model_validate({"baseUrl": "http://a.example", "endpoints": endpoints})
    context = context_for(LOADED.integration, config=config)
    try:
        with pytest.raises(InvalidRequest) as caught:
            LOADED.integration.check(context)
    finally:
        await context.http.aclose()
    for message in messages:
        assert message in caught.value.message


async def test_a_kind_that_is_nowhere_declared_is_told_what_there_is(party: FakeThirdParty) -> None:
    with pytest.raises(InvalidRequest, match=r'kind "other": it has no `path`.*kinds of `endpoints`: "item"'):
        await resync(party, {"item": {"path": "/items"}}, resource("other"))


async def test_the_example_of_the_readme_works(party: FakeThirdParty) -> None:
    config, mapping = (
        yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL)
    )
    projects = [{"key": "A", "name": "Apples"}, {"key": "B", "name": "Bees", "archived": True}]
    party.on("GET", "/api/projects", {"data": {"items": projects}}, {"data": {"items": []}})
    party.on("GET", "/api/projects/A/tickets", [{"id": 1, "title": "First", "state": "open"}])
    given = {**config["integration"]["config"], "baseUrl": f"{party.url}/api", "token": "t"}
    found = await run_resync(LOADED.integration, mapping, config=LOADED.config_model.model_validate(given))
    assert found.problems == []
    assert [(each.blueprint, each.identifier) for each in found.entities] == [("acmeProject", "A"), ("acmeTicket", "1")]
    assert found.entities[1].document["relations"] == {"project": "A"}

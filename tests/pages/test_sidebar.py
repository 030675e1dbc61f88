"""Folders and the order of the sidebar: contract 10.6."""

from __future__ import annotations

from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st

from fairway.kit.errors import FairwayError
from fairway.portal.pages.sidebar import Item, dissolve, in_order, place, take_out


async def _folder(client: httpx.AsyncClient, identifier: str, **more: Any) -> httpx.Response:
    return await client.post("/v1/sidebars/catalog/folders", json={"identifier": identifier, "title": "T", **more})


async def _page(client: httpx.AsyncClient, identifier: str, **more: Any) -> httpx.Response:
    body = {"identifier": identifier, "type": "dashboard", "sidebar": "catalog", **more}
    return await client.post("/v1/pages", json=body)


async def _order(client: httpx.AsyncClient) -> list[str]:
    items = (await client.get("/v1/sidebars/catalog")).json()["sidebar"]["items"]
    return [item["identifier"] for item in items]


async def test_folder_life(client: httpx.AsyncClient) -> None:
    created = await _folder(client, "f")
    assert created.json()["folder"]["identifier"] == "f"
    assert (await _folder(client, "f")).status_code == 409
    assert (await _page(client, "f")).status_code == 409, "pages and folders share identifiers"
    patched = await client.patch("/v1/sidebars/catalog/folders/f", json={"title": "New"})
    assert patched.json()["folder"]["title"] == "New"
    sidebar = (await client.get("/v1/sidebars/catalog")).json()["sidebar"]
    assert sidebar["identifier"] == "catalog"
    assert sidebar["items"] == [
        {
            "identifier": "f",
            "title": "New",
            "sidebar": "catalog",
            "after": None,
            "parent": None,
            "sidebarType": "folder",
        }
    ]
    assert (await client.delete("/v1/sidebars/catalog/folders/f")).json() == {"ok": True}
    assert (await client.delete("/v1/sidebars/catalog/folders/f")).status_code == 404
    assert (await client.patch("/v1/sidebars/catalog/folders/f", json={"title": "x"})).status_code == 404
    assert (await client.post("/v1/sidebars/catalog/folders", json={"identifier": "g"})).status_code == 422


async def test_unknown_places(client: httpx.AsyncClient) -> None:
    response = await _folder(client, "f", parent="x")
    assert (response.status_code, response.json()["error"]) == (404, "not_found")
    assert response.json()["message"] == 'Sidebar item with parent "x" was not found'
    response = await _page(client, "p", parent="x")
    assert response.json()["message"] == 'Sidebar item with parent "x" was not found'
    response = await _page(client, "p", after="x")
    assert (response.status_code, response.json()["message"]) == (404, 'Sidebar item with after "x" was not found')
    await _folder(client, "f")
    await _page(client, "inside", parent="f")
    response = await _page(client, "p", after="inside")
    assert (response.status_code, response.json()["error"]) == (422, "after_item_not_in_parent")
    assert (await _page(client, "p", parent="inside")).status_code == 404, "a page is no folder"
    assert (await client.get("/v1/pages/p")).status_code == 404, "nothing was half written"


async def test_order_and_moves(client: httpx.AsyncClient) -> None:
    await _folder(client, "f")
    for name in ("a", "b", "c"):
        await _page(client, name, parent="f")
    await _page(client, "d", parent="f", after="a")
    await _page(client, "e", parent="f", after="a")
    await _page(client, "top")
    assert await _order(client) == ["f", "a", "e", "d", "b", "c", "top"]
    page = (await client.get("/v1/pages/d")).json()["page"]
    assert (page["after"], page["parent"], page["sidebar"]) == ("a", "f", "catalog"), "kept as sent"

    await client.patch("/v1/pages/a", json={"after": "d"})
    assert await _order(client) == ["f", "e", "d", "a", "b", "c", "top"], "a ring is opened"

    await client.delete("/v1/sidebars/catalog/folders/f")
    assert await _order(client) == ["e", "d", "a", "b", "c", "top"]
    await client.delete("/v1/pages/d")
    assert await _order(client) == ["e", "a", "b", "c", "top"]


async def test_a_folder_cannot_be_inside_itself(client: httpx.AsyncClient) -> None:
    await _folder(client, "outer")
    await _folder(client, "inner", parent="outer")
    response = await client.patch("/v1/sidebars/catalog/folders/outer", json={"parent": "inner"})
    assert response.status_code == 422
    response = await client.patch("/v1/sidebars/catalog/folders/outer", json={"parent": "outer"})
    assert response.status_code == 422
    renamed = await client.patch("/v1/sidebars/catalog/folders/outer", json={"identifier": "o2"})
    assert renamed.json()["folder"]["identifier"] == "o2"
    assert await _order(client) == ["o2", "inner"]


_NAMES = st.sampled_from("abcdef")
_MOVES = st.lists(st.tuples(_NAMES, st.none() | _NAMES, st.none() | _NAMES, st.booleans()), max_size=40)


@given(_MOVES)
def test_every_item_is_shown_once_whatever_is_moved(moves: list[tuple[str, str | None, str | None, bool]]) -> None:
    items: dict[str, Item] = {}
    for position, (name, parent, after, gone) in enumerate(moves):
        before = [each.identifier for each in in_order(items.values())]
        if gone and name in items:
            old = items.pop(name)
            changed = dissolve(items, old) if old.kind == "folder" else take_out(items, old)
            items.update({each.identifier: each for each in changed})
            assert [each.identifier for each in in_order(items.values())] == [each for each in before if each != name]
        else:
            kind = "folder" if name in "abc" else "page"
            item = Item(name, kind, None, parent, after, position)
            try:
                changed = place(items, item)
            except FairwayError:
                continue
            items[name] = item
        items.update({each.identifier: each for each in changed})
        shown = [each.identifier for each in in_order(items.values())]
        assert sorted(shown) == sorted(items)
        for each in items.values():
            assert each.after is None or items[each.after].parent == each.parent

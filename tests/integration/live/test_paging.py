"""Listings in pages, and guards against those that do not end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fairway.integration.http import (
    Paging,
    ThirdPartyBroken,
    ThirdPartyUnavailable,
    cursor,
    link_in,
    links,
    numbered,
    offsets,
)
from fairway.integration.testing.third_party import Asked, FakeThirdParty, Reply

ITEMS = [{"id": number} for number in range(25)]


async def read(client: Any, path: str = "/items", **how: Any) -> list[int]:
    return [item["id"] async for page in client.pages(path, **how) for item in page]


def _numbered(asked: Asked) -> Reply:
    page, size = int(asked.query["page"]), int(asked.query["per_page"])
    return Reply(ITEMS[(page - 1) * size : page * size])


def _linked(asked: Asked) -> Reply:
    page = int(asked.query.get("page", "0"))
    following = {"link": f'</items?page={page + 1}>; rel="next"'} if page < 2 else {}
    return Reply(ITEMS[page * 10 : page * 10 + 10], headers=following)


def _marked(asked: Asked) -> Reply:
    start = int(asked.query.get("after", "0"))
    mark = str(start + 10) if start < 20 else None
    return Reply({"data": {"values": ITEMS[start : start + 10]}, "meta": {"next": mark}})


def _offset(asked: Asked) -> Reply:
    start = int(asked.query["offset"])
    return Reply({"values": ITEMS[start : start + int(asked.query["limit"])]})


def _inside(asked: Asked) -> Reply:
    page = int(asked.query.get("page", "0"))
    return Reply({"values": ITEMS[page * 10 : page * 10 + 10], "next": f"/items?page={page + 1}" if page < 2 else ""})


def _capped(asked: Asked) -> Reply:
    """Whatever is asked for, at most seven."""
    page = int(asked.query["page"])
    return Reply(ITEMS[(page - 1) * 7 : page * 7])


def _capped_offset(asked: Asked) -> Reply:
    start = int(asked.query["offset"])
    return Reply({"values": ITEMS[start : start + 7]})


@pytest.mark.parametrize(
    ("route", "paging", "items"),
    [
        (_numbered, numbered(length=10), None),
        (_linked, links(), None),
        (_marked, cursor("meta.next", "after"), "data.values"),
        (_offset, offsets(length=10), "values"),
        (_capped, numbered(length=10), None),
        (_capped_offset, offsets(length=10), "values"),
        (_inside, link_in("next"), lambda document: document["values"]),
    ],
)
async def test_every_item_of_every_page(
    clients: Any, party: FakeThirdParty, route: Any, paging: Paging, items: Any
) -> None:
    party.route("GET", "/items", route)
    assert await read(clients(), paging=paging, items=items, params={"kind": "x"}) == list(range(25))
    assert party.asked[0].query["kind"] == "x"


async def test_a_page_that_was_there_before_is_an_error(clients: Any, party: FakeThirdParty) -> None:
    party.on("GET", "/items", ITEMS[:10])
    with pytest.raises(ThirdPartyBroken, match="page 2 of the listing was there before"):
        await read(clients(), paging=numbered(length=10), params={"token": "hush"})
    assert len(party.asked) == 2


async def test_a_link_to_a_page_that_was_there_before_is_an_error(clients: Any, party: FakeThirdParty) -> None:
    pages = iter(ITEMS)
    party.route("GET", "/items", lambda _: Reply([next(pages)], headers={"link": '</items?page=1>; rel="next"'}))
    with pytest.raises(ThirdPartyBroken, match="was there before"):
        await read(clients())


async def test_a_listing_without_end_is_an_error(clients: Any, party: FakeThirdParty) -> None:
    def reply(asked: Asked) -> Reply:
        return Reply([{"id": int(asked.query["page"])}])

    party.route("GET", "/items", reply)
    with pytest.raises(ThirdPartyBroken, match="more than 7 pages"):
        await read(clients(), paging=replace(numbered(length=1), most=7))


async def test_pages_of_other_origins_are_not_followed(clients: Any, party: FakeThirdParty) -> None:
    party.on("GET", "/items", Reply(ITEMS[:1], headers={"link": '<http://10.0.0.1/items>; rel="next"'}))
    with pytest.raises(ThirdPartyBroken, match="another origin"):
        await read(clients())


@pytest.mark.parametrize("document", [{"values": 3}, {"values": [1, 2]}, {"values": {"id": 1}}])
async def test_a_page_that_is_no_list_of_objects_is_an_error(
    clients: Any, party: FakeThirdParty, document: Any
) -> None:
    party.on("GET", "/items", document)
    with pytest.raises(ThirdPartyBroken, match='a list of objects is expected at "values"'):
        await read(clients(), items="values")


@pytest.mark.parametrize(
    ("document", "told"),
    [({"items": [], "total": 3}, '"items", "total"'), ({}, "an empty object"), ([{"id": 1}], "a list")],
)
async def test_a_path_that_is_not_there_is_no_empty_listing(
    clients: Any, party: FakeThirdParty, document: Any, told: str
) -> None:
    party.on("GET", "/items", document)
    with pytest.raises(ThirdPartyBroken, match=f'there is no "data" for the items at "data.values", only {told}'):
        await read(clients(), items="data.values")


@pytest.mark.parametrize("document", [{"data": {"values": []}}, {"data": {"values": None}}, {"data": None}])
async def test_nothing_at_the_path_is_an_empty_listing(clients: Any, party: FakeThirdParty, document: Any) -> None:
    party.on("GET", "/items", document)
    assert await read(clients(), items="data.values") == []


async def test_a_page_that_fails_ends_the_listing_with_its_error(clients: Any, party: FakeThirdParty) -> None:
    def reply(asked: Asked) -> Reply:
        return _numbered(asked) if asked.query["page"] == "1" else Reply(status=500)

    party.route("GET", "/items", reply)
    pages = clients().pages("/items", paging=numbered(length=10))
    assert await anext(pages) == ITEMS[:10]
    with pytest.raises(ThirdPartyUnavailable, match=r"page=2.*500"):
        await anext(pages)

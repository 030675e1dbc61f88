"""Listings in pages: how the next one is found, and guards against listings that do not end."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from yarl import URL

from fairway.integration.http.answer import HttpAnswer
from fairway.integration.http.errors import ThirdPartyBroken
from fairway.integration.http.urls import Params, Scalar, shown
from fairway.integration.model import RawItem

MOST_PAGES = 100_000
_NAMES = 10
"""Of an object without the wanted one, so many are told."""


@dataclass(frozen=True, slots=True)
class Page:
    """What was read, and what it was asked with."""

    answer: HttpAnswer
    document: Any
    count: int
    """Items of this page."""
    total: int
    """Items of all pages so far."""
    number: int
    """From 0."""


@dataclass(frozen=True, slots=True)
class Paging:
    """``first`` are parameters of the first page. ``following`` gives those that change for the next page, or its whole
    URL, or None when there is none."""

    first: Mapping[str, Scalar]
    following: Callable[[Page], Mapping[str, Scalar] | str | None]
    most: int = MOST_PAGES


def links(relation: str = "next") -> Paging:
    """Pages name the next one in their ``Link`` header."""
    return Paging({}, lambda page: page.answer.next_link)


def link_in(path: str) -> Paging:
    """Pages name the URL of the next one in their body, at a path such as ``links.next``."""
    return Paging({}, lambda page: _text(at_path(page.document, path)))


def numbered(page: str = "page", size: str | None = "per_page", length: int = 100, start: int = 1) -> Paging:
    """Pages are counted, and the one after the last is empty.

    A page that is shorter than ``length`` proves nothing: servers cap the length, or filter after they have paged, and
    what is not read would be deleted as stale.
    """

    def following(read: Page) -> Mapping[str, Scalar] | None:
        return {page: start + read.number + 1} if read.count else None

    return Paging({page: start, **({size: length} if size else {})}, following)


def offsets(offset: str = "offset", limit: str = "limit", length: int = 100, start: int = 0) -> Paging:
    """Items are counted, and the page after the last is empty; how many came counts, not how many were asked for."""

    def following(read: Page) -> Mapping[str, Scalar] | None:
        return {offset: start + read.total} if read.count else None

    return Paging({offset: start, limit: length}, following)


def cursor(path: str, parameter: str) -> Paging:
    """Pages hold a mark at ``path`` that the next one is asked for with."""

    def following(read: Page) -> Mapping[str, Scalar] | None:
        mark = at_path(read.document, path)
        return None if mark is None or mark in ("", False) else {parameter: mark}

    return Paging({}, following)


def at_path(document: Any, path: str) -> Any:
    """What is at ``a.b.c``; none when something on the way is missing."""
    for name in path.split("."):
        if not isinstance(document, Mapping):
            return None
        document = document.get(name)
    return document


async def walk(
    fetch: Callable[[str, Params | None], Awaitable[HttpAnswer]],
    url: str,
    params: Params | None,
    paging: Paging,
    items: str | Callable[[Any], Any] | None,
) -> AsyncIterator[list[RawItem]]:
    """Page after page; see :meth:`ThirdPartyHttp.pages`.

    Raises:
        ThirdPartyBroken: a page is no list of objects, comes again, or there are too many.
    """
    kept = {**_mapping(params), **paging.first}
    asked: set[str] = set()
    read: set[bytes] = set()
    at, given = url, kept
    total = 0
    for number in range(paging.most):
        answer = await fetch(at, given)
        _require_new(answer, number, asked, read)
        document = answer.json
        found = _items(answer, document, items)
        if found:
            yield found
        total += len(found)
        following = paging.following(Page(answer, document, len(found), total, number))
        if following is None:
            return
        if isinstance(following, str):
            at, given = _next_url(answer, following), {}
        else:
            given = {**given, **following}
    raise ThirdPartyBroken(f'The listing "{url.partition("?")[0]}" has more than {paging.most} pages')


def _require_new(answer: HttpAnswer, number: int, asked: set[str], read: set[bytes]) -> None:
    """A request that was made before, or content that was there before, would go on for ever."""
    mark = hashlib.blake2b(answer.body, digest_size=16).digest()
    address = hashlib.blake2b(str(answer.url).encode(), digest_size=16).hexdigest()
    if address in asked or (mark in read and len(answer.body) > len(b'{"items":[]}')):
        raise ThirdPartyBroken(
            f"{answer.place}: page {number + 1} of the listing was there before; it would not end",
            url=shown(answer.url),
            answered=answer.status,
        )
    asked.add(address)
    read.add(mark)


def _items(answer: HttpAnswer, document: Any, items: str | Callable[[Any], Any] | None) -> list[RawItem]:
    found = _listed(answer, document, items) if isinstance(items, str) else items(document) if items else document
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        where = f' at "{items}"' if isinstance(items, str) else ""
        text = f"{answer.place}: a list of objects is expected{where}, not {type(found).__name__}"
        raise ThirdPartyBroken(text, url=shown(answer.url), answered=answer.status)
    return found


def _listed(answer: HttpAnswer, document: Any, path: str) -> Any:
    """What is at ``path``; null there, or on the way, is an empty list. A name that is missing is none: a listing that
    looks empty because its shape has changed would delete everything."""
    found = document
    for name in path.split("."):
        if found is None:
            break
        if not isinstance(found, Mapping) or name not in found:
            text = f'{answer.place}: there is no "{name}" for the items at "{path}", only {_told(found)}'
            raise ThirdPartyBroken(text, url=shown(answer.url), answered=answer.status)
        found = found[name]
    return [] if found is None else found


def _told(value: Any) -> str:
    """The names of an object, or the type of what is none."""
    if not isinstance(value, Mapping):
        return f"a {type(value).__name__}"
    return ", ".join(f'"{name:.40}"' for name in list(value)[:_NAMES]) or "an empty object"


def _next_url(answer: HttpAnswer, link: str) -> str:
    try:
        target = answer.url.join(URL(link, encoded=True))
        own = target.origin() == answer.url.origin()
    except ValueError:
        own = False
    if not own:
        raise ThirdPartyBroken(
            f"{answer.place}: the next page is at another origin; it is not followed", url=shown(answer.url)
        )
    return str(target)


def _mapping(params: Params | None) -> dict[str, Any]:
    return dict(params.items() if isinstance(params, Mapping) else params or ())


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None

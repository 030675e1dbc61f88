"""Pages of raw items by kind. Items of a path with parameters know them as ``__params``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from fairway.integration.definition import Context, Page
from fairway.integration.http import ThirdPartyError
from fairway.integration.iterators import semaphore_async_iterator, stream_async_iterators_tasks
from fairway.integration.model import RawItem
from fairway.integrations.rest.client import RestClient
from fairway.integrations.rest.declaration import PLACEHOLDER, Declaration
from fairway.integrations.rest.endpoints import Endpoint, Endpoints, leaves_base

_AT_ONCE = 8
"""Listings under way for one kind."""
Params = dict[str, str]


class Source:
    """Of one hook."""

    def __init__(self, context: Context) -> None:
        self._endpoints = Endpoints.of(context.config)
        self._client = RestClient(context)
        self._cache = context.cache
        self._log = context.log

    async def pages(self, kind: str, selector: Declaration) -> AsyncIterator[Page]:
        """The items of a kind as its selector wants them.

        Raises:
            InvalidRequest: the declaration does not hold.
            ThirdPartyError: the API does not; the message has kind and path.
        """
        endpoint = self._endpoints.resolve(kind, selector)
        plain = not selector.model_fields_set and self._endpoints.feeds(kind)
        pages = self._kept(kind) if plain else self._fetched(endpoint)
        async for page in pages:
            yield page

    def _kept(self, kind: str) -> AsyncIterator[Page]:
        """Items that several kinds need are fetched once."""
        endpoint = self._endpoints.resolve(kind)
        return self._cache.pages(f"rest:{kind}", lambda: self._fetched(endpoint))

    async def _fetched(self, endpoint: Endpoint) -> AsyncIterator[Page]:
        parent = endpoint.declared.parent
        if parent is None:
            async for page in self._listed(endpoint, {}):
                yield page
            return
        seen: set[tuple[str, ...]] = set()
        async for items in self._kept(parent):
            wanted = [_params(endpoint, item) for item in items]
            fresh = {key: each for each in wanted if (key := tuple(each.values())) not in seen}
            seen |= fresh.keys()
            semaphore = asyncio.Semaphore(_AT_ONCE)
            listings = [
                semaphore_async_iterator(semaphore, partial(self._listed, endpoint, params))
                for params in fresh.values()
            ]
            async for page in stream_async_iterators_tasks(*listings):
                yield page

    async def _listed(self, endpoint: Endpoint, params: Params) -> AsyncIterator[Page]:
        path, begun = _filled(endpoint, params), False
        try:
            async for page in self._client.pages(endpoint, path):
                begun = True
                yield [{**item, "__params": params} for item in page] if params else page
        except ThirdPartyError as error:
            if error.answered in endpoint.declared.empty_on and not begun:
                self._log.info("rest_empty", kind=endpoint.kind, path=path, status=error.answered)
                return
            error.message = f'kind "{endpoint.kind}" ({path}): {error.message}'
            error.args = (error.message,)
            raise


def _params(endpoint: Endpoint, item: RawItem) -> Params:
    """The values of the path's parameters in an item of the kind they come from.

    Raises:
        InvalidRequest: one is missing.
    """
    found: Params = {}
    for name, parameter in endpoint.declared.path_parameters.items():
        value = _at(item, parameter.value)
        if isinstance(value, bool) or not isinstance(value, str | int) or value in ("", ".", ".."):
            shown = repr(value)[:40]
            raise endpoint.wrong(
                f'"{{{name}}}" should be text or a whole number at `{parameter.value}` of an item of the kind '
                f'"{parameter.kind}", not {shown}'
            )
        found[name] = str(value)
    return found


def _at(item: Mapping[str, Any], path: str) -> Any:
    value: Any = item
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _filled(endpoint: Endpoint, params: Params) -> str:
    """Raises:
    InvalidRequest: the values lead elsewhere.
    """
    path = PLACEHOLDER.sub(lambda match: quote(params[match[1]], safe=""), endpoint.path)
    if leaves_base(path):
        raise endpoint.wrong(f'the values of its parameters make it "{path}", which is not below the base URL')
    return path

"""The API: address, credential, spaces between requests, and the way from page to page."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from yarl import URL

from fairway.integration.definition import Context, Page
from fairway.integration.http import Page as Read
from fairway.integration.http import Paging, ThirdPartyHttp, cursor, link_in, links, numbered, offsets
from fairway.integration.manifest.config_model import ConfigModel
from fairway.integrations.rest.declaration import (
    CursorPages,
    HeaderPages,
    LinkedPages,
    NumberedPages,
    OffsetPages,
    Pagination,
)
from fairway.integrations.rest.endpoints import Endpoint
from fairway.integrations.rest.shapes import items_of
from fairway.kit.errors import InvalidRequest

Following = Callable[[Read], Any]


class RestClient:
    """Of one installation.

    Raises:
        InvalidRequest: the settings lack an address, or make no sense.
    """

    def __init__(self, context: Context) -> None:
        config = context.config.plain() if isinstance(context.config, ConfigModel) else dict(context.config)
        if not config.get("base_url"):
            raise InvalidRequest("the setting `baseUrl` is needed")
        if (config.get("requests_per_minute") or 1) < 1:
            raise InvalidRequest("the setting `requestsPerMinute` must be 1 or more")
        headers = {name: str(value) for name, value in (config.get("headers") or {}).items()}
        self._http: ThirdPartyHttp = context.http.view(
            config["base_url"],
            headers={"accept": "application/json", **headers, **_credential(config)},
            per_minute=config.get("requests_per_minute"),
        )
        secret = config.get("auth_type") == "query"
        self._secret: Mapping[str, str] = {config["api_key_name"]: config["api_key"]} if secret else {}

    async def pages(self, endpoint: Endpoint, path: str) -> AsyncIterator[Page]:
        """Items of ``path``, which is the endpoint's with its parameters filled in.

        Raises:
            ThirdPartyError: a page failed or does not fit what is declared.
        """
        declared = endpoint.declared
        pages = self._http.pages(
            path,
            params={**declared.query_params, **self._secret},
            headers=declared.headers,
            paging=self._paging(declared.pagination, declared.max_pages),
            items=items_of(declared),
        )
        async for page in pages:
            yield page

    def _paging(self, declared: Pagination, most: int) -> Paging:
        found = _paging(declared)
        return Paging(found.first, self._with_secret(found.following), most)

    def _with_secret(self, following: Following) -> Following:
        """Servers do not repeat a key in the URL of the next page."""

        def complete(read: Read) -> Any:
            found = following(read)
            missing = {name: key for name, key in self._secret.items() if isinstance(found, str)}
            if not missing:
                return found
            try:
                return str(read.answer.url.join(URL(found)).update_query(missing))
            except ValueError:
                return found  # whoever follows it says what is wrong

        return complete


def _paging(declared: Pagination) -> Paging:
    match declared:
        case OffsetPages():
            return offsets(declared.offset, declared.limit, declared.size, declared.start)
        case NumberedPages():
            return numbered(declared.page, declared.limit, declared.size, declared.start)
        case CursorPages():
            return cursor(declared.path, declared.parameter)
        case LinkedPages():
            return link_in(declared.path)
        case HeaderPages():
            return links()
        case _:
            return Paging({}, lambda read: None)


def _credential(config: Mapping[str, Any]) -> Mapping[str, str]:
    match config.get("auth_type"):
        case "bearer":
            return {"authorization": f"Bearer {config['token']}"}
        case "basic":
            pair = f"{config['username']}:{config.get('password') or ''}"
            return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        case "header":
            return {config["api_key_name"]: config["api_key"]}
        case _:
            return {}

"""GitHub's API: organizations with their credentials, listings, GraphQL, trees and contents."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal
from urllib.parse import quote

from fairway.integration.definition import Context
from fairway.integration.http import (
    Page,
    Paging,
    ThirdPartyBroken,
    ThirdPartyError,
    ThirdPartyHttp,
    ThirdPartyLimited,
    ThirdPartyMissing,
    ThirdPartyRefused,
    ThirdPartyRejected,
)
from fairway.integration.iterators import throttle_batch_operation
from fairway.integration.model import RawItem
from fairway.integrations.github.credentials import app_tokens
from fairway.integrations.github.settings import Settings
from fairway.kit.errors import InvalidRequest

Pages = AsyncIterator[list[RawItem]]
_HEADERS = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}
_OFF = ("disabled", "not enabled", "must be enabled", "archived", "not available for", "upgrade to", "access blocked")
"""Words of refusals that say that a repository lacks a feature. All others are about the credential: taking those for
an empty listing would delete what it may not see."""
_PAGE: Mapping[str, int] = {"per_page": 100}
_GRAPHQL_TRIES = 3


@dataclass(frozen=True, slots=True)
class Organization:
    """One that is read, with the client that may read it."""

    login: str
    http: ThirdPartyHttp
    graphql: ThirdPartyHttp
    graphql_url: str
    as_app: bool

    async def pages(
        self,
        path: str,
        items: str | None = None,
        **params: str | int | None,
    ) -> Pages:
        """A listing; GitHub links its pages. Those before the last are asked for once more at the end: what left the
        listing meanwhile has moved others to pages that were read already, and what is missing would be deleted. Pages
        that did not change cost nothing of the rate limit; items of others come twice."""
        read: list[tuple[str, str]] = []

        def following(page: Page) -> str | None:
            link = page.answer.next_link
            if link is not None and "etag" in page.answer.headers:
                read.append((str(page.answer.url), page.answer.headers["etag"]))
            return link

        given = {**_PAGE, **{name: value for name, value in params.items() if value is not None}}
        async for page in self.http.pages(path, params=given, items=items, paging=Paging({}, following)):
            yield page
        for url, mark in read:
            answer = await self.http.send("GET", url, headers={"if-none-match": mark})
            if answer.status != 304:
                document = answer.require_ok().json
                yield document[items] if items else document

    async def get(self, path: str) -> RawItem | None:
        """An object; none when there is none.

        Raises:
            ThirdPartyError: any other failure.
        """
        try:
            found: RawItem = await self.http.get_json(path)
        except ThirdPartyMissing:
            return None
        return found

    async def query(self, text: str, variables: Mapping[str, Any]) -> Any:
        """The ``data`` of a GraphQL query. Limits arrive as errors with status 200; the client has learned from the
        headers how long to wait then.

        Raises:
            ThirdPartyError: it failed, or a part of it did.
        """
        for _ in range(_GRAPHQL_TRIES):
            body = {"query": text, "variables": dict(variables)}
            answer = (await self.graphql.send("POST", self.graphql_url, json=body, retryable=True)).require_ok()
            errors = answer.json.get("errors")
            if not errors:
                return answer.json["data"]
            if not any(str(error.get("type", "")).startswith("RATE_LIMIT") for error in errors):
                raise ThirdPartyBroken(f"{answer.place}: {errors[0].get('message')}", cause=str(errors[:3]))
        raise ThirdPartyLimited(f"{answer.place}: the rate limit is used up", url=str(answer.url), seconds=3600)


class GitHub:
    """What the credentials of an installation reach. ``lane`` is "event" when somebody waits."""

    def __init__(self, context: Context, lane: Literal["pass", "event"] = "pass") -> None:
        self.context = context
        self.settings = Settings.of(context.config)
        self._http = context.http.view(lane=lane)
        self._app = app_tokens(context, self.settings) if self.settings.app and self.settings.key else None

    @property
    def app_http(self) -> ThirdPartyHttp | None:
        """The client that is the app itself; none with a token."""
        if self._app is None:
            return None
        return self._http.view(self.settings.host, headers=_HEADERS, token=self._app.app)

    async def organizations(self) -> list[Organization]:
        """Those to read.

        Raises:
            ThirdPartyError: GitHub does not say, or an installation is suspended.
            InvalidRequest: there are none.
        """
        found = await self.context.cache.result("github:organizations", self._found, seconds=600)
        return [self._organization(each["login"], each["installation"]) for each in found]

    async def organization(self, login: str) -> Organization | None:
        """One of :meth:`organizations`."""
        wanted = login.lower()
        return next((each for each in await self.organizations() if each.login.lower() == wanted), None)

    async def _found(self) -> list[dict[str, Any]]:
        http = self.app_http
        found = await (self._token_organizations() if http is None else self._installations(http))
        if not found:
            raise InvalidRequest('The credential reaches no organization; name some in "githubOrganizations"')
        return found

    async def _token_organizations(self) -> list[dict[str, Any]]:
        names = list(self.settings.organizations)
        if not names:
            async for page in self._organization("", None).pages("/user/orgs"):
                names += [each["login"] for each in page]
        return [{"login": name, "installation": None} for name in names]

    async def _installations(self, http: ThirdPartyHttp) -> list[dict[str, Any]]:
        found: list[RawItem] = []
        for name in self.settings.organizations:
            found.append(await http.get_json(f"/orgs/{segment(name)}/installation"))
        if not self.settings.organizations:
            async for page in http.pages("/app/installations", params=_PAGE):
                found += [each for each in page if each["account"].get("type") == "Organization"]
        for each in found:
            if each.get("suspended_at"):
                login = each["account"]["login"]
                raise InvalidRequest(
                    f'The app\'s installation at "{login}" is suspended; name the organizations to read'
                )
        return [{"login": each["account"]["login"], "installation": each["id"]} for each in found]

    def _organization(self, login: str, installation: int | None) -> Organization:
        host, headers = self.settings.host, dict(_HEADERS)
        if self._app is not None and installation is not None:
            token = self._app.of(installation)
        else:
            token = None
            headers["authorization"] = f"Bearer {self.settings.token}"
        http = self._http.view(host, headers=headers, token=token)
        # A header of its own: GraphQL has its own rate limit.
        url = self.settings.graphql
        graphql = self._http.view(url, headers={**headers, "x-budget": "graphql"}, token=token)
        return Organization(login, http, graphql, url, token is not None)


def segment(text: str) -> str:
    """A text as one part of a path."""
    return quote(text, safe="")


def missing_feature(error: ThirdPartyError) -> bool:
    """Whether it says that a repository has no such thing, instead of that the credential may not see it."""
    if isinstance(error, ThirdPartyMissing):
        return True
    if isinstance(error, ThirdPartyRejected):
        return error.answered in (409, 451)  # an empty repository, a blocked one
    said = (error.cause or "").lower()
    return isinstance(error, ThirdPartyRefused) and error.answered == 403 and any(words in said for words in _OFF)


async def tree(organization: Organization, full_name: str, ref: str) -> list[RawItem]:
    """Every entry of a tree; GitHub cuts large ones short, which are read folder by folder then.

    Raises:
        ThirdPartyError: it cannot be read whole.
    """
    base = f"/repos/{full_name}/git/trees"
    try:
        found = await organization.http.get_json(f"{base}/{segment(ref)}", params={"recursive": 1})
    except ThirdPartyError as error:
        if missing_feature(error):
            return []
        raise
    if not found.get("truncated"):
        return list(found["tree"])
    return await _walked(organization, base, found["sha"])


async def _walked(organization: Organization, base: str, root: str) -> list[RawItem]:
    async def folder(prefix: str, sha: str) -> list[RawItem]:
        found = await organization.http.get_json(f"{base}/{sha}")
        if found.get("truncated"):
            raise ThirdPartyBroken(f'The folder "{prefix or "/"}" below "{base}" has more entries than GitHub lists')
        return [{**entry, "path": prefix + entry["path"]} for entry in found["tree"]]

    entries: list[RawItem] = []
    waiting = [("", root)]
    while waiting:
        read = await throttle_batch_operation([partial(folder, *at) for at in waiting], 8)
        level = [entry for entries_of in read for entry in entries_of]
        entries += level
        waiting = [(f"{entry['path']}/", entry["sha"]) for entry in level if entry["type"] == "tree"]
    return entries


async def content(
    organization: Organization, full_name: str, path: str, ref: str, most: int
) -> tuple[RawItem, bytes] | None:
    """A file: what GitHub tells of it, and its bytes; none when there is none, or it is larger than ``most``."""
    where = f"/repos/{full_name}/contents/{quote(path.strip('/'))}?ref={segment(ref)}"
    try:
        found = await organization.http.get_json(where)
    except ThirdPartyError as error:
        if missing_feature(error):
            return None
        raise
    if not isinstance(found, dict) or found.get("type") != "file" or found.get("size", 0) > most:
        return None
    told = {name: value for name, value in found.items() if name not in ("content", "encoding")}
    return told, base64.b64decode(found.get("content") or "")

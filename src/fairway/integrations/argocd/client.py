"""Argo CD's API. Its lists are whole documents, so applications are asked for project by project."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from fairway.integration.definition import Context
from fairway.integration.http import ThirdPartyBroken, ThirdPartyHttp
from fairway.integration.model import RawItem, Trigger
from fairway.integrations.argocd.selectors import ApplicationSelector
from fairway.kit.errors import InvalidRequest
from fairway.kit.pacing import Lane

_PAGE = 100
_BRIEF = ",".join(f"items.{path}" for path in ("metadata.name", "metadata.namespace", "spec.project"))


class ArgoClient:
    """The Argo CD of a context's settings."""

    def __init__(self, context: Context) -> None:
        config = context.config
        lane: Lane | None = "event" if context.trigger is Trigger.LIVE else None
        if context.oauth_token is None and config.token is None:
            raise InvalidRequest("Argo CD needs `token`, of an account or a project role, or a file of a token")
        own = {} if context.oauth_token else {"authorization": f"Bearer {config.token.get_secret_value()}"}
        self.http: ThirdPartyHttp = context.http.view(
            config.server_url, headers={"accept": "application/json", **own}, token=context.oauth_token, lane=lane
        )

    async def all(self, route: str, **params: Any) -> list[RawItem]:
        """The items of a list, which is ``null`` when it is empty.

        Raises:
            ThirdPartyBroken: the answer is no list.
        """
        document = await self.http.get_json(f"api/v1/{route}", params=params)
        items = document.get("items", ...) if isinstance(document, dict) else ...
        if items is None:
            return []
        if not isinstance(items, list):
            raise ThirdPartyBroken(f'The list "{route}" of Argo CD has no items')
        return items

    async def pages(self, route: str) -> AsyncIterator[list[RawItem]]:
        """The items of a list, some at a time."""
        items = await self.all(route)
        for start in range(0, len(items), _PAGE):
            yield items[start : start + _PAGE]

    async def applications(self, selector: ApplicationSelector) -> AsyncIterator[list[RawItem]]:
        """Applications, never more than those of one project in memory. Projects are those that applications name:
        some name one that is not there."""
        given = {"selector": selector.labels, "appNamespace": selector.app_namespace}
        listed = await self.all("applications", **given, projects=list(selector.projects), fields=_BRIEF)
        names = sorted({(item.get("spec") or {}).get("project") or "default" for item in listed})
        del listed
        for name in names:
            if selector.projects and name not in selector.projects:
                continue
            found = await self.all("applications", **given, projects=[name])
            while found:
                page, found = found[:_PAGE], found[_PAGE:]
                yield page

    async def application(self, name: str, namespace: str | None, project: str | None) -> RawItem:
        """One application. With its project a missing one is told from a forbidden one."""
        params = {"appNamespace": namespace, "project": project}
        found: RawItem = await self.http.get_json(f"api/v1/applications/{quote(name, safe='')}", params=params)
        return found

    async def managed(self, application: RawItem) -> list[RawItem]:
        """What an application manages, with target and live states."""
        metadata = application["metadata"]
        params = {"appNamespace": metadata.get("namespace"), "project": (application.get("spec") or {}).get("project")}
        return await self.all(f"applications/{quote(metadata['name'], safe='')}/managed-resources", **params)

"""The peer: a synchronisation as section 12 of the contract describes the script. One project after the other, pages
of 25 repositories handled together and waited for, one read of ``port.yaml`` as lines for each, one write for each
entity, everything again every time.

Started by ``bench.gitops`` with the variables of the contract. It does not sleep; it prints how often the script would.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from typing import Any

import httpx
import yaml

_PAGE = 25
_HOST = os.environ["BITBUCKET_HOST"]
_PORTAL = os.environ["PORT_API_URL"]
_LOGIN = (os.environ["BITBUCKET_USERNAME"], os.environ["BITBUCKET_PASSWORD"])
_QUOTA = 1000
"""Answers of the forge after which the script sleeps until the hour is over."""


class Script:
    """One run."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._token = ""
        self.asked = 0
        self.written = 0

    async def run(self) -> None:
        """Projects, one after the other."""
        async for projects in self._pages("/rest/api/1.0/projects"):
            for project in projects:
                async for repositories in self._pages(f"/rest/api/1.0/projects/{project['key']}/repos"):
                    await asyncio.gather(*(self._repository(project["key"], each["slug"]) for each in repositories))

    async def _pages(self, path: str) -> AsyncIterator[list[dict[str, Any]]]:
        start = 0
        while True:
            page = (await self._ask(path, {"start": start, "limit": _PAGE})).json()
            yield page["values"]
            start = page.get("nextPageStart")
            if not start:
                return

    async def _ask(self, path: str, params: dict[str, Any]) -> httpx.Response:
        answer = await self._client.get(_HOST + path, params=params, auth=_LOGIN)
        self.asked += answer.is_success
        return answer

    async def _repository(self, key: str, slug: str) -> None:
        path = f"/rest/api/1.0/projects/{key}/repos/{slug}/browse/port.yaml"
        answer = await self._ask(path, {"start": 0, "limit": 500})
        if answer.status_code == 404:
            return
        document = yaml.safe_load("\n".join(line["text"] for line in answer.json()["lines"]))
        for entity in document if isinstance(document, list) else [document]:
            if all(isinstance(entity.get(name), str) for name in ("identifier", "title", "blueprint")):
                await self._write(entity)

    async def _write(self, entity: dict[str, Any]) -> None:
        if not self._token:
            login = {"clientId": os.environ["PORT_CLIENT_ID"], "clientSecret": os.environ["PORT_CLIENT_SECRET"]}
            self._token = (await self._client.post(f"{_PORTAL}/auth/access_token", json=login)).json()["accessToken"]
        answer = await self._client.post(
            f"{_PORTAL}/blueprints/{entity['blueprint']}/entities",
            params={"upsert": "true", "merge": "true"},
            json=entity,
            headers={"Authorization": f"Bearer {self._token}"},
        )
        answer.raise_for_status()
        self.written += 1


async def main() -> None:
    """Prints what was asked and written, and how often the script would have slept."""
    async with httpx.AsyncClient(timeout=60) as client:
        script = Script(client)
        await script.run()
    sleeps = (script.asked - 1) // _QUOTA
    print(json.dumps({"asked": script.asked, "written": script.written, "sleeps": sleeps}))


if __name__ == "__main__":
    asyncio.run(main())

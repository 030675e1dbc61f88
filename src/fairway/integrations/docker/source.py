"""What is fetched: the engine's lists, with what names the engine, and without values of variables."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from fairway.integration.definition import Context, Page
from fairway.integration.http import ThirdPartyUnavailable
from fairway.integration.iterators import throttle_batch_operation
from fairway.integration.model import RawItem
from fairway.integrations.docker.client import DockerClient, Filters

COMPOSE, SWARM = "com.docker.compose.project", "com.docker.stack.namespace"
_PAGE = 100
_AT_ONCE = 8


class DockerSource:
    """Items of one kind; ``only`` are more filters, for a single object."""

    def __init__(self, context: Context) -> None:
        self.client = DockerClient(context)
        self._selector = context.selector

    def _filters(self, only: Filters | None) -> Filters:
        return {**self._selector.filters, **(only or {})}

    async def dressed(self, items: Sequence[RawItem]) -> Page:
        """With ``__engine``."""
        name = await self.client.name()
        return [{**each, "__engine": name} for each in items]

    async def engine(self) -> Page:
        """The engine itself."""
        return await self.dressed([{**await self.client.info(), "__version": await self.client.version()}])

    async def containers(self, only: Filters | None = None) -> AsyncIterator[Page]:
        """All of them, those that do not run too."""
        found = await self.client.listed("/containers/json", filters=self._filters(only), all="true")
        for start in range(0, len(found), _PAGE):
            page = await self.dressed(found[start : start + _PAGE])
            if self._selector.include_details:
                calls = [partial(self._details, each) for each in page]
                page = [each for each in await throttle_batch_operation(calls, _AT_ONCE) if each is not None]
            yield page

    async def _details(self, container: RawItem) -> RawItem | None:
        """None when the container went meanwhile."""
        answer = await self.client.http.send("GET", await self.client.path(f"/containers/{container['Id']}/json"))
        if answer.status == 404:
            return None
        details = answer.require_ok().json
        if isinstance(details.get("Config"), dict):
            details["Config"] = {**details["Config"], "Env": names_of(details["Config"].get("Env"))}
        return {**container, "__details": details}

    async def images(self) -> Page:
        """Images, without those that are only layers of others."""
        return await self.dressed(await self.client.listed("/images/json", filters=self._filters(None), digests="true"))

    async def volumes(self, only: Filters | None = None) -> AsyncIterator[Page]:
        """Raises:
        ThirdPartyUnavailable: the engine warns that drivers did not tell of theirs, so that some are missing.
        """
        document = await self.client.get("/volumes", filters=self._filters(only))
        yield await self.dressed(document.get("Volumes") or [])
        if warnings := document.get("Warnings"):
            raise ThirdPartyUnavailable(f"The engine could not list all volumes: {'; '.join(map(str, warnings))[:500]}")

    async def networks(self, only: Filters | None = None) -> Page:
        """Networks."""
        return await self.dressed(await self.client.listed("/networks", filters=self._filters(only)))

    async def services(self, only: Filters | None = None) -> Page:
        """Services of the swarm; none when this engine manages none."""
        if not await self.client.manages_swarm():
            return []
        found = await self.client.listed("/services", filters=self._filters(only), status="true")
        return await self.dressed([without_values(each) for each in found])

    async def nodes(self, only: Filters | None = None) -> Page:
        """Nodes of the swarm; none when this engine manages none."""
        if not await self.client.manages_swarm():
            return []
        return await self.dressed(await self.client.listed("/nodes", filters=self._filters(only)))

    async def stacks(self, name: str | None = None) -> Page:
        """What compose and swarm call projects and stacks, put together from labels."""
        found: dict[str, RawItem] = {}
        for label, orchestrator in ((COMPOSE, "compose"), (SWARM, "swarm")):
            only = {"label": [label if name is None else f"{label}={name}"]}
            for each in await self.client.listed("/containers/json", filters=only, all="true"):
                labels = each.get("Labels") or {}
                service = labels.get("com.docker.compose.service") or labels.get("com.docker.swarm.service.name")
                stack = _stack(found, labels[label], orchestrator, service)
                stack["containers"] += 1
                stack["running"] += each.get("State") == "running"
                stack["workingDir"] = labels.get("com.docker.compose.project.working_dir") or stack["workingDir"]
                stack["configFiles"] = labels.get("com.docker.compose.project.config_files") or stack["configFiles"]
        if await self.client.manages_swarm():
            only = {"label": [SWARM if name is None else f"{SWARM}={name}"]}
            for each in await self.client.listed("/services", filters=only):
                spec = each.get("Spec") or {}
                _stack(found, spec["Labels"][SWARM], "swarm", spec.get("Name"))
        return await self.dressed([found[each] for each in sorted(found)])


def _stack(found: dict[str, RawItem], name: str, orchestrator: str, service: str | None) -> RawItem:
    made = found.setdefault(
        name,
        {
            "name": name, "orchestrator": orchestrator, "services": [], "containers": 0, "running": 0,
            "workingDir": None, "configFiles": None,
        },
    )  # fmt: skip
    if service and service not in made["services"]:
        made["services"] = sorted([*made["services"], service])
    return made


def names_of(variables: Any) -> list[str]:
    """Variables without their values, which are as often as not passwords."""
    return [str(each).partition("=")[0] for each in variables or ()]


def without_values(service: RawItem) -> RawItem:
    """A service whose variables are names only, those of the version before the last update too."""
    found = copy.deepcopy(service)
    for key in ("Spec", "PreviousSpec"):
        container = ((found.get(key) or {}).get("TaskTemplate") or {}).get("ContainerSpec")
        if isinstance(container, dict) and "Env" in container:
            container["Env"] = names_of(container["Env"])
    return found

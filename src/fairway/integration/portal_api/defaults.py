"""Blueprints, mapping, actions, scorecards and pages of a first start (contract section 5.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairway.client import PortalClient
from fairway.client.api import segment
from fairway.kit.errors import FairwayError, InvalidRequest, NotFound
from fairway.kit.logs import get_logger

log = get_logger(__name__)

Document = Mapping[str, Any]
_COMPUTED = (
    "calculationProperties", "mirrorProperties", "aggregationProperties", "ownership", "teamInheritance",
)  # fmt: skip
_MOST_POLLS = 600
_ENDED = frozenset({"COMPLETED", "FAILURE", "CANCELLED"})


class DefaultsFailed(InvalidRequest):
    """Default blueprints could not be created; those that were are deleted again."""

    code = "defaults_failed"


@dataclass(frozen=True, slots=True)
class Defaults:
    """The resource files of an integration (section 2.2). A scorecard file is ``{blueprint, data: [..]}``."""

    mapping: Document | None = None
    blueprints: Sequence[Document] = ()
    actions: Sequence[Document] = ()
    scorecards: Sequence[Document] = ()
    pages: Sequence[Document] = ()


def stages(blueprint: Document) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A blueprint without what refers to others, then with relations, then whole."""
    related = {key: value for key, value in blueprint.items() if key not in _COMPUTED}
    bare = {key: value for key, value in related.items() if key != "relations"}
    return bare, related, dict(blueprint)


async def create_defaults(client: PortalClient, defaults: Defaults, agent: Mapping[str, str]) -> bool:
    """Creates everything, or nothing when one of the blueprints exists already: people have changed it since.

    Raises:
        DefaultsFailed: a blueprint was refused.
    """
    names = [_name(each) for each in defaults.blueprints]
    if any(await asyncio.gather(*(_exists(client, name) for name in names))):
        log.info("defaults_skipped", reason="a default blueprint exists already")
        return False
    await _blueprints(client, defaults.blueprints, agent)
    scorecards = [
        (f"/blueprints/{segment(str(each.get('blueprint', '')))}/scorecards", card)
        for each in defaults.scorecards
        for card in each.get("data") or ()
    ]
    others = [("/actions", each) for each in defaults.actions]
    await asyncio.gather(*(_optional(client, path, each) for path, each in [*others, *scorecards]))
    await asyncio.gather(*(_optional(client, "/pages", each) for each in defaults.pages))
    return True


async def create_missing(client: PortalClient, blueprints: Sequence[Document], agent: Mapping[str, str]) -> list[str]:
    """Creates those that are not there yet; their names.

    Raises:
        DefaultsFailed: one was refused; none is left of what was created.
    """
    there = await asyncio.gather(*(_exists(client, _name(each)) for each in blueprints))
    missing = [each for each, exists in zip(blueprints, there, strict=True) if not exists]
    await _blueprints(client, missing, agent)
    return [_name(each) for each in missing]


async def _blueprints(client: PortalClient, blueprints: Sequence[Document], agent: Mapping[str, str]) -> None:
    created: list[str] = []
    staged = [(_name(each), stages(each)) for each in blueprints]

    async def create(name: str, bare: Document) -> None:
        await client.request("POST", "/blueprints", body=dict(bare), headers=agent)
        created.append(name)

    async def change(name: str, body: Document) -> None:
        await client.request(
            "PATCH", f"/blueprints/{segment(name)}", body=dict(body), headers=agent, repeatable=True
        )  # fmt: skip

    try:
        await _all([create(name, bare) for name, (bare, _, _) in staged])
        await _all([change(name, related) for name, (_, related, _) in staged])
        await _all([change(name, whole) for name, (_, _, whole) in staged])
    except FairwayError as error:
        await _undo(client, created)
        raise DefaultsFailed(f"The default blueprints cannot be created: {error.message}") from error


async def _all(calls: Sequence[Any]) -> None:
    """Waits for all before it raises: what is still under way could not be undone."""
    for result in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


async def _undo(client: PortalClient, names: Sequence[str]) -> None:
    """Some can only be deleted after others that relate to them."""
    left, before = list(reversed(names)), -1
    while left and len(left) != before:
        before = len(left)
        left = [name for name in left if not await _undone(client, name)]
    if left:
        log.warning("default_blueprints_not_undone", blueprints=left)


async def _undone(client: PortalClient, name: str) -> bool:
    try:
        await client.delete(f"/blueprints/{segment(name)}")
    except NotFound:
        return True
    except FairwayError as error:
        log.info("default_blueprint_not_undone", blueprint=name, error=error.message)
        return False
    return True


async def _exists(client: PortalClient, name: str) -> bool:
    try:
        await client.get(f"/blueprints/{segment(name)}")
    except NotFound:
        return False
    return True


async def _optional(client: PortalClient, path: str, body: Document) -> None:
    try:
        await client.post(path, dict(body))
    except FairwayError as error:
        log.warning("default_resource_failed", path=path, resource=body.get("identifier"), error=error.message)


async def delete_defaults(
    client: PortalClient, defaults: Defaults, *, entities: bool, wait: bool, pause: float = 1.0
) -> list[str]:
    """Deletes the default blueprints, those first that nothing points to; ``entities`` deletes theirs too, and ``wait``
    returns when that is done. What could not be deleted, and why.

    Raises:
        Unavailable: the portal does not answer.
    """
    left = [_name(each) for each in defaults.blueprints]
    problems: dict[str, str] = {}
    progress = True
    while left and progress:
        progress = False
        for name in list(left):
            problem = await _delete(client, name, entities=entities, wait=wait, pause=pause)
            if problem is None:
                left.remove(name)
                progress = True
            else:
                problems[name] = problem
    return [f'blueprint "{name}": {problems[name]}' for name in left]


async def _delete(client: PortalClient, name: str, *, entities: bool, wait: bool, pause: float) -> str | None:
    path = f"/blueprints/{segment(name)}"
    try:
        if not entities:
            await client.delete(path)
            return None
        answer = await client.delete(f"{path}/all-entities", delete_blueprint=True)
        migration = answer.get("migrationId")
        return await _ended(client, str(migration), pause) if wait and migration else None
    except NotFound:
        return None
    except FairwayError as error:
        if error.retriable:
            raise
        return error.message


async def _ended(client: PortalClient, migration: str, pause: float) -> str | None:
    for _ in range(_MOST_POLLS):
        answer = await client.get(f"/migrations/{segment(migration)}")
        status = str((answer.get("migration") or {}).get("status"))
        if status in _ENDED:
            return None if status == "COMPLETED" else f"the deletion of its entities ended as {status}"
        await asyncio.sleep(pause)
    return "the deletion of its entities takes too long"


def _name(blueprint: Document) -> str:
    name = blueprint.get("identifier")
    if not isinstance(name, str) or not name:
        raise DefaultsFailed("A default blueprint has no identifier")
    return name

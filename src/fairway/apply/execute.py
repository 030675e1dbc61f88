"""Carrying out a plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from typing import Any

from fairway.apply.plan import Change
from fairway.client import PortalClient
from fairway.kit.errors import FairwayError, InvalidRequest, NotFound

_BARE = ("identifier", "title", "icon", "description", "schema")
"""What a blueprint can be created with before the blueprints that it refers to exist."""


async def execute(portal: PortalClient, changes: Iterable[Change]) -> AsyncIterator[Change]:
    """Applies changes in order and yields each once it is done.

    Raises:
        FairwayError: the portal refused one; those yielded before are applied.
    """
    groups: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        groups[change.kind.name].append(change)
    for name, group in groups.items():
        if name == "blueprints":
            await _prepare_blueprints(portal, group)
        apply = _apply_entities if name == "entities" else _apply_each
        async for done in apply(portal, group):
            yield done


async def _prepare_blueprints(portal: PortalClient, group: list[Change]) -> None:
    """New blueprints first without anything that names another, then every new relation: mirrors and aggregations may
    follow relations of blueprints in any order, in circles too."""
    for change in group:
        if change.verb == "create":
            bare = {name: change.document[name] for name in _BARE if name in change.document}
            await _told(change, portal.post(change.kind.collection, bare))
    for change in group:
        present = change.found.get("relations") or {}
        relations = {**present, **(change.document.get("relations") or {})}
        if relations.keys() != present.keys():
            path = change.kind.path(change.kind.member, change.document)
            await _told(change, portal.patch(path, {"relations": relations}))


async def _apply_each(portal: PortalClient, group: list[Change]) -> AsyncIterator[Change]:
    """One after the other. Documents may refer to others of their kind (a mirror to a mirror, a folder to its parent):
    those that miss one are tried again once the others are there."""
    waiting = group
    while waiting:
        missing: list[tuple[Change, NotFound]] = []
        for change in waiting:
            try:
                await _write(portal, change)
            except NotFound as error:
                missing.append((change, error))
            else:
                yield change
        if len(missing) == len(waiting):
            raise missing[0][1]
        waiting = [change for change, _ in missing]


async def _write(portal: PortalClient, change: Change) -> None:
    kind = change.kind
    left_out = {*kind.hidden, *kind.addressed}
    document = {name: value for name, value in change.document.items() if name not in left_out}
    create = change.verb == "create" and kind.name != "blueprints"
    if create:
        await _told(change, portal.post(kind.path(kind.collection, change.document), document))
    else:
        await _told(change, portal.request(kind.update, kind.path(kind.member, change.document), body=document))


async def _apply_entities(portal: PortalClient, group: list[Change]) -> AsyncIterator[Change]:
    """In bulk by blueprint. Those whose relations point at entities that come later are tried again."""
    waiting = group
    while waiting:
        again: list[Change] = []
        problem = ""
        for batch in _by_blueprint(waiting):
            blueprint = str(batch[0].document["blueprint"])
            documents: list[Any] = [change.document for change in batch]
            answer = await portal.upsert(blueprint, documents, merge=False)
            for refused in answer["errors"]:
                change = batch[refused["index"]]
                problem = f"{change.kind.title} {change.key}: {refused['message']}"
                if refused["error"] != "not_found":
                    raise InvalidRequest(problem, code=refused["error"])
                again.append(change)
            for written in answer["entities"]:
                yield batch[written["index"]]
        if len(again) == len(waiting):
            raise NotFound(problem)
        waiting = again


def _by_blueprint(changes: list[Change]) -> Iterable[list[Change]]:
    groups: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        groups[str(change.document["blueprint"])].append(change)
    return groups.values()


async def _told(change: Change, call: Any) -> None:
    """Awaits a call; a refusal names the document."""
    try:
        await call
    except FairwayError as error:
        error.message = f"{change.kind.title} {change.key}: {error.message}"
        error.args = (error.message,)
        raise

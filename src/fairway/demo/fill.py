"""Filling an empty catalog with the demo organisation."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import as_file, files

from fairway.apply import Documents, execute, load, make_plan, read_state
from fairway.client import PortalClient
from fairway.client.api import segment
from fairway.demo.entities import build_entities
from fairway.demo.people import TEAMS, email_of
from fairway.demo.runs import start_runs
from fairway.kit.errors import Conflict, FairwayError, NotFound

_LAST = "platform_overview"
"""The page that is made last: where it exists the demo is complete, and what people changed since stays."""


async def fill(portal: PortalClient, today: datetime) -> str:
    """Makes the demo organisation, unless it is there or the catalog holds something else; says what happened.

    It can be interrupted at any point and called again.

    Raises:
        FairwayError: the portal refuses a part of it.
    """
    model = read_model()
    if await _exists(portal, _LAST):
        return "The demo organisation is there already."
    foreign = await _foreign_blueprints(portal, model)
    if foreign:
        return f"The catalog is not empty (it has {', '.join(foreign[:3])}), so the demo organisation was left out."
    pages = {"pages": model.pop("pages")}
    await _apply(portal, model)
    await _fill_people(portal)
    count = await _fill_entities(portal, today)
    await _apply(portal, read_self_service())
    runs = await start_runs(portal)
    await _apply(portal, pages)
    return (
        f"The demo organisation is ready: {len(model['blueprints'])} blueprints, {count} entities, {len(TEAMS)} teams, "
        f"{runs} runs of actions."
    )


def read_model() -> Documents:
    """Blueprints, permissions, scorecards, webhooks and pages of the demo organisation."""
    return _read("model.yaml")


def read_self_service() -> Documents:
    """Its actions, automations and workflows: made after the entities, so that no automation answers to those."""
    return _read("self_service.yaml")


def _read(name: str) -> Documents:
    with as_file(files("fairway.demo") / name) as path:
        return load([path])


async def _exists(portal: PortalClient, page: str) -> bool:
    try:
        await portal.get(f"/pages/{segment(page)}")
    except NotFound:
        return False
    return True


async def _foreign_blueprints(portal: PortalClient, model: Documents) -> list[str]:
    known = {blueprint["identifier"] for blueprint in model["blueprints"]}
    present = [item["identifier"] for item in (await portal.get("/blueprints"))["blueprints"]]
    return [name for name in present if not name.startswith("_") and name not in known]


async def _apply(portal: PortalClient, wanted: Documents) -> None:
    plan = make_plan(wanted, await read_state(portal, with_entities=False))
    async for _ in execute(portal, plan):
        pass


async def _fill_people(portal: PortalClient) -> None:
    for team in TEAMS:
        await _once(portal, "/teams", {"name": team.name, "description": team.description})
        for member in team.members:
            invitee = {"email": email_of(member), "roles": ["Member"], "teams": [team.name]}
            await _once(portal, "/users/invite", {"invitee": invitee})


async def _once(portal: PortalClient, path: str, body: object) -> None:
    try:
        await portal.post(path, body)
    except Conflict:
        return  # an earlier start got this far


async def _fill_entities(portal: PortalClient, today: datetime) -> int:
    written: set[tuple[str, str]] = set()
    for blueprint, entities in build_entities(today):
        answer = await portal.upsert(blueprint, entities)
        for refused in answer["errors"]:
            raise FairwayError(f"{blueprint} {refused['identifier']}: {refused['message']}", code=refused["error"])
        written.update((blueprint, item["identifier"]) for item in answer["entities"])
    return len(written)

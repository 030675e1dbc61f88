"""Everything that people offers, built once."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.kit.clock import Clock
from fairway.portal.access.service import Access
from fairway.portal.caller import system_caller
from fairway.portal.catalog.wiring import Catalog
from fairway.portal.people.arrivals import PeopleArrivals
from fairway.portal.people.moderators import Moderators
from fairway.portal.people.observer import PeopleObserver
from fairway.portal.people.teams import TeamService
from fairway.portal.people.users import UserService
from fairway.portal.people.writer import PeopleWriter
from fairway.portal.storage.database import Database


@dataclass(frozen=True)
class People:
    """The people feature."""

    users: UserService
    teams: TeamService
    arrivals: PeopleArrivals


def build_people(db: Database, clock: Clock, access: Access, catalog: Catalog, org_id: str) -> People:
    """Wires the feature, and has it follow the catalog."""
    directory = access.directory
    writer = PeopleWriter(catalog.entities, directory)
    catalog.entities.observe(PeopleObserver(directory, clock))
    catalog.blueprints.observe(Moderators(directory, writer))
    arrivals = PeopleArrivals(db, directory, writer, system_caller(org_id))
    access.sessions.arrivals = arrivals
    return People(
        UserService(db, clock, catalog.schemas, directory, writer),
        TeamService(db, catalog.schemas, directory, writer),
        arrivals,
    )

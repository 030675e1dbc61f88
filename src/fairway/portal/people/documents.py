"""Users and teams as their routes answer them (contract 10.1, 10.2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from fairway.kit.clock import rfc3339
from fairway.portal.access.directory import PersonRecord, Team


def user_document(record: PersonRecord, org_id: str) -> dict[str, Any]:
    """A user. What has no value is absent: clients decode strings."""
    person = record.person
    first, _, last = ("" if person.name == person.email else person.name).partition(" ")
    document = {
        "id": record.id,
        "email": person.email,
        "firstName": first,
        "lastName": last,
        "status": person.status,
        "type": "Service Account" if person.service_account else "Standard",
        "providers": list(record.providers),
        "teams": list(record.team_names),
        "teamsIdentifiers": list(person.teams),
        "roles": [{"name": role} for role in person.roles],
        "orgs": [{"id": org_id}],
        "orgMembers": [],
        "createdAt": rfc3339(person.created_at),
        "updatedAt": rfc3339(person.updated_at),
    }
    if record.last_login_at is not None:
        seen = rfc3339(record.last_login_at)
        document["orgMembers"] = [{"orgId": org_id, "status": person.status, "lastLoginAt": seen}]
    return document


def team_document(team: Team) -> dict[str, Any]:
    """A team without its users."""
    document = {
        "id": team.id,
        "name": team.name,
        "provider": team.provider,
        "createdAt": rfc3339(team.created_at),
        "updatedAt": rfc3339(team.updated_at),
    }
    return document if team.description is None else {**document, "description": team.description}


def written_team(team: Team, members: Iterable[PersonRecord]) -> dict[str, Any]:
    """The answer to a write: users are e-mails, because one client decodes strings here and objects on reads."""
    return {**team_document(team), "users": [record.person.email for record in members]}


def read_team(team: Team, members: Iterable[PersonRecord], org_id: str) -> dict[str, Any]:
    """The answer to a read: users are objects."""
    keys = ("email", "firstName", "lastName", "status")
    users = [user_document(record, org_id) for record in members]
    return {**team_document(team), "users": [{key: user[key] for key in keys} for user in users]}


def pick(document: dict[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """The fields asked for; ``users.email`` picks inside the objects of a list. All of them when none are asked for."""
    if not fields:
        return document
    picked = {}
    for key, value in document.items():
        inner = {field.partition(".")[2] for field in fields if field.startswith(f"{key}.")}
        if key in fields or (inner and not _objects(value)):
            picked[key] = value
        elif inner:
            picked[key] = [{name: item[name] for name in item if name in inner} for item in value]
    return picked


def _objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)

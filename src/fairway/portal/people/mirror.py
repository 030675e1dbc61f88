"""From the documents of ``_user`` and ``_team`` entities to what access keeps of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.kit.clock import parse_instant, to_millis
from fairway.portal.access.directory import Person, Team
from fairway.portal.people.roles import roles_of

USER = "_user"
TEAM = "_team"
SERVICE_ACCOUNT = "Service Account"


def person_of(document: Mapping[str, Any]) -> Person:
    """What a ``_user`` entity says. Without a status it is active: what only names a person keeps nobody out."""
    properties = document["properties"]
    return Person(
        email=document["identifier"],
        name=document["title"] or document["identifier"],
        service_account=str(properties.get("port_type") or "").lower() == SERVICE_ACCOUNT.lower(),
        roles=roles_of(properties),
        status=str(properties.get("status") or "Active")[:16],
        teams=tuple(document["relations"].get("team") or ()),
        created_at=_millis(document["createdAt"]),
        updated_at=_millis(document["updatedAt"]),
    )


def team_of(document: Mapping[str, Any]) -> Team:
    """What a ``_team`` entity says."""
    return Team(
        document["identifier"],
        document["title"] or document["identifier"],
        document["properties"].get("description"),
        _millis(document["createdAt"]),
        _millis(document["updatedAt"]),
    )


def _millis(text: str) -> int:
    instant = parse_instant(text)
    assert instant is not None, "stamped by the catalog"
    return to_millis(instant)

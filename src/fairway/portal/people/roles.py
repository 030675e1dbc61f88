"""Role names on one side, the managed properties of ``_user`` on the other (contract 2.9, 10.1, 15.17)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from fairway.kit.errors import InvalidRequest

_SUFFIX = "-moderator"


def roles_of(properties: Mapping[str, Any]) -> tuple[str, ...]:
    """``Admin``, or ``Member`` with the moderator roles. Whoever has no ``port_role`` is a Member."""
    role = str(properties.get("port_role") or "Member").lower()
    if role == "admin":
        return ("Admin",)
    moderated = properties.get("moderated_blueprints") if role == "moderator" else None
    # System blueprints have no moderators: whoever writes them decides about roles.
    names = [name for name in moderated or () if isinstance(name, str) and not name.startswith("_")]
    return ("Member", *(f"{name}{_SUFFIX}" for name in dict.fromkeys(names)))


def properties_of(roles: Sequence[str], blueprints: Collection[str]) -> dict[str, Any]:
    """The properties that give exactly these roles.

    Raises:
        InvalidRequest: a role does not exist; ``blueprints`` are those that have moderators.
    """
    moderated = []
    for role in roles:
        name = role.removesuffix(_SUFFIX)
        if role in ("Admin", "Member"):
            continue
        if name == role or name not in blueprints:
            raise InvalidRequest(f'Role "{role}" does not exist; there are Admin, Member and <blueprint>-moderator')
        moderated.append(name)
    if "Admin" in roles:
        return {"port_role": "Admin", "moderated_blueprints": []}
    return {"port_role": "Moderator" if moderated else "Member", "moderated_blueprints": moderated}

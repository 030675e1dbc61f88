"""Who may read and who may change a page."""

from __future__ import annotations

from typing import Any

from fairway.kit.errors import Forbidden, InvalidRequest, NotFound
from fairway.portal.caller import Caller
from fairway.portal.http.requests import optional
from fairway.portal.pages.model import Page, refuse_unknown

_LISTS = ("users", "roles", "teams")
_BLOCKS = ("read", "update")
_EVERYONE = "Member"

DEFAULT: dict[str, Any] = {
    "read": {"users": [], "roles": ["Admin", _EVERYONE], "teams": []},
    "update": {"users": [], "roles": ["Admin"], "teams": []},
}
"""New pages: everyone reads, admins edit (contract 15.20)."""


def may(caller: Caller, page: Page, verb: str) -> bool:
    """Admins may; others by role, e-mail or team. ``Member`` stands for everyone who is signed in, because every other
    role is above it."""
    grant = page.permissions.get(verb) or {}
    roles, teams = grant.get("roles", ()), grant.get("teams", ())
    return (
        caller.is_admin
        or _EVERYONE in roles
        or not caller.roles.isdisjoint(roles)
        or caller.email in grant.get("users", ())
        or not caller.teams.isdisjoint(teams)
        or not caller.team_names.isdisjoint(teams)
    )


def require_update(caller: Caller, page: Page) -> None:
    """Raises NotFound when the caller may not even read the page, Forbidden when they may not change it."""
    if not may(caller, page, "read"):
        raise not_found(page.identifier)
    if not may(caller, page, "update"):
        raise Forbidden(f'You may read page "{page.identifier}" but not change it; its "update" permissions decide')


def not_found(identifier: str) -> NotFound:
    """The one answer for pages that do not exist and for those that the caller may not see."""
    return NotFound(f'Page with identifier "{identifier}" was not found')


def merged(current: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """``current`` with the blocks of a PATCH; lists that are null are empty, what is not sent stays."""
    refuse_unknown(patch, _BLOCKS)
    result = dict(current)
    for block in _BLOCKS:
        sent = optional(patch, block, dict)
        if sent is not None:
            refuse_unknown(sent, _LISTS, block)
            result[block] = {**{key: [] for key in _LISTS}, **current.get(block, {}), **_lists(sent, block)}
    return result


def _lists(sent: dict[str, Any], block: str) -> dict[str, list[str]]:
    found = {}
    for key in sent:
        values = optional(sent, key, list, where=f'"{block}" permissions') or []
        if not all(isinstance(value, str) for value in values):
            raise InvalidRequest(f'"{block}.{key}" must hold strings only')
        found[key] = list(dict.fromkeys(values))
    return found

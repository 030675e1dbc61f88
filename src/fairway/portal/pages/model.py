"""What a page is: its keys, how a body becomes one, and how it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fairway.kit.clock import rfc3339
from fairway.kit.errors import InvalidRequest
from fairway.portal.http.requests import optional, require
from fairway.portal.pages import widgets
from fairway.portal.pages.sidebar import CATALOG

_RESERVED = ("$team", "$users", "$user", "$AuditLog", "$run", "$RunsHistory", "$home")
_IDENTIFIER = re.compile(
    r"(?!\.{1,2}\Z)(?:[A-Za-z0-9@_.:\\/=-]|" + "|".join(re.escape(word) for word in _RESERVED) + r"){1,1000}\Z"
)
_KEYS: dict[str, type] = {
    "identifier": str, "type": str, "title": str, "icon": str, "description": str, "blueprint": str, "sidebar": str,
    "parent": str, "after": str, "section": str, "locked": bool, "showInSidebar": bool, "requiredQueryParams": list,
    "widgets": list, "pageFilters": list,
}  # fmt: skip
_PLACEMENT = ("identifier", "blueprint", "sidebar", "parent", "after")
_ARRAYS = ("requiredQueryParams", "widgets", "pageFilters")
_READ_ONLY = ("id", "protected", "createdAt", "createdBy", "updatedAt", "updatedBy")
_FIXED_IN_PATCH = ("type", "sidebar", "requiredQueryParams")


@dataclass(frozen=True, slots=True)
class Page:
    """A page or folder as stored."""

    id: str
    kind: str
    identifier: str
    blueprint: str | None
    sidebar: str | None
    parent: str | None
    after: str | None
    position: int
    protected: bool
    document: dict[str, Any]
    permissions: dict[str, Any]
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str

    @property
    def title(self) -> str | None:
        title = self.document.get("title")
        return None if title is None else str(title)

    @property
    def widgets(self) -> list[dict[str, Any]]:
        return self.document.get("widgets") or []


def check_identifier(identifier: str) -> None:
    """Raises InvalidRequest unless ``identifier`` fits contract 1.6."""
    if not _IDENTIFIER.match(identifier):
        raise InvalidRequest(
            f'Page identifier "{identifier[:100]}" is not valid: letters, digits and @ _ . : \\ / = - are allowed, '
            f"and the words {', '.join(_RESERVED)}"
        )


def parse(body: dict[str, Any]) -> dict[str, Any]:
    """The keys of a complete page (POST, PUT), checked and without what only reads show."""
    body = {key: value for key, value in body.items() if key not in _READ_ONLY}
    refuse_unknown(body, _KEYS)
    require(body, "identifier", str)
    _check_values(body)
    return body


def parse_patch(body: dict[str, Any]) -> dict[str, Any]:
    """The keys of a PATCH."""
    refuse_unknown(body, [key for key in _KEYS if key not in _FIXED_IN_PATCH])
    _check_values(body)
    if "identifier" in body:
        require(body, "identifier", str)
    return body


def refuse_unknown(body: dict[str, Any], known: Iterable[str], where: str = "body") -> None:
    """Refuses keys that are not ``known`` with the words that a client takes apart (contract 1.4)."""
    allowed = set(known)
    for key in body:
        if key not in allowed:
            raise InvalidRequest(
                f'{where} must NOT have additional properties, additional property: "{key}"; '
                f"allowed are {', '.join(sorted(allowed))}"
            )


def _check_values(body: dict[str, Any]) -> None:
    for key, kind in _KEYS.items():
        optional(body, key, kind)
    if body.get("sidebar") not in (None, CATALOG):
        raise InvalidRequest(f'"sidebar" must be "{CATALOG}" or null, not "{body["sidebar"]}"')
    widgets.check(body.get("widgets") or [])


def without_placement(body: dict[str, Any]) -> dict[str, Any]:
    """What goes into ``page.document``."""
    return {key: value for key, value in body.items() if key not in _PLACEMENT}


def show(page: Page, *, compact: bool = False) -> dict[str, Any]:
    """The page as answers carry it: every key, null where nothing was set (contract 15.7); but arrays that were not
    sent are left out, because clients take null for a wrong type and ``[]`` for a change."""
    shown: dict[str, Any] = {key: page.document.get(key) for key in _KEYS}
    for key in _PLACEMENT:
        shown[key] = getattr(page, key)
    for key in _ARRAYS:
        if shown[key] is None or (compact and key != "requiredQueryParams"):
            del shown[key]
    return {
        "id": page.id,
        **shown,
        "protected": page.protected,
        "createdAt": rfc3339(page.created_at),
        "createdBy": page.created_by,
        "updatedAt": rfc3339(page.updated_at),
        "updatedBy": page.updated_by,
    }

"""Pages that the portal makes itself: those of a new organisation and those of each new blueprint."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairway.portal.caller import Caller
from fairway.portal.pages import repository
from fairway.portal.pages.model import Page
from fairway.portal.pages.service import PagesService
from fairway.portal.pages.sidebar import CATALOG
from fairway.portal.storage import Tx

_BUILT_IN: tuple[dict[str, Any], ...] = (
    {
        "identifier": "$home",
        "type": "home",
        "title": "Home",
        "icon": "Home",
        "widgets": [
            {"id": "home-my-entities", "type": "my-entities", "title": "My entities"},
            {"id": "home-recently-viewed", "type": "recently-viewed-entities", "title": "Recently viewed"},
        ],
    },
    {"identifier": "$users", "type": "users", "title": "Users", "icon": "User", "widgets": [{"type": "users-table"}]},
    {"identifier": "$user", "type": "user", "title": "User", "icon": "User", "widgets": [{"type": "user-info"}]},
    {"identifier": "$team", "type": "team", "title": "Team", "icon": "Team", "widgets": [{"type": "team-info"}]},
    {
        "identifier": "$AuditLog",
        "type": "audit-log",
        "title": "Audit log",
        "icon": "Audit",
        "widgets": [{"type": "table-audit-log"}],
    },
)


class BlueprintPages:
    """Keeps pages in step with blueprints, in the transaction of the blueprint's change."""

    def __init__(self, pages: PagesService) -> None:
        self._pages = pages

    async def ensure_built_in(self, tx: Tx, caller: Caller) -> None:
        """Makes the protected pages of an organisation that lacks them."""
        for body in _BUILT_IN:
            await self._add(tx, caller, body, protected=True)

    async def blueprint_created(self, tx: Tx, caller: Caller, document: dict[str, Any], *, catalog_page: bool) -> None:
        """The catalog page and the entity page of a new blueprint; a page that exists already is left alone."""
        if not catalog_page:
            return
        blueprint, icon = document["identifier"], document.get("icon")
        title = str(document.get("title") or blueprint)
        table = {"id": f"{blueprint}-table", "type": "table-entities-explorer", "title": title, "blueprint": blueprint}
        await self._add(
            tx, caller,
            {
                "identifier": f"{blueprint}s", "type": "blueprint-entities", "title": _plural(title), "icon": icon,
                "blueprint": blueprint, "sidebar": CATALOG, "showInSidebar": True, "widgets": [table],
            },
        )  # fmt: skip
        details = {"id": f"{blueprint}-details", "type": "entity-details", "blueprint": blueprint}
        await self._add(
            tx, caller,
            {
                "identifier": f"{blueprint}Entity", "type": "entity", "title": title, "icon": icon,
                "blueprint": blueprint, "requiredQueryParams": ["identifier"], "widgets": [details],
            },
        )  # fmt: skip

    async def blueprint_deleted(self, tx: Tx, caller: Caller, identifier: str) -> None:
        """The pages of a blueprint go with it (contract 15.12)."""
        for page in await repository.of_blueprint(tx, identifier):
            await self._pages.remove(tx, caller, page)

    async def blueprint_renamed(self, tx: Tx, caller: Caller, old: str, new: str) -> None:
        """Every reference to the blueprint follows; the identifiers of its pages stay, because clients hold them."""
        for page in await repository.all_pages(tx):
            document = _renamed(page.document, old, new)
            blueprint = new if page.blueprint == old else page.blueprint
            if document != page.document or blueprint != page.blueprint:
                await repository.save(tx, replace(page, blueprint=blueprint, document=document))

    async def member_renamed(self, tx: Tx, caller: Caller, blueprint: str, kind: str, old: str, new: str) -> None:
        """Nothing: what a widget says about properties is its own affair."""

    async def _add(self, tx: Tx, caller: Caller, body: dict[str, Any], *, protected: bool = False) -> None:
        if await repository.exists(tx, body["identifier"]):
            return
        page: Page = self._pages.new_page(caller, body, await repository.next_position(tx), protected=protected)
        await self._pages.add(tx, caller, page)


def _plural(title: str) -> str:
    lowered = title.lower()
    if lowered.endswith("y") and lowered[-2:-1] not in (*"aeiou", ""):
        return f"{title[:-1]}ies"
    if lowered.endswith("sis"):
        return f"{title[:-2]}es"
    if lowered.endswith(("ss", "x", "ch", "sh")):
        return f"{title}es"
    return title if lowered.endswith("s") else f"{title}s"


def _renamed(value: Any, old: str, new: str) -> Any:
    """``value`` with ``blueprint: old`` and ``$blueprint`` rules about ``old`` rewritten, at any depth."""
    if isinstance(value, list):
        return [_renamed(item, old, new) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {key: _renamed(item, old, new) for key, item in value.items()}
    if changed.get("blueprint") == old:
        changed["blueprint"] = new
    if changed.get("property") == "$blueprint" and changed.get("value") == old:
        changed["value"] = new
    return changed

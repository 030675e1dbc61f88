"""Folders of the catalog sidebar (contract 10.6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import Conflict, NotFound
from fairway.kit.ids import random_id
from fairway.portal.access.decisions import require_admin
from fairway.portal.caller import Caller
from fairway.portal.http.requests import optional, require
from fairway.portal.pages import permissions, repository
from fairway.portal.pages.changes import record
from fairway.portal.pages.model import Page, check_identifier, refuse_unknown
from fairway.portal.pages.service import sidebar_item
from fairway.portal.pages.sidebar import CATALOG, Item, dissolve, in_order, place
from fairway.portal.storage import Database, Tx

_KEYS = ("identifier", "title", "parent", "after")
_READ_ONLY = ("sidebar", "sidebarType")


class FolderService:
    """The sidebar and its folders."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def sidebar(self, caller: Caller) -> dict[str, Any]:
        """Folders and the pages that the caller may read, in the order in which they are shown."""

        async def work(tx: Tx) -> list[Item]:
            pages = await repository.all_pages(tx)
            hidden = {page.identifier for page in pages if not permissions.may(caller, page, "read")}
            items = in_order((await repository.sidebar(tx)).values())
            return [item for item in items if item.identifier not in hidden]

        return {"identifier": CATALOG, "items": [_show(item) for item in await self._db.read(work)]}

    async def create(self, caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
        """Adds a folder."""
        require_admin(caller, "create folders")
        body = _parse(body)
        identifier, title = require(body, "identifier", str), require(body, "title", str)
        check_identifier(identifier)
        now = to_millis(self._clock.now())

        async def work(tx: Tx) -> Page:
            if await repository.exists(tx, identifier):
                raise Conflict(f'A page or folder with identifier "{identifier}" exists already')
            folder = Page(
                random_id("fl_"), "folder", identifier, None, CATALOG, body.get("parent"), body.get("after"),
                await repository.next_position(tx), False, {"title": title}, {}, now, caller.principal_id,
                now, caller.principal_id,
            )  # fmt: skip
            await repository.move(tx, place(await repository.sidebar(tx), sidebar_item(folder)))
            await repository.add(tx, folder)
            await record(tx, caller, now, "CREATE", folder, None, _show(sidebar_item(folder)))
            return folder

        return _show(sidebar_item(await self._db.write(work)))

    async def patch(self, caller: Caller, identifier: str, body: dict[str, Any]) -> dict[str, Any]:
        """Changes title, placement or identifier; null in ``parent`` or ``after`` clears it."""
        require_admin(caller, "change folders")
        body = _parse(body)
        if "title" in body:
            require(body, "title", str)
        return _show(sidebar_item(await self._db.write(lambda tx: self._patch(tx, caller, identifier, body))))

    async def delete(self, caller: Caller, identifier: str) -> None:
        """Removes a folder; what it holds takes its place."""
        require_admin(caller, "delete folders")

        async def work(tx: Tx) -> None:
            folder = await _folder(tx, identifier)
            items = await repository.sidebar(tx)
            gone = items.pop(identifier)
            await repository.move(tx, dissolve(items, gone))
            await repository.remove(tx, folder)
            await record(tx, caller, to_millis(self._clock.now()), "DELETE", folder, _show(gone), None)

        await self._db.write(work)

    async def _patch(self, tx: Tx, caller: Caller, identifier: str, body: dict[str, Any]) -> Page:
        stored, now = await _folder(tx, identifier), to_millis(self._clock.now())
        new_name = body.get("identifier") or identifier
        if new_name != identifier:
            check_identifier(new_name)
            if await repository.exists(tx, new_name):
                raise Conflict(f'A page or folder with identifier "{new_name}" exists already')
        changed = replace(
            stored, parent=body.get("parent", stored.parent), after=body.get("after", stored.after),
            document={"title": body.get("title", stored.title)}, updated_at=now, updated_by=caller.principal_id,
        )  # fmt: skip
        if (stored.parent, stored.after) != (changed.parent, changed.after):
            await repository.move(tx, place(await repository.sidebar(tx), sidebar_item(changed)))
            changed = replace(changed, position=await repository.next_position(tx))
        changed = replace(changed, identifier=new_name)
        await repository.save(tx, changed)
        await repository.rename_references(tx, identifier, new_name)
        await record(tx, caller, now, "UPDATE", changed, _show(sidebar_item(stored)), _show(sidebar_item(changed)))
        return changed


async def _folder(tx: Tx, identifier: str) -> Page:
    folder = await repository.find(tx, identifier, "folder")
    if folder is None:
        raise NotFound(f'Folder with identifier "{identifier}" was not found in the sidebar "{CATALOG}"')
    return folder


def _parse(body: dict[str, Any]) -> dict[str, Any]:
    body = {key: value for key, value in body.items() if key not in _READ_ONLY}
    refuse_unknown(body, _KEYS)
    for key in _KEYS:
        optional(body, key, str)
    return body


def _show(item: Item) -> dict[str, Any]:
    return {
        "identifier": item.identifier,
        "title": item.title,
        "sidebar": CATALOG,
        "after": item.after,
        "parent": item.parent,
        "sidebarType": item.kind,
    }

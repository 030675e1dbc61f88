"""Pages: read, write, their widgets and permissions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import Conflict, InvalidRequest
from fairway.kit.ids import random_id
from fairway.portal.access.decisions import require_admin
from fairway.portal.caller import Caller
from fairway.portal.http.requests import require
from fairway.portal.pages import permissions, repository, widgets
from fairway.portal.pages.changes import record
from fairway.portal.pages.model import (
    Page,
    check_identifier,
    parse,
    parse_patch,
    show,
    without_placement,
)
from fairway.portal.pages.sidebar import CATALOG, Item, place, take_out
from fairway.portal.storage import Database, Tx


class PagesService:
    """The use cases of contract 10.5."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def all(self, caller: Caller, *, compact: bool = False) -> list[dict[str, Any]]:
        """Every page that the caller may read; ``compact`` leaves widgets and filters out."""
        pages = await self._db.read(repository.all_pages)
        return [show(page, compact=compact) for page in pages if permissions.may(caller, page, "read")]

    async def get(self, caller: Caller, identifier: str) -> dict[str, Any]:
        """One page."""
        return show(await self._db.read(lambda tx: readable(tx, caller, identifier)))

    async def create(self, caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
        """Adds a page and places it in the sidebar when it says where."""
        require_admin(caller, "create pages")
        body = parse(body)
        check_identifier(body["identifier"])
        return show(await self._db.write(lambda tx: self._create(tx, caller, body)))

    async def replace(self, caller: Caller, identifier: str, body: dict[str, Any]) -> dict[str, Any]:
        """PUT: the body is the whole page. ``sidebar`` alone stays when it is not sent, so that a client that does not
        know it (contract 2.8) can adopt a catalog page."""
        body = parse(body)

        async def work(tx: Tx) -> Page:
            stored = await self._changeable(tx, caller, identifier)
            whole = {"sidebar": stored.sidebar, **body}
            return await self._save(tx, caller, stored, whole, without_placement(body))

        return show(await self._db.write(work))

    async def patch(self, caller: Caller, identifier: str, body: dict[str, Any]) -> dict[str, Any]:
        """PATCH: keys that are sent replace the stored ones; null in ``parent`` or ``after`` clears the placement."""
        body = parse_patch(body)

        async def work(tx: Tx) -> Page:
            stored = await self._changeable(tx, caller, identifier)
            placement = {
                "identifier": stored.identifier, "blueprint": stored.blueprint, "sidebar": stored.sidebar,
                "parent": stored.parent, "after": stored.after,
            }  # fmt: skip
            document = {**stored.document, **without_placement(body)}
            return await self._save(tx, caller, stored, {**placement, **body}, document)

        return show(await self._db.write(work))

    async def delete(self, caller: Caller, identifier: str) -> None:
        """Removes a page; what followed it in the sidebar moves up."""
        require_admin(caller, "delete pages")

        async def work(tx: Tx) -> None:
            page = await readable(tx, caller, identifier)
            if page.protected:
                raise InvalidRequest(f'Page "{identifier}" is protected and stays', code="protected_resource")
            await self.remove(tx, caller, page)

        await self._db.write(work)

    async def add_widget(self, caller: Caller, identifier: str, body: dict[str, Any]) -> str:
        """Puts a widget into the dashboard or grouper ``parentWidgetId``; answers the widget's id."""
        widget, parent_id = require(body, "widget", dict), require(body, "parentWidgetId", str)
        widgets.check([widget])

        async def work(tx: Tx) -> str:
            page = await self._changeable(tx, caller, identifier)
            tree, widget_id = widgets.add(page.widgets, parent_id, widget)
            await self._save_widgets(tx, caller, page, tree)
            return widget_id

        return await self._db.write(work)

    async def patch_widget(self, caller: Caller, identifier: str, widget_id: str, body: dict[str, Any]) -> None:
        """Merges into the stored widget (contract 15.20); the widget comes bare or under the key ``widget``."""
        changes = body["widget"] if isinstance(body.get("widget"), dict) else body

        async def work(tx: Tx) -> None:
            page = await self._changeable(tx, caller, identifier)
            await self._save_widgets(tx, caller, page, widgets.merge(page.widgets, widget_id, changes))

        await self._db.write(work)

    async def delete_widget(self, caller: Caller, identifier: str, widget_id: str) -> None:
        """Removes a widget with all that it holds."""

        async def work(tx: Tx) -> None:
            page = await self._changeable(tx, caller, identifier)
            await self._save_widgets(tx, caller, page, widgets.remove(page.widgets, widget_id))

        await self._db.write(work)

    async def permissions(self, caller: Caller, identifier: str) -> dict[str, Any]:
        """Who may read and change the page."""
        page = await self._db.read(lambda tx: readable(tx, caller, identifier))
        return page.permissions

    async def patch_permissions(self, caller: Caller, identifier: str, body: dict[str, Any]) -> dict[str, Any]:
        """Changes them, block by block."""
        require_admin(caller, "change the permissions of pages")

        async def work(tx: Tx) -> Page:
            stored = await readable(tx, caller, identifier)
            changed = replace(stored, permissions=permissions.merged(stored.permissions, body))
            await repository.save(tx, changed)
            shown = {"permissions": stored.permissions}, {"permissions": changed.permissions}
            await record(tx, caller, self.now(), "UPDATE", changed, *shown)
            return changed

        return (await self._db.write(work)).permissions

    async def add(self, tx: Tx, caller: Caller, page: Page) -> None:
        """Stores a page that the portal itself makes."""
        await repository.add(tx, page)
        await record(tx, caller, self.now(), "CREATE", page, None, show(page))

    async def remove(self, tx: Tx, caller: Caller, page: Page) -> None:
        """Deletes a page that may be deleted."""
        items = await repository.sidebar(tx)
        gone = items.pop(page.identifier, None)
        if gone is not None:
            await repository.move(tx, take_out(items, gone))
        await repository.remove(tx, page)
        await record(tx, caller, self.now(), "DELETE", page, show(page), None)

    def now(self) -> int:
        """Milliseconds."""
        return to_millis(self._clock.now())

    def new_page(self, caller: Caller, body: dict[str, Any], position: int, *, protected: bool = False) -> Page:
        """A page of that body that is not stored yet."""
        now, by = self.now(), caller.principal_id
        document = {"type": "dashboard", **without_placement(body)}
        return Page(
            random_id("pg_"), "page", body["identifier"], body.get("blueprint"), _sidebar(body), body.get("parent"),
            body.get("after"), position, protected, document, permissions.DEFAULT, now, by, now, by,
        )  # fmt: skip

    async def _create(self, tx: Tx, caller: Caller, body: dict[str, Any]) -> Page:
        if await repository.exists(tx, body["identifier"]):
            raise Conflict(f'A page or folder with identifier "{body["identifier"]}" exists already')
        page = self.new_page(caller, body, await repository.next_position(tx))
        if page.sidebar:
            await repository.move(tx, place(await repository.sidebar(tx), sidebar_item(page)))
        await self.add(tx, caller, page)
        return page

    async def _changeable(self, tx: Tx, caller: Caller, identifier: str) -> Page:
        page = await repository.find(tx, identifier, "page")
        if page is None:
            raise permissions.not_found(identifier)
        permissions.require_update(caller, page)
        return page

    async def _save_widgets(self, tx: Tx, caller: Caller, stored: Page, tree: list[widgets.Widget]) -> None:
        changed = replace(stored, document={**stored.document, "widgets": tree})
        await self._store(tx, caller, stored, changed)

    async def _save(
        self, tx: Tx, caller: Caller, stored: Page, whole: dict[str, Any], document: dict[str, Any]
    ) -> Page:
        """Stores a changed page, wherever the change has put it."""
        changed = replace(
            stored, identifier=whole["identifier"], blueprint=whole.get("blueprint"), sidebar=_sidebar(whole),
            parent=whole.get("parent"), after=whole.get("after"),
            document={"type": stored.document.get("type"), **document},
        )  # fmt: skip
        await self._check_identity(tx, stored, changed)
        items = await repository.sidebar(tx)
        if changed.sidebar is None and stored.identifier in items:
            gone = items.pop(stored.identifier)
            await repository.move(tx, take_out(items, gone))
        elif changed.sidebar is not None:
            changed = await self._placed(tx, items, stored, changed)
        changed = await self._store(tx, caller, stored, changed)
        if changed.identifier != stored.identifier:
            await repository.rename_references(tx, stored.identifier, changed.identifier)
        return changed

    async def _placed(self, tx: Tx, items: dict[str, Item], stored: Page, changed: Page) -> Page:
        if _where(stored) == _where(changed):
            return changed
        item = replace(sidebar_item(changed), identifier=stored.identifier)
        await repository.move(tx, place(items, item))
        return replace(changed, position=await repository.next_position(tx))

    async def _check_identity(self, tx: Tx, stored: Page, changed: Page) -> None:
        if stored.protected and (
            changed.identifier != stored.identifier or changed.document.get("type") != stored.document.get("type")
        ):
            raise InvalidRequest(
                f'Page "{stored.identifier}" is protected: its identifier and type stay', code="protected_resource"
            )
        if changed.identifier != stored.identifier:
            check_identifier(changed.identifier)
            if await repository.exists(tx, changed.identifier):
                raise Conflict(f'A page or folder with identifier "{changed.identifier}" exists already')

    async def _store(self, tx: Tx, caller: Caller, stored: Page, changed: Page) -> Page:
        now = self.now()
        changed = replace(changed, updated_at=now, updated_by=caller.principal_id)
        await repository.save(tx, changed)
        await record(tx, caller, now, "UPDATE", changed, show(stored), show(changed))
        return changed


async def readable(tx: Tx, caller: Caller, identifier: str) -> Page:
    """The page.

    Raises:
        NotFound: it does not exist, or the caller may not read it.
    """
    page = await repository.find(tx, identifier, "page")
    if page is None or not permissions.may(caller, page, "read"):
        raise permissions.not_found(identifier)
    return page


def sidebar_item(page: Page) -> Item:
    """The page as the sidebar sees it."""
    return Item(page.identifier, page.kind, page.title, page.parent, page.after, page.position, page.id)


def _sidebar(body: dict[str, Any]) -> str | None:
    """``parent`` or ``after`` imply the catalog sidebar (contract 15.20)."""
    return CATALOG if body.get("parent") or body.get("after") else body.get("sidebar")


def _where(page: Page) -> tuple[str | None, ...]:
    return page.sidebar, page.parent, page.after

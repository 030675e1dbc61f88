"""SQL of pages and folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from fairway.portal.pages.model import Page
from fairway.portal.pages.sidebar import CATALOG, Item
from fairway.portal.pages.tables import page
from fairway.portal.storage.tx import Tx


async def find(tx: Tx, identifier: str, kind: str) -> Page | None:
    """The page or folder of that identifier."""
    row = await tx.row(select(page).where(page.c.identifier == identifier, page.c.kind == kind))
    return None if row is None else _page(row)


async def exists(tx: Tx, identifier: str) -> bool:
    """Whether a page or a folder has that identifier."""
    return await tx.scalar(select(page.c.id).where(page.c.identifier == identifier)) is not None


async def all_pages(tx: Tx) -> list[Page]:
    """Every page, oldest first."""
    rows = await tx.rows(select(page).where(page.c.kind == "page").order_by(page.c.created_at, page.c.position))
    return [_page(row) for row in rows]


async def of_blueprint(tx: Tx, blueprint: str) -> list[Page]:
    """Pages that show a blueprint."""
    rows = await tx.rows(select(page).where(page.c.blueprint == blueprint, page.c.kind == "page"))
    return [_page(row) for row in rows]


async def sidebar(tx: Tx) -> dict[str, Item]:
    """Everything in the catalog sidebar."""
    columns = (page.c.identifier, page.c.kind, page.c.document, page.c.parent, page.c.after, page.c.position, page.c.id)
    rows = await tx.rows(select(*columns).where(page.c.sidebar == CATALOG))
    items = [
        Item(row.identifier, row.kind, row.document.get("title"), row.parent, row.after, row.position, row.id)
        for row in rows
    ]
    return {item.identifier: item for item in items}


async def next_position(tx: Tx) -> int:
    """Behind every placement so far."""
    return int(await tx.scalar(select(func.coalesce(func.max(page.c.position), 0)))) + 1


async def add(tx: Tx, new: Page) -> None:
    """Stores a new page or folder."""
    await tx.run(insert(page).values(**asdict(new)))


async def save(tx: Tx, changed: Page) -> None:
    """Stores all of a page that exists."""
    await tx.run(update(page).where(page.c.id == changed.id).values(**asdict(changed)))


async def remove(tx: Tx, gone: Page) -> None:
    """Deletes a page or folder; saved views go with a page."""
    await tx.run(delete(page).where(page.c.id == gone.id))


async def move(tx: Tx, items: Sequence[Item]) -> None:
    """Stores where other items of the sidebar have moved to."""
    for item in items:
        statement = update(page).where(page.c.id == item.page_id)
        await tx.run(statement.values(parent=item.parent, after=item.after, position=item.position))


async def rename_references(tx: Tx, old: str, new: str) -> None:
    """Lets ``parent`` and ``after`` follow an item that has a new identifier."""
    await tx.run(update(page).where(page.c.parent == old).values(parent=new))
    await tx.run(update(page).where(page.c.after == old).values(after=new))


def _page(row: Any) -> Page:
    return Page(**row._mapping)

"""SQL of saved views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

from fairway.portal.caller import Caller
from fairway.portal.pages.tables import page, view
from fairway.portal.storage.tx import Tx


@dataclass(frozen=True, slots=True)
class View:
    """A saved view with the identifier of its page."""

    id: str
    page: str
    scope: str
    owner: str
    team: str | None
    title: str
    config: dict[str, Any]
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str


_SELECT = select(page.c.identifier.label("page"), *(column for column in view.c if column.name != "page_id")).join_from(
    view, page, view.c.page_id == page.c.id
)


async def visible(tx: Tx, caller: Caller, page_identifier: str | None, scope: str | None) -> list[View]:
    """The views that the caller may see, whether or not they may read the page."""
    mine = view.c.owner == caller.principal_id
    statement = _SELECT.order_by(view.c.title, view.c.id)
    if caller.is_admin:
        statement = statement.where(or_(mine, view.c.scope != "personal"))
    else:
        ours = (view.c.scope == "team") & tx.any_of(view.c.team, sorted(caller.teams | caller.team_names))
        statement = statement.where(or_(mine, view.c.scope == "shared", ours))
    if page_identifier is not None:
        statement = statement.where(page.c.identifier == page_identifier)
    if scope is not None:
        statement = statement.where(view.c.scope == scope)
    return _views(await tx.rows(statement))


async def find(tx: Tx, identifier: str) -> View | None:
    """One view, whoever may see it."""
    found = _views(await tx.rows(_SELECT.where(view.c.id == identifier)))
    return found[0] if found else None


async def add(tx: Tx, new: View, page_id: str) -> None:
    """Stores a new view."""
    await tx.run(insert(view).values(**_columns(new), page_id=page_id))


async def save(tx: Tx, changed: View) -> None:
    """Stores all of a view but its page."""
    await tx.run(update(view).where(view.c.id == changed.id).values(**_columns(changed)))


async def remove(tx: Tx, identifier: str) -> None:
    """Deletes a view."""
    await tx.run(delete(view).where(view.c.id == identifier))


def _columns(of: View) -> dict[str, Any]:
    return {name: getattr(of, name) for name in View.__slots__ if name != "page"}


def _views(rows: Sequence[Any]) -> list[View]:
    return [View(**row._mapping) for row in rows]

"""Use cases of saved views. Saving for others is not a privilege of administrators: whoever reads a page may share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.kit.errors import Forbidden, InvalidRequest, NotFound
from fairway.kit.ids import random_id
from fairway.portal.caller import Caller
from fairway.portal.http.requests import optional, require
from fairway.portal.pages import permissions
from fairway.portal.pages import repository as pages
from fairway.portal.pages.service import readable
from fairway.portal.pages.views import repository
from fairway.portal.pages.views.repository import View
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.outbox import Action, Change, append

SCOPES = ("personal", "team", "shared")


class ViewService:
    """Saved views of pages."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def all(self, caller: Caller, page: str | None = None, scope: str | None = None) -> list[dict[str, Any]]:
        """The caller's own views, those of their teams and the shared ones, of pages that they may read."""
        if scope is not None:
            _check_scope(scope)

        async def work(tx: Tx) -> list[View]:
            allowed = {each.identifier for each in await pages.all_pages(tx) if permissions.may(caller, each, "read")}
            return [each for each in await repository.visible(tx, caller, page, scope) if each.page in allowed]

        return [_show(caller, view) for view in await self._db.read(work)]

    async def get(self, caller: Caller, identifier: str) -> dict[str, Any]:
        """One view."""
        return _show(caller, await self._db.read(lambda tx: _visible(tx, caller, identifier)))

    async def create(self, caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
        """Saves a view of a page that the caller may read."""
        page_identifier = require(body, "page", str)
        fields = _parse(caller, body)

        async def work(tx: Tx) -> View:
            page = await readable(tx, caller, page_identifier)
            now, by = to_millis(self._clock.now()), caller.principal_id
            view = View(random_id("vw_"), page.identifier, owner=by, created_at=now, created_by=by, updated_at=now,
                        updated_by=by, **fields)  # fmt: skip
            await repository.add(tx, view, page.id)
            await self._record(tx, caller, "CREATE", view, None, _show(caller, view))
            return view

        return _show(caller, await self._db.write(work))

    async def replace(self, caller: Caller, identifier: str, body: dict[str, Any]) -> dict[str, Any]:
        """Saves over a view; it stays on its page and with its owner."""
        fields = _parse(caller, body)

        async def work(tx: Tx) -> View:
            stored = await _editable(tx, caller, identifier)
            now = to_millis(self._clock.now())
            changed = replace(stored, updated_at=now, updated_by=caller.principal_id, **fields)
            if changed.scope == "personal" and stored.owner != caller.principal_id:
                raise Forbidden(f'View "{identifier}" belongs to someone else, so you cannot make it personal')
            await repository.save(tx, changed)
            await self._record(tx, caller, "UPDATE", changed, _show(caller, stored), _show(caller, changed))
            return changed

        return _show(caller, await self._db.write(work))

    async def delete(self, caller: Caller, identifier: str) -> None:
        """Removes a view."""

        async def work(tx: Tx) -> None:
            view = await _editable(tx, caller, identifier)
            await repository.remove(tx, identifier)
            await self._record(tx, caller, "DELETE", view, _show(caller, view), None)

        await self._db.write(work)

    async def _record(self, tx: Tx, caller: Caller, action: Action, view: View, before: Any, after: Any) -> None:
        change = Change(action, "view", view.id, before, after, context={"view": view.id, "page": view.page})
        await append(tx, caller, to_millis(self._clock.now()), [change])


async def _visible(tx: Tx, caller: Caller, identifier: str) -> View:
    view = await repository.find(tx, identifier)
    missing = NotFound(f'View with id "{identifier}" was not found')
    if view is None or not _may_see(caller, view):
        raise missing
    page = await pages.find(tx, view.page, "page")
    if page is None or not permissions.may(caller, page, "read"):
        raise missing
    return view


async def _editable(tx: Tx, caller: Caller, identifier: str) -> View:
    view = await _visible(tx, caller, identifier)
    if not _may_edit(caller, view):
        raise Forbidden(f'View "{identifier}" may be changed by its owner "{view.owner}" and by administrators')
    return view


def _in_team(caller: Caller, view: View) -> bool:
    return view.scope == "team" and view.team in caller.teams | caller.team_names


def _may_see(caller: Caller, view: View) -> bool:
    if view.owner == caller.principal_id or view.scope == "shared" or _in_team(caller, view):
        return True
    return caller.is_admin and view.scope != "personal"


def _may_edit(caller: Caller, view: View) -> bool:
    return caller.is_admin or view.owner == caller.principal_id or _in_team(caller, view)


def _check_scope(scope: str) -> None:
    if scope not in SCOPES:
        raise InvalidRequest(f'"scope" must be one of {", ".join(SCOPES)}, not "{scope[:50]}"')


def _parse(caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
    title = require(body, "title", str)
    if not 1 <= len(title) <= 200:
        raise InvalidRequest('"title" must have 1 to 200 characters')
    scope = optional(body, "scope", str) or "personal"
    _check_scope(scope)
    team = optional(body, "team", str)
    if (scope == "team") != (team is not None):
        raise InvalidRequest('"team" is required when "scope" is "team", and only then')
    if team is not None and not caller.is_admin and team not in caller.teams | caller.team_names:
        raise Forbidden(f'You are not a member of team "{team}", so you cannot save views for it')
    return {"title": title, "scope": scope, "team": team, "config": optional(body, "config", dict) or {}}


def _show(caller: Caller, view: View) -> dict[str, Any]:
    return {
        "id": view.id,
        "page": view.page,
        "title": view.title,
        "scope": view.scope,
        "team": view.team,
        "owner": view.owner,
        "config": view.config,
        "mayEdit": _may_edit(caller, view),
        "createdAt": rfc3339(view.created_at),
        "createdBy": view.created_by,
        "updatedAt": rfc3339(view.updated_at),
        "updatedBy": view.updated_by,
    }

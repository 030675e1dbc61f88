"""Change events of pages and folders."""

from __future__ import annotations

from typing import Any

from fairway.portal.caller import Caller
from fairway.portal.pages.model import Page
from fairway.portal.storage.outbox import Action, Change, append
from fairway.portal.storage.tx import Tx


async def record(tx: Tx, caller: Caller, now: int, action: Action, page: Page, before: Any, after: Any) -> None:
    """Appends the change of one page or folder."""
    named = {page.kind: page.identifier}
    change = Change(action, page.kind, page.identifier, before, after, blueprint=page.blueprint, context=named)
    await append(tx, caller, now, [change])

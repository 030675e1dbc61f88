"""Taking events in: authenticated over their bytes, stored, answered at once. Sections 5.2 and 5.3 of the contract."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping
from functools import partial

from fairway.gitops.hooks import HookEvent, authenticate, parse
from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import InvalidRequest, NotFound, Unauthorized
from fairway.kit.logs import get_logger
from fairway.portal.sources.gitops import notices, repository, schedule
from fairway.portal.sources.gitops.model import Outcome, Source
from fairway.portal.sources.gitops.service import SourceService
from fairway.portal.sources.gitops.settings import HOOK_SECRETS
from fairway.portal.storage import Database, Tx

_LARGE = 262_144
"""Bodies above are hashed and parsed beside the event loop."""
_COUNT_SECONDS = 1.0
"""Refusals are written down so often: they cost whoever sends them nothing."""

log = get_logger(__name__)


class HookIntake:
    """Accepts events of forges. An event is a hint where to look; what is there the forge is asked, later."""

    def __init__(self, db: Database, clock: Clock, sources: SourceService) -> None:
        self._db = db
        self._clock = clock
        self._sources = sources
        self._refusals: dict[str, tuple[int, float]] = {}

    async def receive(self, source_id: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the event is new; true as well for those that are dropped.

        Raises:
            NotFound: there is no such source.
            Unauthorized: the event is not authentic, or the source has no secret.
        """
        source = await self._db.read(lambda tx: self._require(tx, source_id))
        secrets = [source.secrets[name] for name in HOOK_SECRETS if name in source.secrets]
        try:
            check = partial(authenticate, source.kind, headers, body, secrets, self._clock.now())
            await asyncio.to_thread(check) if len(body) > _LARGE else check()
        except Unauthorized:
            await self._refused(source_id)
            raise
        try:
            read = partial(parse, source.kind, headers, body)
            event = await asyncio.to_thread(read) if len(body) > _LARGE else read()
        except InvalidRequest as error:  # authentic, and nothing we know: another try would not help the forge
            log.warning("gitops_event_unreadable", source=source_id, problem=error.message)
            event = HookEvent("ignored", "", hashlib.sha256(body).hexdigest())
        return await self._db.write(lambda tx: self._store(tx, source, event))

    async def _require(self, tx: Tx, source_id: str) -> Source:
        row = await repository.source(tx, source_id)
        if row is None or row.removal is not None:
            raise NotFound(f'GitOps source "{source_id}" was not found')
        return self._sources.opened(row)

    async def _refused(self, source_id: str) -> None:
        count, counted = self._refusals.get(source_id, (0, float("-inf")))
        if time.monotonic() - counted < _COUNT_SECONDS:
            self._refusals[source_id] = (count + 1, counted)
            return
        self._refusals[source_id] = (0, time.monotonic())
        now = self._now()
        await self._db.write(lambda tx: repository.count_refusals(tx, source_id, count + 1, now))

    async def _store(self, tx: Tx, source: Source, event: HookEvent) -> bool:
        now = self._now()
        delivery = hashlib.sha256(event.delivery_id.encode(errors="surrogatepass")).hexdigest()
        if not await repository.first_delivery(tx, source.id, delivery, now):
            return False
        await repository.count_event(tx, source.id, now)
        if source.enabled and source.outcome is not Outcome.REFUSED:
            await self._note(tx, source, event, now)
        return True

    async def _note(self, tx: Tx, source: Source, event: HookEvent, now: int) -> None:
        name = _text(event.repository or event.label)
        if event.kind == "repository" and name is None:
            await schedule.ask(tx, source.id, now)
        elif event.kind == "repository" and name is not None:
            await notices.note_push(tx, source.id, name, None, deleted=event.gone, now=now)
        elif event.kind == "push" and name is not None:
            changes = [change for change in event.refs if change.branch is not None]
            branches = {_text(change.ref) for change in changes}
            authors = {change.after: _text(change.author) or "" for change in changes if change.after and change.author}
            if branches:
                ref = next(iter(branches)) if len(branches) == 1 else None
                await notices.note_push(tx, source.id, name, ref, authors=authors, now=now)
        elif event.kind == "request" and name is not None and event.head and source.engine_options.validate_requests:
            found = {
                "name": name, "request": _text(event.request), "head": _text(event.head), "base": _text(event.base),
                "fork": event.from_fork,
            }  # fmt: skip
            await notices.note_request(tx, source.id, found, now)

    def _now(self) -> int:
        return to_millis(self._clock.now())


def _text(value: str | None) -> str | None:
    """Without what databases cannot keep."""
    return None if value is None else value.encode(errors="replace").decode().replace("\0", "\ufffd")

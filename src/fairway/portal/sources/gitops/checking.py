"""Whether a forge answers and takes the login, before a source is stored."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from fairway.gitops.forges.errors import ListingIncomplete
from fairway.kit.errors import FairwayError
from fairway.kit.ids import random_id
from fairway.portal.access.decisions import require_admin
from fairway.portal.caller import Caller
from fairway.portal.http.requests import optional
from fairway.portal.sources.gitops.engines import Engines
from fairway.portal.sources.gitops.model import Outcome, Source
from fairway.portal.sources.gitops.service import SourceService
from fairway.portal.storage import Database

_SECONDS = 20.0


class CheckService:
    """Asks forges who the login is, and what they list first."""

    def __init__(self, db: Database, sources: SourceService, engines: Engines) -> None:
        self._db = db
        self._sources = sources
        self._engines = engines

    async def check(self, caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
        """``identity`` and the number of ``repositories`` of the first page, or the ``problem``. With the ``id`` of a
        source, what the body does not say is taken from it.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: the body does not fit.
            NotFound: there is no such source.
        """
        require_admin(caller, "check GitOps sources")
        known = optional(body, "id", str)
        before = None if known is None else await self._db.read(lambda tx: self._sources.require(tx, known))
        draft = self._sources.draft({"title": "check", **body} if before is None else body, before)
        source = Source(
            "check", draft.title, draft.kind, draft.url, True, draft.settings, draft.options, draft.secrets, 0,
            Outcome.NEVER, None, 0, 0, None, None, None, 0, 0, 0, "", 0, "",
        )  # fmt: skip
        answer: dict[str, Any] = {"identity": None, "repositories": None, "problem": None}
        try:
            async with asyncio.timeout(_SECONDS):
                await self._ask(source, answer)
        except TimeoutError:
            answer["problem"] = f"The forge did not answer within {_SECONDS:g} s"
        except FairwayError as error:
            answer["problem"] = error.message
        return answer

    async def _ask(self, source: Source, answer: dict[str, Any]) -> None:
        probed = replace(source, id=random_id("check_"))
        forge = await self._engines.probe(probed)
        try:
            answer["identity"] = await forge.identity()
            async for page in forge.listing():
                answer["repositories"] = len(page)
                return
            answer["repositories"] = 0
        except ListingIncomplete as error:
            answer["problem"] = error.message
        finally:
            await forge.close()
            await self._engines.forget(probed.id)

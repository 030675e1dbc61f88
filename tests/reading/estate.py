"""A small estate, written through the portal's own services."""

from __future__ import annotations

from typing import Any

from fairway.portal.caller import Caller, system_caller
from fairway.portal.catalog.entities.model import Mode, WriteOptions
from fairway.portal.catalog.reading.options import EVERYTHING, ReadOptions
from fairway.portal.services import Portal


class Estate:
    """Writes blueprints and entities, reads documents back."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.caller: Caller = system_caller(portal.org.id)
        self.ids: dict[tuple[str, str], int] = {}

    async def model(self, *documents: dict[str, Any]) -> None:
        """Creates or replaces blueprints."""
        service = self.portal.catalog.blueprints
        for document in documents:
            full = {"title": document["identifier"].title(), "schema": {"properties": {}}, **document}
            known = {each["identifier"] for each in await service.list()}
            if full["identifier"] in known:
                await service.replace(self.caller, full["identifier"], full)
            else:
                await service.create(self.caller, full, catalog_page=False)

    async def put(self, blueprint: str, identifier: str, **body: Any) -> int:
        """Creates an entity or replaces it; answers its surrogate key."""
        outcome = await self.portal.catalog.entities.write_one(
            self.caller, blueprint, {"identifier": identifier, **body}, WriteOptions(mode=Mode.UPSERT_REPLACE)
        )
        assert outcome.entity_id is not None
        self.ids[blueprint, identifier] = outcome.entity_id
        return outcome.entity_id

    async def read(self, blueprint: str, *identifiers: str, options: ReadOptions = EVERYTHING) -> list[dict[str, Any]]:
        """Documents by identifier."""
        ids = [self.ids[blueprint, each] for each in identifiers]
        return await self.portal.catalog.reader.documents(ids, options)

    @staticmethod
    def options(include: list[str], exclude: list[str]) -> ReadOptions:
        """Options with field lists."""
        return ReadOptions().narrowed(include, exclude)

    async def one(self, blueprint: str, identifier: str, **options: Any) -> dict[str, Any]:
        """One document."""
        (found,) = await self.read(blueprint, identifier, options=ReadOptions(**options))
        return found

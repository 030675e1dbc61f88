"""The services of this feature, wired."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.kit.clock import Clock
from fairway.portal.caller import Caller
from fairway.portal.pages.defaults import BlueprintPages
from fairway.portal.pages.folders import FolderService
from fairway.portal.pages.service import PagesService
from fairway.portal.pages.views.service import ViewService
from fairway.portal.storage import Database


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages, the sidebar, saved views, and what keeps them in step with blueprints."""

    pages: PagesService
    folders: FolderService
    views: ViewService
    of_blueprints: BlueprintPages
    """Observes blueprints."""


async def build_pages(db: Database, clock: Clock, system: Caller) -> Pages:
    """Wires the feature, and makes the built-in pages on the first start."""
    pages = PagesService(db, clock)
    of_blueprints = BlueprintPages(pages)
    await db.write(lambda tx: of_blueprints.ensure_built_in(tx, system))
    return Pages(pages, FolderService(db, clock), ViewService(db, clock), of_blueprints)

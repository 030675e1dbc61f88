"""The metadata with the tables of every feature: importing this module completes it."""

from __future__ import annotations

from fairway.portal.access import tables as _access
from fairway.portal.audit import tables as _audit
from fairway.portal.catalog import tables as _catalog
from fairway.portal.organization import tables as _organization
from fairway.portal.pages import tables as _pages
from fairway.portal.scorecards import tables as _scorecards
from fairway.portal.sources import tables as _sources
from fairway.portal.storage.tables import metadata

FEATURES = (_access, _audit, _catalog, _organization, _pages, _scorecards, _sources)
"""The modules that declare tables, besides storage's own."""

__all__ = ["FEATURES", "metadata"]

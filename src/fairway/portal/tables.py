"""The metadata with the tables of every feature: importing this module completes it."""

from __future__ import annotations

from fairway.portal.access import tables as _access
from fairway.portal.actions import tables as _actions
from fairway.portal.audit import tables as _audit
from fairway.portal.automations import tables as _automations
from fairway.portal.catalog import tables as _catalog
from fairway.portal.organization import tables as _organization
from fairway.portal.pages import tables as _pages
from fairway.portal.runs import tables as _runs
from fairway.portal.scorecards import tables as _scorecards
from fairway.portal.sources import tables as _sources
from fairway.portal.sources.gitops import tables as _gitops
from fairway.portal.storage.tables import metadata
from fairway.portal.workflows import tables as _workflows

FEATURES = (
    _access, _actions, _audit, _automations, _catalog, _gitops, _organization, _pages, _runs, _scorecards, _sources,
    _workflows,
)  # fmt: skip
"""The modules that declare tables, besides storage's own."""

__all__ = ["FEATURES", "metadata"]

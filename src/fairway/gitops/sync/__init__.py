"""Bringing the catalog to what repositories say: passes, pushes, applying, endings, pull requests."""

from fairway.gitops.sync.coalescing import Patience
from fairway.gitops.sync.delta import Hint
from fairway.gitops.sync.engine import Engine
from fairway.gitops.sync.leases import AlreadyRunning
from fairway.gitops.sync.report import DeltaReport, Ends, Failure, PassReport, Status

__all__ = ["AlreadyRunning", "DeltaReport", "Ends", "Engine", "Failure", "Hint", "PassReport", "Patience", "Status"]

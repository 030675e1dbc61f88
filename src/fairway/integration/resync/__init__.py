"""A full pass over all resources: fetch, map, compare, write, reconcile (contract section 7)."""

from fairway.integration.resync.incremental import Incremental
from fairway.integration.resync.load import Change
from fairway.integration.resync.runner import Resync, ResyncOptions

__all__ = ["Change", "Incremental", "Resync", "ResyncOptions"]

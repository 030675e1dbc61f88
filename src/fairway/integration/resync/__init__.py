"""A full pass over all resources: fetch, map, compare, write, reconcile (contract section 7)."""

from fairway.integration.resync.runner import Resync, ResyncOptions

__all__ = ["Resync", "ResyncOptions"]

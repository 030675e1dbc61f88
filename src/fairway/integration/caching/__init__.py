"""Results that authors keep for one resync (contract section 15.1)."""

from fairway.integration.caching.cache import Cache, open_cache
from fairway.integration.caching.decorators import HasCache, cached, cached_pages
from fairway.integration.caching.store import DiskStore, MemoryStore, Store

__all__ = ["Cache", "DiskStore", "HasCache", "MemoryStore", "Store", "cached", "cached_pages", "open_cache"]

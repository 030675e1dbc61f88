"""Writing entities: create, upsert, merge, validate, bulk and delete, each in one transaction with its events."""

from fairway.portal.catalog.entities.model import EntityChange, EntityObserver, Mode, Outcome, WriteOptions
from fairway.portal.catalog.entities.service import EntityService

__all__ = ["EntityChange", "EntityObserver", "EntityService", "Mode", "Outcome", "WriteOptions"]

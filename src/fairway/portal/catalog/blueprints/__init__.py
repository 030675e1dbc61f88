"""Blueprints: their life, renames, permissions and the system blueprints."""

from fairway.portal.catalog.blueprints.observer import BlueprintObserver
from fairway.portal.catalog.blueprints.service import BlueprintService

__all__ = ["BlueprintObserver", "BlueprintService"]

"""Migrations: emptying a blueprint, or mapping its entities into another one, as a job that can be watched."""

from fairway.portal.catalog.migrations.service import MigrationService

__all__ = ["MigrationService"]

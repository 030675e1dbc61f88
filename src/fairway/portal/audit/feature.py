"""The services of this feature, wired."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.portal.audit.service import AuditService
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.storage import Database


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit log."""

    log: AuditService


def build_audit(db: Database, schemas: SchemaCache) -> Audit:
    """Wires the feature."""
    return Audit(AuditService(db, schemas))

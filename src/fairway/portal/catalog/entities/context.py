"""What every step of one write or deletion is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairway.portal.caller import Caller
from fairway.portal.catalog.entities.lookups import Lookups
from fairway.portal.catalog.entities.model import EntityObserver
from fairway.portal.catalog.model import Schema
from fairway.portal.storage.tx import Tx


@dataclass(frozen=True, slots=True)
class Context:
    """One unit of work on behalf of one caller."""

    tx: Tx
    schema: Schema
    caller: Caller
    now: int
    """Milliseconds; the one instant that everything written here is stamped with."""
    lookups: Lookups
    observers: Sequence[EntityObserver]
    watched: frozenset[str]
    """Blueprints that any observer watches."""


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """How entities are deleted."""

    delete_dependents: bool = False
    run_id: str | None = None
    reason: str = "deleted through the API"
    missing_ok: bool = False
    managed: bool = False
    """The portal's own deletion: permissions are not asked."""
    emptying: bool = False
    """The whole blueprint is being emptied: dependents merely lose the value."""

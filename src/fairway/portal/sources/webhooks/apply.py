"""Writing what a payload maps to, inside a transaction of the caller's: the real run and the preview alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairway.kit.errors import FairwayError
from fairway.portal.caller import Caller
from fairway.portal.catalog.entities.context import DeleteOptions
from fairway.portal.catalog.entities.model import Mode, WriteOptions
from fairway.portal.catalog.entities.service import EntityService
from fairway.portal.sources.webhooks.mapping import Item, Mapped, Problem
from fairway.portal.storage import Tx

_UPSERT = WriteOptions(Mode.UPSERT_MERGE, create_missing=True)
"""Related entities are created when missing: payloads of different kinds arrive in any order."""
_LOOK_UP = WriteOptions(Mode.PATCH, validation_only=True)


async def apply(tx: Tx, entities: EntityService, caller: Caller, mapped: Sequence[Mapped]) -> list[Mapped]:
    """Brings every item of every mapping to its result, in order. An item that fails leaves the others alone.

    Works on copies, because a database may run its unit of work again.
    """
    done = [each.copy() for each in mapped]
    for each in done:
        ready = [item for item in each.items if item.result is None]
        if each.mapping.operation == "delete":
            for item in ready:
                await _delete(tx, entities, caller, each, item)
        elif ready:
            await _upsert(tx, entities, caller, each.mapping.blueprint, ready)
    return done


async def _upsert(tx: Tx, entities: EntityService, caller: Caller, blueprint: str, items: list[Item]) -> None:
    bodies = [_body(item) for item in items]
    try:
        async with tx.savepoint():
            outcomes = await entities.write_in(tx, caller, blueprint, bodies, _UPSERT)
    except FairwayError as error:
        if error.retriable:
            raise
        for item in items:
            item.fail(Problem(error.message))
        return
    for item, outcome in zip(items, outcomes, strict=True):
        if outcome.error is not None:
            item.fail(Problem(outcome.error.message))
            continue
        item.result = "created" if outcome.created else "updated" if outcome.changed else "unchanged"
        if item.mapped is not None:
            item.mapped["identifier"] = outcome.identifier


async def _delete(tx: Tx, entities: EntityService, caller: Caller, mapped: Mapped, item: Item) -> None:
    mapping = mapped.mapping
    try:
        async with tx.savepoint():
            identifier = await _resolve(tx, entities, caller, mapping.blueprint, _body(item)["identifier"])
            options = DeleteOptions(
                delete_dependents=mapping.delete_dependents,
                reason=f'deleted by webhook "{caller.origin}"',
                missing_ok=True,
            )
            removed = await entities.delete_in(tx, caller, mapping.blueprint, [identifier], options)
    except FairwayError as error:
        if error.retriable:
            raise
        item.fail(Problem(error.message))
        return
    item.result = "deleted" if removed else "missing"


async def _resolve(tx: Tx, entities: EntityService, caller: Caller, blueprint: str, identifier: Any) -> str:
    """The identifier itself, or that of the one entity that a search object finds."""
    if isinstance(identifier, str):
        return identifier
    (outcome,) = await entities.write_in(tx, caller, blueprint, [{"identifier": identifier}], _LOOK_UP)
    if outcome.error is not None:
        raise outcome.error
    return outcome.identifier


def _body(item: Item) -> dict[str, Any]:
    assert item.mapped is not None, "an item without a result has been mapped"
    return {key: value for key, value in item.mapped.items() if key != "blueprint"}

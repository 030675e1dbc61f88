"""UPSERT_ENTITY: an entity written by a run, in the name of whoever started it (contract 6.6, 6.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fairway.kit.errors import FairwayError
from fairway.portal.caller import Caller
from fairway.portal.catalog.entities.model import Mode, WriteOptions
from fairway.portal.catalog.entities.service import EntityService
from fairway.portal.runs.delivery.base import Order, Refused, Undelivered
from fairway.portal.runs.model import Finish

_KEYS = ("identifier", "title", "icon", "team", "properties", "relations")


class UpsertBackend:
    """Writes the entity and ends the run."""

    def __init__(self, entities: EntityService) -> None:
        self._entities = entities

    async def deliver(self, order: Order) -> Finish:
        """Merges the mapping into the entity. A second time it finds everything in place."""
        blueprint = order.payload["blueprintIdentifier"]
        options = WriteOptions(Mode.UPSERT_MERGE, run_id=order.id)
        try:
            written = await self._entities.write_one(
                _writer(order.caller, blueprint), blueprint, entity_body(order.payload["mapping"]), options
            )
        except FairwayError as error:
            if error.retriable:
                raise Undelivered(error.message) from None
            raise Refused(
                f'The entity of "{blueprint}" was not written: {error.message}', label="Not written"
            ) from None
        verb = "Created" if written.created else "Updated" if written.changed else "Nothing changed in"
        return Finish("SUCCESS", logs=(f'{verb} entity "{written.identifier}" of "{blueprint}"',))


def _writer(starter: Caller, blueprint: str) -> Caller:
    """Who may run the action may do what its author, an Admin, has laid down, whatever else they may write. Users and
    teams are different: there an identifier that comes from an input could make somebody an Admin."""
    return starter if blueprint.startswith("_") else replace(starter, roles=starter.roles | {"Admin"})


def entity_body(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The write body of a rendered mapping. Entity inputs are objects in templates, so an entity is taken where an
    identifier is expected."""
    body = {key: mapping[key] for key in _KEYS if key in mapping}
    for key in ("identifier", "team"):
        if key in body:
            body[key] = _identifiers(body[key])
    if isinstance(body.get("relations"), Mapping):
        body["relations"] = {name: _identifiers(value) for name, value in body["relations"].items()}
    return body


def _identifiers(value: Any) -> Any:
    if isinstance(value, Mapping) and "rules" not in value and isinstance(value.get("identifier"), str):
        return value["identifier"]
    if isinstance(value, list):
        return [_identifiers(item) for item in value]
    return value

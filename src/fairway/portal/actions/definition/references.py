"""What a definition needs of the catalog."""

from __future__ import annotations

from fairway.kit.errors import InvalidRequest, NotFound
from fairway.portal.actions.definition.document import Definition
from fairway.portal.actions.definition.words import TIMER_EVENT
from fairway.portal.catalog.model import Schema


def check_blueprints(definition: Definition, schema: Schema) -> None:
    """Every blueprint that the document names exists, and so does the timer that it waits for.

    Raises:
        NotFound: a blueprint does not exist.
        InvalidRequest: the blueprint has no timer of that name.
    """
    for each in definition.blueprints:
        if schema.get(each.identifier) is None:
            raise NotFound(f'{each.where}: Blueprint with identifier "{each.identifier}" was not found')
    event = definition.document["trigger"].get("event") or {}
    if event.get("type") == TIMER_EVENT:
        _check_timer(schema, event["blueprintIdentifier"], event["propertyIdentifier"])


def _check_timer(schema: Schema, blueprint: str, name: str) -> None:
    spec = schema.require(blueprint).properties.get(name)
    if spec is None or spec.get("format") != "timer":
        raise InvalidRequest(
            f'trigger.event.propertyIdentifier: blueprint "{blueprint}" has no property "{name[:100]}" '
            'of format "timer"'
        )

"""From stored events to the event objects of contract 6.5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairway.portal.actions.documents import shown as shown_action
from fairway.portal.actions.service import ActionService
from fairway.portal.audit.records import event_identifier
from fairway.portal.automations.documents import EventDocuments
from fairway.portal.automations.model import Occurrence
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.outbox import Event


class EventBuilder:
    """Builds event objects, a batch at a time."""

    def __init__(self, db: Database, documents: EventDocuments, actions: ActionService) -> None:
        self._db = db
        self._documents = documents
        self._actions = actions

    async def build(self, events: Sequence[Event]) -> list[Occurrence]:
        """What happened, in order."""
        sides = [(event, side) for event in events if event.resource_type == "entity" for side in ("before", "after")]
        present = [(event, side) for event, side in sides if isinstance(event.diff.get(side), dict)]
        wanted = [(str(event.blueprint), event.diff[side]) for event, side in present]
        completed = await self._documents.completed(wanted) if wanted else []
        found = {(event.id, side): document for (event, side), document in zip(present, completed, strict=True)}
        definitions = await self._db.read(lambda tx: self._definitions(tx, events))
        occurrences = []
        for event in events:
            if event.resource_type == "entity":
                diff = {side: found.get((event.id, side)) for side in ("before", "after")}
                occurrences.append(occurrence(event, diff, {}))
            else:
                action = definitions.get(str(event.context.get("action")))
                occurrences.append(occurrence(event, event.diff, {"action": action, "runId": event.run_id}))
        return occurrences

    async def _definitions(self, tx: Tx, events: Sequence[Event]) -> dict[str, dict[str, Any]]:
        names = {str(event.context.get("action")) for event in events if event.resource_type == "run"}
        found = {name: await self._actions.find(tx, name) for name in sorted(names)}
        return {name: shown_action(action) for name, action in found.items() if action is not None}


def occurrence(event: Event, diff: dict[str, Any], context: dict[str, Any]) -> Occurrence:
    """An event with its documents; without them it serves to ask who listens."""
    timer = event.context.get("property") if event.action == "TIMER_EXPIRED" else None
    document = {
        "id": event_identifier(event.id),
        "action": event.action,
        "resourceType": event.resource_type,
        "trigger": event.trigger,
        "context": {
            "blueprintIdentifier": event.blueprint,
            "entityIdentifier": event.entity,
            "propertyIdentifier": timer,
            **context,
        },
        "diff": {"before": diff.get("before"), "after": diff.get("after")},
    }
    action = event.context.get("action") if event.resource_type == "run" else None
    return Occurrence(
        event.id, document, event.resource_type, event.action, event.blueprint, event.entity, timer, action,
        event.run_id, event.origin, event.at,
    )  # fmt: skip

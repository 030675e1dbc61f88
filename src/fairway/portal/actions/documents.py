"""Actions as answers show them (contract 1.7, 6.2)."""

from __future__ import annotations

from typing import Any

from fairway.kit.clock import rfc3339
from fairway.portal.actions.model import Action


def shown(action: Action) -> dict[str, Any]:
    """The document as it was sent, with what clients rely on: ``publish``, the map of inputs, and stamps."""
    document = {**action.document, "publish": action.published}
    if action.kind == "self-service":
        inputs = {**action.user_inputs, "properties": action.inputs}
        document["trigger"] = {**action.trigger, "userInputs": inputs}
    return {
        "id": action.id,
        **document,
        "createdAt": rfc3339(action.created_at),
        "createdBy": action.created_by,
        "updatedAt": rfc3339(action.updated_at),
        "updatedBy": action.updated_by,
    }

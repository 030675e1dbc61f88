"""What the expressions of a form can see: ``.form``, ``.entity`` and ``.user`` (contract 6.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.portal.actions.forms.definition import Form, Input
from fairway.portal.actions.forms.references import reads_entities

Document = Mapping[str, Any]
MASK = "***"
"""Stands for the value of an encrypted input wherever it may be seen."""


class Subject:
    """The document that expressions are evaluated on, while values of the form are still being added."""

    def __init__(self, form: Form, entity: Document | None, user: Document) -> None:
        self._form = form
        self._entity = entity
        self._user = user
        self._named: dict[str, Any] = {}
        self._whole: dict[str, Any] = {}

    def put(self, name: str, value: Any, entities: Mapping[str, Document]) -> None:
        """Adds the value of an input; ``entities`` has those that it names, as far as they are known."""
        found = self._form.inputs.get(name)
        if found is None or value is None:
            self._named[name] = self._whole[name] = None
        elif found.encryption is not None:
            self._named[name] = self._whole[name] = MASK
        else:
            self._named[name] = value
            self._whole[name] = as_entities(found, value, entities) if found.refers_to == "entity" else value

    def document(self, text: str) -> Document:
        """What one expression sees: its entity inputs are entities when it looks into them, else identifiers."""
        form = self._whole if reads_entities(text) else self._named
        return {"form": form, "entity": self._entity, "user": self._user}


def as_entities(found: Input, value: Any, entities: Mapping[str, Document]) -> Any:
    """The value of an entity input with the entities themselves; of one that is not known, only the identifier."""
    if found.many and isinstance(value, list):
        return [_entity(each, entities) for each in value]
    return _entity(value, entities)


def _entity(value: Any, entities: Mapping[str, Document]) -> Any:
    return entities.get(value, {"identifier": value}) if isinstance(value, str) else value

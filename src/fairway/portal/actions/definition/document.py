"""The whole document (contract 6.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.kit.jsonio import dumps
from fairway.portal.actions.definition.approval import check_approval
from fairway.portal.actions.definition.expressions import Expression, Findings, Reference
from fairway.portal.actions.definition.invocation import check_invocation
from fairway.portal.actions.definition.trigger import check_trigger
from fairway.portal.actions.definition.words import (
    IDENTIFIER,
    KEYS,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_IDENTIFIER,
    RESERVED,
    STAMPS,
)
from fairway.portal.catalog.properties.shape import flags, only, required, texts
from fairway.portal.catalog.properties.vocabulary import kind_of


@dataclass(frozen=True, slots=True)
class Definition:
    """A document that is right by itself, with what it needs of others."""

    document: dict[str, Any]
    expressions: Sequence[Expression]
    """To be compiled before it is stored."""
    blueprints: Sequence[Reference]
    """Have to exist."""

    @property
    def identifier(self) -> str:
        """Of the action."""
        found: str = self.document["identifier"]
        return found


def read_definition(body: Mapping[str, Any]) -> Definition:
    """Checks all that can be seen in the document alone; stamps of answers are left out.

    Raises:
        InvalidRequest: with the path of what is wrong and what would be right.
    """
    document = _without_nothing(body)
    _check_bounds(document)
    only(document, KEYS, "")
    _check_identifier(required(document, "identifier", ""))
    texts(document, "", title=None, icon=None, description=None)
    flags(document, "", "publish", "allowAnyoneToViewRuns")
    found = Findings()
    check_trigger(required(document, "trigger", ""), found)
    check_invocation(required(document, "invocationMethod", ""), found)
    check_approval(document)
    return Definition(document, found.expressions, found.blueprints)


def _without_nothing(body: Mapping[str, Any]) -> dict[str, Any]:
    """Without stamps, and without nulls where a client expects a value or no key at all."""
    document = {key: value for key, value in body.items() if key not in STAMPS}
    if document.get("publish") is None:
        document.pop("publish", None)
    trigger = document.get("trigger")
    if isinstance(trigger, dict) and "condition" in trigger and trigger["condition"] is None:
        document["trigger"] = {key: value for key, value in trigger.items() if key != "condition"}
    return document


def _check_identifier(value: Any) -> None:
    if not isinstance(value, str):
        raise InvalidRequest(f"identifier must be a string, not {kind_of(value)}")
    if len(value) > MAX_IDENTIFIER or not IDENTIFIER.match(value):
        raise InvalidRequest(
            f'identifier "{value[:100]}" may hold 1 to {MAX_IDENTIFIER} letters, digits and @ _ . + : = -, '
            'and may not be "." or ".."'
        )
    if value == RESERVED:
        raise InvalidRequest(f'An action cannot be called "{RESERVED}": /v1/actions/{RESERVED} lists the runs')


def _check_bounds(document: Mapping[str, Any]) -> None:
    size = len(dumps(document))
    if size > MAX_BYTES:
        raise InvalidRequest(f"An action may have {MAX_BYTES} bytes as JSON, this one has {size}")
    stack: list[tuple[Any, int]] = [(document, 1)]
    while stack:
        value, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise InvalidRequest(f"An action may be nested {MAX_DEPTH} levels deep, this one is deeper")
        children = value.values() if isinstance(value, Mapping) else value
        stack.extend((child, depth + 1) for child in children if isinstance(child, dict | list))

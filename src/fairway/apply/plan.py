"""What has to change for a portal to hold what files describe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fairway.apply.documents import Documents
from fairway.apply.kinds import KINDS, Kind


@dataclass(frozen=True, slots=True)
class Change:
    """One document that is new or differs."""

    verb: Literal["create", "update"]
    kind: Kind
    key: str
    document: dict[str, Any]
    fields: tuple[str, ...] = ()
    """What differs, for an update."""
    found: Mapping[str, Any] = field(default_factory=dict)
    """What the portal holds now."""

    def line(self) -> str:
        """For a person: ``+ Blueprint service`` or ``~ Scorecard service/readiness: rules``."""
        if self.verb == "create":
            return f"+ {self.kind.title} {self.key}"
        return f"~ {self.kind.title} {self.key}: {', '.join(self.fields)}"

    def record(self) -> dict[str, Any]:
        """For a program."""
        return {"change": self.verb, "kind": self.kind.name, "key": self.key, "fields": list(self.fields)}


def make_plan(wanted: Documents, found: Documents) -> list[Change]:
    """Creations and updates in the order in which they can be applied. Nothing is ever deleted."""
    return [
        change for name, kind in KINDS.items() for change in _changes(kind, wanted.get(name, []), found.get(name, []))
    ]


def _changes(kind: Kind, wanted: list[dict[str, Any]], found: list[dict[str, Any]]) -> Iterator[Change]:
    present = {kind.key(document): document for document in found}
    for document in wanted:
        key = kind.key(document)
        if key not in present:
            if not kind.implicit:
                yield Change("create", kind, key, document)
                continue
            present[key] = {kind.keys[0]: key}  # it comes to be with what this plan creates
        fields = kind.differences(document, present[key])
        if fields:
            yield Change("update", kind, key, document, tuple(fields), present[key])

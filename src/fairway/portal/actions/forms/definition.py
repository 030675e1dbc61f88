"""The form of an action as its definition says it: inputs, their order, steps and section titles (contract 6.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fairway.portal.actions.model import Action, JsonObject

SEALING = "aes256-gcm"
"""The encryption that the portal does itself (contract 6.4)."""
CLIENT_SIDE = "client-side"
"""The encryption that the submitter did already."""

Reference = Literal["entity", "user", "team"]
_REFERENCES: Mapping[str, Reference] = {"entity": "entity", "user": "user", "team": "team"}


@dataclass(frozen=True, slots=True)
class Input:
    """One input."""

    identifier: str
    spec: JsonObject
    """As its writer sent it, expressions unevaluated."""

    @property
    def many(self) -> bool:
        """An array of values."""
        return self.spec.get("type") == "array"

    @property
    def holder(self) -> JsonObject:
        """Where ``format``, ``blueprint`` and ``dataset`` are: the items of an array, or the input itself."""
        if not self.many:
            return self.spec
        items = self.spec.get("items")
        return items if isinstance(items, Mapping) else {}

    @property
    def refers_to(self) -> Reference | None:
        """What its values name, when they name something that can be looked up: encrypted ones do not."""
        if self.encryption is not None:
            return None
        return _REFERENCES.get(str(self.holder.get("format") or self.spec.get("format")))

    @property
    def blueprint(self) -> str | None:
        """Of an entity input; without one, entities of any blueprint are meant."""
        return self.holder.get("blueprint") or self.spec.get("blueprint")

    @property
    def dataset(self) -> JsonObject | None:
        """The filter of an entity input."""
        return self.holder.get("dataset") or self.spec.get("dataset")

    @property
    def sort(self) -> JsonObject | None:
        """The order in which entities are offered."""
        return self.holder.get("sort") or self.spec.get("sort")

    @property
    def encryption(self) -> str | None:
        """The algorithm that its values are encrypted with."""
        given = self.spec.get("encryption")
        if isinstance(given, Mapping):
            return str(given.get("algorithm"))
        return str(given) if given else None

    @property
    def depends_on(self) -> Sequence[str]:
        """Inputs to be filled in before this one."""
        return [each for each in self.spec.get("dependsOn") or () if isinstance(each, str)]

    def names(self, value: Any) -> list[str]:
        """The identifiers, e-mails or teams in a value, as far as it has the right shape."""
        values = value if self.many and isinstance(value, list) else [value]
        return [each for each in values if isinstance(each, str)]


@dataclass(frozen=True, slots=True)
class Step:
    """A page of the form."""

    title: str | None
    order: tuple[str, ...]
    """Inputs and section titles."""
    visible: Any = True


@dataclass(frozen=True, slots=True)
class Form:
    """All of it."""

    inputs: Mapping[str, Input]
    """In the order in which they are shown."""
    steps: tuple[Step, ...]
    titles: Mapping[str, JsonObject]
    required: Any
    """Identifiers, or an expression for them."""


def form_of(action: Action) -> Form:
    """The form of an action: explicit order first, then the rest."""
    declared = action.user_inputs
    inputs = {name: Input(name, spec) for name, spec in action.inputs.items()}
    titles: Mapping[str, JsonObject] = declared.get("titles") or {}
    steps = _steps(declared, inputs, titles)
    shown = [name for step in steps for name in step.order if name in inputs]
    return Form({name: inputs[name] for name in shown}, steps, titles, declared.get("required") or [])


def _steps(declared: JsonObject, inputs: Mapping[str, Input], titles: Mapping[str, JsonObject]) -> tuple[Step, ...]:
    known = inputs.keys() | titles.keys()
    seen: set[str] = set()

    def fresh(order: Any) -> list[str]:
        names = [name for name in dict.fromkeys(order or ()) if name in known and name not in seen]
        seen.update(names)
        return names

    given = [
        Step(step.get("title"), tuple(fresh(step.get("order"))), step.get("visible", True))
        for step in declared.get("steps") or ()
    ]
    if given:
        rest = fresh(inputs)
        return (*given, Step(None, tuple(rest))) if rest else tuple(given)
    ordered = fresh(declared.get("order"))
    return (Step(None, (*ordered, *fresh(inputs))),)

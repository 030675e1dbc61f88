"""Working out a form for the values given so far: defaults, then everything else that depends on them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairway.portal.actions.forms import shapes
from fairway.portal.actions.forms.datasets import concrete_dataset
from fairway.portal.actions.forms.definition import Form, Input
from fairway.portal.actions.forms.expressions import Evaluator, Outcome, is_expression, text_of
from fairway.portal.actions.forms.model import Problem
from fairway.portal.actions.forms.references import Reads, default_order, reads_of
from fairway.portal.actions.forms.subject import Subject

Document = Mapping[str, Any]
LoadEntities = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Mapping[str, Document]]]]
"""From values by input to the entities that each of them names, by identifier."""

_BINDING = ("enum", "items.enum", "pattern", "minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum",
            "dataset")  # fmt: skip
"""While one of these is not known, no value can be called right."""


@dataclass(slots=True)
class ResolvedInput:
    """One input, worked out."""

    definition: Input
    spec: dict[str, Any]
    """The definition with values where it had expressions."""
    value: Any = None
    """Submitted or default."""
    default: Any = None
    given: bool = False
    """Whether the value was submitted, be it as null."""
    visible: bool = True
    disabled: bool = False
    required: bool = False
    dataset: dict[str, Any] | None = None
    problems: list[Problem] = field(default_factory=list)

    @property
    def unchecked(self) -> list[Problem]:
        """Problems because of which a value cannot be checked."""
        return [problem for problem in self.problems if problem.key in _BINDING]

    @property
    def wanted(self) -> bool:
        """Whether a person has to fill it in: nobody can fill in what is hidden or disabled."""
        return self.required and self.visible and not self.disabled


@dataclass(slots=True)
class ResolvedForm:
    """A form, worked out."""

    form: Form
    inputs: dict[str, ResolvedInput]
    entities: dict[str, Mapping[str, Document]]
    """Entities that the values name, by input and identifier."""
    unknown: tuple[str, ...]
    """What was submitted and is no input."""
    steps_visible: list[bool] = field(default_factory=list)
    titles: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    """Of the form as a whole."""


class Resolution:
    """Works out one form once."""

    def __init__(self, form: Form, evaluator: Evaluator, subject: Subject, load_entities: LoadEntities) -> None:
        self._form = form
        self._evaluator = evaluator
        self._subject = subject
        self._load = load_entities
        inputs = {name: ResolvedInput(each, dict(each.spec)) for name, each in form.inputs.items()}
        self._found = ResolvedForm(form, inputs, {}, ())

    async def run(self, submitted: Mapping[str, Any]) -> ResolvedForm:
        """The form for these values."""
        found = self._found
        found.unknown = tuple(name for name in submitted if name not in found.inputs)
        await self._put(self._known_values(submitted))
        await self._put_defaults()
        for resolved in found.inputs.values():
            await self._settle(resolved)
        await self._settle_layout()
        await self._settle_required()
        return found

    def _known_values(self, submitted: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, resolved in self._found.inputs.items():
            default = resolved.definition.spec.get("default")
            if not is_expression(default):
                resolved.default = default
            if name in submitted:
                resolved.given = True
                values[name] = submitted[name]
            else:
                values[name] = resolved.default
        return values

    async def _put(self, values: Mapping[str, Any]) -> None:
        """Makes values known to the expressions that follow."""
        loaded = await self._load({name: value for name, value in values.items() if value is not None})
        for name, value in values.items():
            self._found.inputs[name].value = value
            entities = loaded.get(name, {})
            self._found.entities[name] = entities
            self._subject.put(name, value, entities)

    async def _put_defaults(self) -> None:
        texts = {
            name: text_of(resolved.definition.spec["default"])
            for name, resolved in self._found.inputs.items()
            if is_expression(resolved.definition.spec.get("default"))
        }
        pending = {name: text for name, text in texts.items() if not self._found.inputs[name].given}
        order = default_order({name: self._reads(name, text) for name, text in pending.items()})
        for name in order.names:
            if name in order.cycles:
                way = [f'"{each}"' for each in order.cycles[name]]
                self._note(name, "default", f"it depends on itself: {' -> '.join(way)}; {way[1]} counted as empty")
            await self._put({name: await self._default(name, pending[name])})
        for name in [each for each in texts if each not in pending]:
            await self._default(name, texts[name])

    def _reads(self, name: str, text: str) -> Reads:
        reads = reads_of(text)
        return Reads(reads.names | set(self._form.inputs[name].depends_on), reads.anything)

    async def _default(self, name: str, text: str) -> Any:
        resolved = self._found.inputs[name]
        outcome = await self._evaluate(text)
        if outcome.problem is not None:
            self._note(name, "default", outcome.problem)
        resolved.default = shapes.default_of(resolved.definition, outcome.value)
        resolved.spec["default"] = resolved.default
        return resolved.default

    async def _settle(self, resolved: ResolvedInput) -> None:
        """Everything about one input, now that all values are known."""
        name, spec = resolved.definition.identifier, resolved.spec
        for key, shape in shapes.SHAPES.items():
            await self._settle_key(name, spec, key, key, shape)
        items = spec.get("items")
        if isinstance(items, Mapping):
            spec["items"] = dict(items)
            await self._settle_key(name, spec["items"], "enum", "items.enum", shapes.SHAPES["enum"])
        resolved.visible = await self._truth(name, "visible", spec.get("visible"), True)
        resolved.disabled = await self._truth(name, "disabled", spec.get("disabled"), False)
        if resolved.definition.dataset is not None:
            outcome = await concrete_dataset(resolved.definition.dataset, self._evaluate)
            resolved.dataset = outcome.value
            if outcome.problem is not None:
                self._note(name, "dataset", outcome.problem)

    async def _settle_key(self, name: str, holder: dict[str, Any], key: str, shown: str, shape: shapes.Shape) -> None:
        if not is_expression(holder.get(key)):
            return
        outcome = await self._evaluate(text_of(holder.pop(key)))
        problem = outcome.problem or shape.problem(outcome.value)
        if problem is not None:
            self._note(name, shown, problem)
        elif outcome.value is not None:
            holder[key] = outcome.value

    async def _settle_layout(self) -> None:
        for number, step in enumerate(self._form.steps):
            visible = await self._truth(None, f"steps[{number}].visible", step.visible, True)
            self._found.steps_visible.append(visible)
            for name in step.order:
                if name in self._found.inputs and not visible:
                    self._found.inputs[name].visible = False
        for name, title in self._form.titles.items():
            shown = await self._truth(None, f"titles.{name}.visible", title.get("visible"), True)
            self._found.titles[name] = {**title, "visible": shown}

    async def _settle_required(self) -> None:
        required = self._form.required
        if is_expression(required):
            outcome = await self._evaluate(text_of(required))
            problem = outcome.problem or shapes.NAMES.problem(outcome.value)
            if problem is not None:
                self._found.problems.append(Problem("required", problem))
            required = None if problem else outcome.value
        for name in required or ():
            if name in self._found.inputs:
                self._found.inputs[name].required = True

    async def _truth(self, name: str | None, key: str, given: Any, otherwise: bool) -> bool:
        """What counts as true in JQ: everything but false and null."""
        if not is_expression(given):
            return otherwise if given is None else bool(given)
        outcome = await self._evaluate(text_of(given))
        if outcome.problem is None:
            return outcome.value is not None and outcome.value is not False
        if name is None:
            self._found.problems.append(Problem(key, outcome.problem))
        else:
            self._note(name, key, outcome.problem)
        return otherwise

    async def _evaluate(self, text: str) -> Outcome:
        return await self._evaluator.first(text, self._subject.document(text))

    def _note(self, name: str, key: str, message: str) -> None:
        self._found.inputs[name].problems.append(Problem(key, message))

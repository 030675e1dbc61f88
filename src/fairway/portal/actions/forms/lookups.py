"""What inputs refer to: entities, users and teams, looked up together for a whole form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from fairway.kit.jsonio import dumps_text
from fairway.portal.actions.forms.definition import Form, Input
from fairway.portal.actions.forms.entities import Document, EntityFinder
from fairway.portal.actions.forms.model import InputError
from fairway.portal.actions.forms.people import PeopleFinder
from fairway.portal.actions.forms.resolution import ResolvedForm, ResolvedInput
from fairway.portal.caller import Caller

_Blueprint = str | None


class Lookups:
    """Looks up for one caller and one form; what was found once is not read again."""

    def __init__(self, caller: Caller, form: Form, entities: EntityFinder, people: PeopleFinder) -> None:
        self._caller = caller
        self._form = form
        self._entities = entities
        self._people = people
        self._known: dict[_Blueprint, dict[str, list[Document]]] = defaultdict(dict)

    async def entities_of(self, values: Mapping[str, Any]) -> dict[str, dict[str, Document]]:
        """The entities that values name, by input and identifier; an identifier that is no longer unique names none."""
        named: dict[_Blueprint, set[str]] = defaultdict(set)
        inputs = {name: found for name, found in self._form.inputs.items() if found.refers_to == "entity"}
        for name in inputs.keys() & values.keys():
            named[inputs[name].blueprint].update(inputs[name].names(values[name]))
        for blueprint, identifiers in named.items():
            missing = identifiers - self._known[blueprint].keys()
            if missing:
                found = await self._entities.documents(self._caller, blueprint, missing)
                self._known[blueprint].update({each: found.get(each, []) for each in missing})
        return {
            name: self._single(inputs[name].blueprint, inputs[name].names(values[name]))
            for name in inputs.keys() & values.keys()
        }

    def _single(self, blueprint: _Blueprint, names: list[str]) -> dict[str, Document]:
        known = self._known[blueprint]
        return {name: known[name][0] for name in names if len(known[name]) == 1}

    async def errors(self, resolved: ResolvedForm) -> list[InputError]:
        """Values that name nothing the caller may use."""
        wanted = [each for each in resolved.inputs.values() if each.value is not None]
        return [
            *(error for each in wanted for error in self._entity_errors(each)),
            *await self._dataset_errors(wanted),
            *await self._people_errors(wanted),
        ]

    def _entity_errors(self, resolved: ResolvedInput) -> Iterator[InputError]:
        definition = resolved.definition
        if definition.refers_to != "entity":
            return
        blueprint = definition.blueprint
        of = "" if blueprint is None else f' of blueprint "{blueprint}"'
        for place, name in _places(definition, resolved.value):
            found = self._known[blueprint].get(name, [])
            if not found:
                text = f'names entity "{name}"{of}, which does not exist or which you may not read'
                yield _error(definition, place, text, f"the identifier of an entity{of} that you may read")
            elif len(found) > 1:
                owners = ", ".join(sorted(f'"{each["blueprint"]}"' for each in found))
                text = f'names entity "{name}", of which there is one in each of the blueprints {owners}'
                yield _error(definition, place, text, "an identifier that only one entity has")

    async def _dataset_errors(self, wanted: list[ResolvedInput]) -> list[InputError]:
        groups: dict[tuple[_Blueprint, str], list[ResolvedInput]] = defaultdict(list)
        for resolved in wanted:
            if resolved.definition.refers_to == "entity" and resolved.dataset is not None:
                groups[resolved.definition.blueprint, dumps_text(resolved.dataset)].append(resolved)
        errors: list[InputError] = []
        for (blueprint, _), members in groups.items():
            named = {name for each in members for name in each.definition.names(each.value)}
            existing = {name for name in named if self._known[blueprint].get(name)}
            dataset = members[0].dataset or {}
            inside = await self._entities.members(self._caller, blueprint, dataset, existing) if existing else set()
            errors.extend(error for each in members for error in _outside(each, existing - inside))
        return errors

    async def _people_errors(self, wanted: list[ResolvedInput]) -> list[InputError]:
        named: dict[str | None, set[str]] = defaultdict(set)
        for resolved in wanted:
            named[resolved.definition.refers_to].update(resolved.definition.names(resolved.value))
        users, teams = await self._people.users(named["user"]), await self._people.teams(named["team"])
        errors = []
        for resolved in wanted:
            definition = resolved.definition
            for place, name in _places(definition, resolved.value):
                if definition.refers_to == "user" and name not in users:
                    errors.append(_error(definition, place, f'names user "{name}", who is not known', _USER))
                if definition.refers_to == "team" and name not in teams:
                    errors.append(_error(definition, place, f'names team "{name}", which does not exist', _TEAM))
        return errors


_USER = "the e-mail address of a user"
_TEAM = "the name or identifier of a team"


def _outside(resolved: ResolvedInput, excluded: set[str]) -> Iterator[InputError]:
    for place, name in _places(resolved.definition, resolved.value):
        if name in excluded:
            text = f'names entity "{name}", which is not among those that its dataset offers'
            yield _error(resolved.definition, place, text, "an entity that matches the dataset of the input")


def _places(definition: Input, value: Any) -> Iterator[tuple[str, str]]:
    if not definition.many:
        if isinstance(value, str):
            yield "", value
    elif isinstance(value, list):
        yield from ((f"[{at}]", each) for at, each in enumerate(value) if isinstance(each, str))


def _error(definition: Input, place: str, text: str, expected: str) -> InputError:
    name = definition.identifier
    return InputError(name, place, f'Input "{name}"{place} {text}', expected)

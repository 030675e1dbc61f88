"""Which of an integration's resources a portal gets: those of the default mapping at first, others kind by kind."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairway.integration.manifest.resources import Resources
from fairway.jq.literals import literal
from fairway.kit.errors import InvalidRequest

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """Entries of the mapping, and the blueprints that they need."""

    entries: Sequence[Document]
    blueprints: Sequence[Document]


def first_choice(resources: Resources) -> Choice:
    """What a portal gets at the first start: everything but blueprints that only entries of ``more`` map to."""
    entries = (resources.mapping or {}).get("resources") or ()
    later = set(_mapped(resources.more)) - set(_mapped(entries))
    kept = [each for each in resources.blueprints if each.get("identifier") not in later]
    return Choice(entries, _with_targets(kept, resources.blueprints))


def chosen(resources: Resources, kinds: Collection[str]) -> Choice:
    """The entries of ``more`` for these kinds.

    Raises:
        InvalidRequest: there is none for one of them; the message names those there are.
    """
    known = {str(each.get("kind")) for each in resources.more}
    unknown = sorted(set(kinds) - known)
    if unknown:
        what = ", ".join(f'"{each}"' for each in sorted(known)) or "none"
        raise InvalidRequest(f'There is no entry to add for the kind "{unknown[0]}"; there are: {what}')
    entries = [each for each in resources.more if each.get("kind") in kinds]
    names = set(_mapped(entries))
    wanted = [each for each in resources.blueprints if each.get("identifier") in names]
    return Choice(entries, _with_targets(wanted, resources.blueprints))


def _mapped(entries: Sequence[Document]) -> Iterator[str]:
    """Blueprints that are named as they are."""
    for entry in entries:
        mappings = entry.get("port", {}).get("entity", {}).get("mappings", {})
        for mapping in mappings if isinstance(mappings, list) else [mappings]:
            name = literal(str(mapping.get("blueprint", "")))
            if name is not None:
                yield name


def _with_targets(wanted: Sequence[Document], every: Sequence[Document]) -> list[Document]:
    """Those, and what they relate to of what there is; in the order of ``every``."""
    known = {each.get("identifier"): each for each in every}
    found: set[Any] = set()
    left = [each.get("identifier") for each in wanted]
    while left:
        name = left.pop()
        if name in known and name not in found:
            found.add(name)
            relations = known[name].get("relations") or {}
            left += [each.get("target") for each in relations.values()]
    return [each for each in every if each.get("identifier") in found]

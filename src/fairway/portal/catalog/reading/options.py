"""Read options: which parts of an entity an answer shows (contract 3.7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from starlette.requests import Request

from fairway.portal.catalog.model import Blueprint
from fairway.portal.http.requests import flag, query_list

META = ("title", "icon", "team", "createdAt", "createdBy", "updatedAt", "updatedBy")
"""Fields of an entity beside ``identifier``, ``blueprint``, ``properties``, ``relations`` and ``scorecards``."""
_FIELDS = frozenset((*META, "identifier", "blueprint", "properties", "relations", "scorecards"))
_MAPS = ("properties", "relations", "scorecards")


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a reader wants to see. ``identifier`` is always shown."""

    include: frozenset[str] | None = None
    """Only these fields; ``None`` means all."""
    exclude: frozenset[str] = frozenset()
    exclude_calculated_properties: bool = False
    """Without mirror, calculation and aggregation properties and scorecards."""
    attach_title_to_relation: bool = False
    attach_identifier_to_title_mirror_properties: bool = False

    @staticmethod
    def from_request(request: Request) -> ReadOptions:
        """The options in the query of a request; what is not a boolean counts as absent."""
        found = ReadOptions(
            exclude_calculated_properties=flag(request, "exclude_calculated_properties"),
            attach_title_to_relation=flag(request, "attach_title_to_relation"),
            attach_identifier_to_title_mirror_properties=flag(request, "attach_identifier_to_title_mirror_properties"),
        )
        return found.narrowed(query_list(request, "include"), query_list(request, "exclude"))

    def narrowed(self, include: Iterable[str] | None, exclude: Iterable[str] | None) -> ReadOptions:
        """These options with field lists in any spelling; an empty ``include`` asks for nothing in particular."""
        wanted = frozenset(map(_normal, include or ()))
        unwanted = frozenset(map(_normal, exclude or ()))
        return replace(self, include=wanted or self.include, exclude=self.exclude | unwanted)

    def field(self, name: str) -> bool:
        """Whether a top-level field is shown, ``properties`` and the like if any part of them is."""
        if name in self.exclude:
            return False
        if self.include is None or name in self.include:
            return True
        return name in _MAPS and any(_in_map(word, name) for word in self.include)

    def keys(self, field: str, names: Iterable[str]) -> list[str]:
        """Those keys of ``properties``, ``relations`` or ``scorecards`` that are shown."""
        if not self.field(field):
            return []
        shown = [name for name in names if not _names(self.exclude, field, name)]
        if self.include is None or field in self.include:
            return shown
        return [name for name in shown if _names(self.include, field, name)]

    def computed(self, blueprint: Blueprint) -> tuple[list[str], list[str], list[str]]:
        """The mirror, calculation and aggregation properties that are shown."""
        if self.exclude_calculated_properties:
            return [], [], []
        return (
            self.keys("properties", blueprint.mirrors),
            self.keys("properties", blueprint.calculations),
            self.keys("properties", blueprint.aggregations),
        )

    @property
    def scorecards(self) -> bool:
        """Whether scorecard results are shown."""
        return not self.exclude_calculated_properties and self.field("scorecards")

    def light(self, *, scored: bool) -> bool:
        """Whether neither properties nor teams nor anything that depends on them is shown."""
        return not (self.field("properties") or self.field("team") or (scored and self.scorecards))


EVERYTHING = ReadOptions()


def _normal(word: str) -> str:
    """``$title`` is ``title``; ``properties.a.b`` is about the property ``a``."""
    if word.startswith("$") and word[1:] in _FIELDS:
        return word[1:]
    head, _, rest = word.partition(".")
    return f"{head}.{rest.split('.', 1)[0]}" if rest and head in _MAPS else word


def _in_map(word: str, field: str) -> bool:
    """A word names a part of a map: ``properties.tier``, or just ``tier``."""
    return word.startswith(f"{field}.") or (field != "scorecards" and word not in _FIELDS and "." not in word)


def _names(words: frozenset[str], field: str, name: str) -> bool:
    return f"{field}.{name}" in words or (field != "scorecards" and name in words and name not in _FIELDS)

"""Which mapping applies to a message, and what it makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairway.agent.mapping.model import Entry
from fairway.agent.mapping.problems import MappingUndecided
from fairway.jq import Engine, Program, Result


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one entry applies, and why not."""

    name: str
    matched: bool
    reason: str = ""
    failed: bool = False
    """Its ``enabled`` raised an error."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What an entry makes of a message; none where it says nothing."""

    url: Any = None
    method: Any = None
    body: Any = None
    headers: Any = None
    query: Any = None
    refusal: Any = None
    notes: tuple[str, ...] = field(default=())
    """Expressions inside of objects that failed, so that their value is null."""


@dataclass(frozen=True, slots=True)
class _Part:
    place: str
    program: Program
    whole: bool
    """It is the URL, the method, or all of body, headers or query; not a value inside of these."""


async def match(
    engine: Engine, entries: Sequence[Entry], message: Mapping[str, Any]
) -> tuple[Entry | None, list[Verdict]]:
    """The first entry whose ``enabled`` is exactly true, and the verdicts up to it.

    Raises:
        MappingUndecided: an ``enabled`` ran over a limit, so that nobody knows whose work this is.
    """
    verdicts: list[Verdict] = []
    for entry in entries:
        verdict = await _verdict(engine, entry, message)
        verdicts.append(verdict)
        if verdict.matched:
            return entry, verdicts
    return None, verdicts


async def apply(engine: Engine, entry: Entry, message: Mapping[str, Any]) -> Mapped:
    """The request that ``entry`` describes.

    Raises:
        MappingUndecided: an expression failed that is a whole part of the request, or one ran over a limit.
    """
    single = {name: getattr(entry, name) for name in ("url", "method", "refuse")}
    templates = {name: getattr(entry, name) for name in ("body", "headers", "query")}
    parts = [_Part(name, program, True) for name, program in single.items() if program is not None]
    for template in templates.values():
        if template is not None:
            parts += [_Part(*each, template.whole) for each in zip(template.places, template.programs, strict=True)]
    results = await engine.first_of_many([part.program for part in parts], message) if parts else []
    notes = _notes(entry, parts, results)
    found = iter(results)
    values = {name: next(found).value if program is not None else None for name, program in single.items()}
    for name, template in templates.items():
        values[name] = None if template is None else template.fill([next(found) for _ in template.programs])
    return Mapped(
        values["url"], values["method"], values["body"], values["headers"], values["query"], values["refuse"], notes
    )


async def _verdict(engine: Engine, entry: Entry, message: Mapping[str, Any]) -> Verdict:
    if isinstance(entry.enabled, bool):
        return Verdict(entry.name, entry.enabled, "" if entry.enabled else "enabled is false")
    result = await engine.first(entry.enabled, message)
    if result.kind == "limit":
        raise MappingUndecided(f'"enabled" of mapping "{entry.name}" could not be computed: {result.error}')
    if result.value is True:
        return Verdict(entry.name, True)
    if result.failed:
        return Verdict(entry.name, False, f"enabled failed: {result.error}", failed=True)
    what = "gave nothing" if result.kind == "empty" else f"is {_short(result.value)}, not true"
    return Verdict(entry.name, False, f"enabled {what}")


def _notes(entry: Entry, parts: Sequence[_Part], results: Sequence[Result]) -> tuple[str, ...]:
    """Values inside of an object that failed are null, as mapping files rely on (contract 8); without a whole part of
    the request there is nothing that a target could use."""
    notes = []
    for part, result in zip(parts, results, strict=True):
        if result.kind == "limit":
            raise MappingUndecided(f'"{part.place}" of mapping "{entry.name}" could not be computed: {result.error}')
        if not result.failed:
            continue
        failed = f"`{part.program.text}` failed: {result.error}"
        if part.whole:
            raise MappingUndecided(f'"{part.place}" of mapping "{entry.name}" gives nothing, because {failed}')
        notes.append(f'"{part.place}" of mapping "{entry.name}" is null, because {failed}')
    return tuple(notes)


def _short(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else type(value).__name__
    return {None: "null", False: "false"}.get(value, text[:60]) if value is None or value is False else text[:60]

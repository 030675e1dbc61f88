"""The JQ in a document: found with its path, compiled before anything is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairway.jq import Engine, JqSyntaxError
from fairway.jq.templates import references
from fairway.kit.errors import InvalidRequest
from fairway.portal.actions.definition.words import MAX_EXPRESSIONS
from fairway.portal.catalog.properties.shape import a_text, an_object, at, only, required
from fairway.portal.catalog.properties.vocabulary import kind_of

_TURN = 20
"""Compiled expressions between two turns of the event loop: text for libjq takes about two milliseconds each."""


@dataclass(frozen=True, slots=True)
class Expression:
    """JQ and where it stands."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """The name of a blueprint and where it stands."""

    where: str
    identifier: str


@dataclass(slots=True)
class Findings:
    """What a walk through a document collects."""

    expressions: list[Expression] = field(default_factory=list)
    blueprints: list[Reference] = field(default_factory=list)

    def jq(self, text: Any, where: str) -> None:
        """``text`` is an expression."""
        if not a_text(text, where).strip():
            raise InvalidRequest(f"{where} must hold a JQ expression")
        self.expressions.append(Expression(where, text))

    def templates(self, value: Any, where: str) -> None:
        """Strings and keys inside ``value`` may hold ``{{ }}``."""
        for place, text in _strings(value, where):
            self.expressions.extend(Expression(place, found) for found in sorted(references(text)) if found)

    def blueprint(self, identifier: Any, where: str) -> None:
        """``identifier`` names a blueprint that has to exist."""
        self.blueprints.append(Reference(where, a_text(identifier, where, 100, 1)))


def is_jq(value: Any) -> bool:
    """``{"jqQuery": ...}``."""
    return isinstance(value, Mapping) and "jqQuery" in value


def has_template(value: Any) -> bool:
    """Some string in it holds ``{{``."""
    return any("{{" in text for _, text in _strings(value, ""))


def jq_query(value: Any, where: str, found: Findings) -> None:
    """``{"jqQuery": <expression>}`` and nothing else."""
    only(value, ("jqQuery",), where)
    found.jq(required(value, "jqQuery", where), at(where, "jqQuery"))


def flag_or_jq(value: Any, where: str, found: Findings) -> None:
    """A boolean, or JQ that gives one."""
    if is_jq(value):
        jq_query(value, where, found)
    elif not isinstance(value, bool):
        raise InvalidRequest(f'{where} must be a boolean or {{"jqQuery": ...}}, not {kind_of(value)}')


def flag_or_template(value: Any, where: str) -> None:
    """A boolean, or a template that gives one."""
    if not isinstance(value, bool | str):
        raise InvalidRequest(f"{where} must be a boolean or a template, not {kind_of(value)}")


def map_of_texts(value: Any, where: str) -> None:
    """An object whose values are strings."""
    for name, text in an_object(value, where).items():
        a_text(text, at(where, name))


async def compile_expressions(engine: Engine, expressions: Iterable[Expression]) -> None:
    """Compiles every expression once; what fails only when it runs is fine.

    Raises:
        InvalidRequest: one is not JQ, naming its path, or there are too many.
    """
    places = {each.text: each.where for each in reversed(list(expressions))}
    if len(places) > MAX_EXPRESSIONS:
        raise InvalidRequest(f"An action may hold {MAX_EXPRESSIONS} different JQ expressions, not {len(places)}")
    for number, (text, where) in enumerate(places.items()):
        try:
            engine.compile(text)
        except JqSyntaxError as error:
            raise InvalidRequest(f"{where}: {error.message}", details=error.details) from None
        if number % _TURN == _TURN - 1:
            await asyncio.sleep(0)


def _strings(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield at(where, name), name
            yield from _strings(item, at(where, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _strings(item, f"{where}[{number}]")

"""Templates over nested JSON (catalog API contract, section 6.7).

Nothing here logs: contexts hold secrets, and so may error texts of jq.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fairway.jq.codec import message
from fairway.jq.engine import Engine
from fairway.jq.errors import JqSyntaxError
from fairway.jq.result import EMPTY, Result, failure
from fairway.jq.template_text import Expression, Part, parse, whole

_SPREAD = "spreadValue()"


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """One template that gave null because it failed. ``error`` may quote values of the context: mind secrets."""

    pointer: str
    """JSON pointer of the string (or of the pair, for a key) in the template document."""
    program: str
    error: str
    kind: Literal["error", "limit"] = "error"


class Templates:
    """Renders documents whose strings and keys hold ``{{ jq }}``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def render(self, value: Any, context: Any) -> Any:
        """``value`` with every template replaced by its result for ``context``; failed ones become null."""
        return (await self.render_report(value, context))[0]

    async def render_report(self, value: Any, context: Any) -> tuple[Any, list[TemplateProblem]]:
        """:meth:`render`, and which templates failed."""
        return fill(value, await self.evaluate(_expressions(value), context))

    async def evaluate(self, texts: Iterable[str], context: Any) -> dict[str, Result]:
        """The result of each program for ``context``, by program text, for :func:`fill`."""
        results: dict[str, Result] = {}
        programs = []
        for text in sorted(set(texts) - {_SPREAD}):
            try:
                programs.append(self._engine.compile(text))
            except JqSyntaxError as error:
                results[text] = failure(error.reason) if text else EMPTY
        if programs:
            found = await self._engine.first_of_many(programs, context)
            results.update((program.text, result) for program, result in zip(programs, found, strict=True))
        return results


def fill(value: Any, results: Mapping[str, Result]) -> tuple[Any, list[TemplateProblem]]:
    """``value`` with every template replaced by its result in ``results``, and which templates failed."""
    rendering = _Rendering(results)
    return rendering.render(value, ""), rendering.problems


def references(value: Any) -> set[str]:
    """The programs in ``value``'s templates, for validation when a definition is saved."""
    return set(_expressions(value)) - {_SPREAD}


def _expressions(root: Any) -> Iterator[str]:
    stack = [root]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            if "{{" in value:
                yield from (part.text for part in parse(value) if isinstance(part, Expression))
        elif isinstance(value, Mapping):
            stack.extend(value.keys())
            stack.extend(value.values())
        elif isinstance(value, list | tuple):
            stack.extend(value)


@dataclass(slots=True)
class _Rendering:
    """One pass over a document with all results at hand."""

    results: Mapping[str, Result]
    problems: list[TemplateProblem] = field(default_factory=list)

    def render(self, value: Any, pointer: str) -> Any:
        if isinstance(value, str):
            return self._string(value, pointer)
        if isinstance(value, Mapping):
            return self._object(value, pointer)
        if isinstance(value, list | tuple):
            return [self.render(item, f"{pointer}/{at}") for at, item in enumerate(value)]
        return value

    def _string(self, text: str, pointer: str) -> Any:
        if "{{" not in text:
            return text
        parts = parse(text)
        only = whole(parts)
        if only:
            return self._value(only, pointer)
        return "".join(self._text(part, pointer) for part in parts)

    def _text(self, part: Part, pointer: str) -> str:
        return part if isinstance(part, str) else message(self._value(part, pointer))

    def _value(self, expression: Expression, pointer: str) -> Any:
        result = self.results.get(expression.text, EMPTY)
        if result.error is not None:
            kind: Literal["error", "limit"] = "limit" if result.kind == "limit" else "error"
            self.problems.append(TemplateProblem(pointer, expression.text, result.error, kind))
        return result.value

    def _object(self, pairs: Mapping[str, Any], pointer: str) -> dict[str, Any]:
        spread: dict[str, Any] = {}
        explicit: dict[str, Any] = {}
        for key, value in pairs.items():
            place = f"{pointer}/{_escape(key)}"
            if "{{" not in key:
                explicit[key] = self.render(value, place)
            elif _is_spread(key):
                spread.update(self._spread(self.render(value, place), place))
            else:
                name = self._string(key, place)
                if name is not None:
                    explicit[message(name)] = self.render(value, place)
        return {**spread, **explicit}

    def _spread(self, value: Any, pointer: str) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        if value is not None:
            self.problems.append(TemplateProblem(pointer, _SPREAD, "only an object can be spread"))
        return {}


def _is_spread(key: str) -> bool:
    only = whole(parse(key))
    return only is not None and only.text == _SPREAD


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")

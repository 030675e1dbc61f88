"""How each database looks into JSON and text: the only place where search speaks a dialect.

Every function returns an expression that is true, false or null; null means "cannot judge" and counts as false.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Double,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    cast,
    collate,
    exists,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.sql import ColumnElement

from fairway.kit.jsonio import dumps_text

Expression = ColumnElement[Any]
Condition = ColumnElement[bool]


class Dialect(ABC):
    """Expressions over JSON documents and strings."""

    name: str

    @abstractmethod
    def text(self, document: Expression, key: str) -> Expression:
        """The string at a key of an object."""

    @abstractmethod
    def number(self, document: Expression, key: str) -> Expression:
        """The number at a key, as a double."""

    @abstractmethod
    def boolean_is(self, document: Expression, key: str, value: bool) -> Condition:
        """The boolean at a key is this one."""

    @abstractmethod
    def missing(self, document: Expression, key: str) -> Condition:
        """There is nothing at a key."""

    @abstractmethod
    def array(self, document: Expression, key: str) -> Expression:
        """The array at a key, for the two methods below."""

    @abstractmethod
    def array_empty(self, array: Expression) -> Condition:
        """An array is absent or has no element."""

    @abstractmethod
    def array_has(self, array: Expression, values: Sequence[Any]) -> Condition:
        """An array holds one of the values; numbers are told from booleans and strings."""

    @abstractmethod
    def any_of(self, expression: Expression, values: Sequence[Any]) -> Condition:
        """An expression is one of the values: one bind whatever their number."""

    @abstractmethod
    def holds_part(self, text: Expression, part: str) -> Condition:
        """A string has another as a part."""

    @abstractmethod
    def ends_with(self, text: Expression, end: str) -> Condition:
        """A string ends with another."""

    @abstractmethod
    def instant(self, text: Expression) -> Expression:
        """Milliseconds of a string that is an instant (see ``instants``), else null."""

    def begins_with(self, text: Expression, begin: str) -> Condition:
        """A string begins with another."""
        found: Condition = func.substr(text, 1, len(begin)) == begin
        return found

    def ordered(self, text: Expression) -> Expression:
        """A string to be compared by code point."""
        return text

    def rows_with(self, array: Expression, values: Sequence[Any], element: Expression, kind: Expression) -> Condition:
        """An element of an unnested array is one of ``values``."""
        texts = [value for value in values if isinstance(value, str)]
        truths = [value for value in values if isinstance(value, bool)]
        numbers = [float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
        parts = [self._text_elements(element, kind, texts)] if texts else []
        parts += [self._number_elements(element, kind, numbers)] if numbers else []
        parts += [self._boolean_element(element, kind, truth) for truth in truths]
        return or_(*parts)

    @abstractmethod
    def _text_elements(self, element: Expression, kind: Expression, values: list[str]) -> Condition: ...

    @abstractmethod
    def _number_elements(self, element: Expression, kind: Expression, values: list[float]) -> Condition: ...

    @abstractmethod
    def _boolean_element(self, element: Expression, kind: Expression, value: bool) -> Condition: ...


class Sqlite(Dialect):
    """JSON as text, read by the json1 functions."""

    name = "sqlite"

    def text(self, document: Expression, key: str) -> Expression:
        return func.json_extract(document, _path(key), type_=Text)

    def number(self, document: Expression, key: str) -> Expression:
        return cast(func.json_extract(document, _path(key)), Double)

    def boolean_is(self, document: Expression, key: str, value: bool) -> Condition:
        found: Condition = func.json_type(document, _path(key)) == ("true" if value else "false")
        return found

    def missing(self, document: Expression, key: str) -> Condition:
        return func.json_type(document, _path(key)).is_(None)

    def array(self, document: Expression, key: str) -> Expression:
        return func.json_extract(document, _path(key), type_=Text)

    def array_empty(self, array: Expression) -> Condition:
        return func.coalesce(func.json_array_length(array), 0) == 0

    def array_has(self, array: Expression, values: Sequence[Any]) -> Condition:
        rows = func.json_each(array).table_valued("value", "type")
        return exists(select(1).select_from(rows).where(self.rows_with(array, values, rows.c.value, rows.c.type)))

    def any_of(self, expression: Expression, values: Sequence[Any]) -> Condition:
        if len(values) == 1:
            same: Condition = expression == values[0]
            return same
        rows = func.json_each(bindparam(None, dumps_text(list(values)), unique=True)).table_valued("value")
        return expression.in_(select(rows.c.value))

    def holds_part(self, text: Expression, part: str) -> Condition:
        return func.instr(text, part) > 0

    def ends_with(self, text: Expression, end: str) -> Condition:
        return func.substr(text, -len(end)) == end if end else text.is_not(None)

    def instant(self, text: Expression) -> Expression:
        zulu = func.upper(func.substr(text, -1)) == "Z"
        local = case(
            (zulu, func.substr(text, 1, func.length(text) - 1)), else_=func.substr(text, 1, func.length(text) - 6)
        )
        seconds = func.unixepoch(func.substr(text, 1, 10) + " " + func.substr(text, 12, 8))
        fraction = cast(func.substr(local + "000", 21, 3), Integer)
        minutes = cast(func.substr(text, -5, 2), Integer) * 60 + cast(func.substr(text, -2, 2), Integer)
        signed = case((zulu, 0), (func.substr(text, -6, 1) == "-", minutes), else_=-minutes)
        glob = text.op("GLOB")
        zoned = or_(zulu, glob("*[+-][0-2][0-9]:[0-5][0-9]"))
        whole = or_(
            func.length(local) == 19,
            and_(
                func.substr(local, 20, 1) == ".",
                func.length(local) > 20,
                func.substr(local, 21).op("NOT GLOB")("*[^0-9]*"),
            ),
        )
        form = and_(glob(_GLOB), *(text.op("NOT GLOB")(each) for each in _NO_INSTANTS), zoned, whole)
        return case((form, seconds * 1000 + fraction + signed * 60_000), else_=None)

    def _text_elements(self, element: Expression, kind: Expression, values: list[str]) -> Condition:
        return and_(kind == "text", self.any_of(element, values))

    def _number_elements(self, element: Expression, kind: Expression, values: list[float]) -> Condition:
        return and_(kind.in_(["integer", "real"]), self.any_of(cast(element, Double), values))

    def _boolean_element(self, element: Expression, kind: Expression, value: bool) -> Condition:
        return kind == ("true" if value else "false")


_DIGITS = "[0-9]"
_GLOB = f"{_DIGITS * 4}-[0-1]{_DIGITS}-[0-3]{_DIGITS}[Tt ][0-2]{_DIGITS}:[0-5]{_DIGITS}:[0-5]{_DIGITS}*"
"""The form of an instant; ``unixepoch`` refuses what the ranges of the first digits let through, but for these."""
_NO_INSTANTS = ("0000*", f"{'?' * 11}24*")
"""The year 0, and an hour that SQLite counts from 3.53 on as the first of the next day."""


def _path(key: str) -> str:
    return f'$."{key}"'


class Postgres(Dialect):
    """JSONB. Casts are guarded: the planner may try them on rows of other blueprints first."""

    name = "postgresql"

    def text(self, document: Expression, key: str) -> Expression:
        found: Expression = type_coerce(document, JSONB)[key].astext
        return found

    def number(self, document: Expression, key: str) -> Expression:
        value = type_coerce(document, JSONB)[key]
        return case((func.jsonb_typeof(value) == "number", cast(value.astext, Double)), else_=None)

    def boolean_is(self, document: Expression, key: str, value: bool) -> Condition:
        return self.text(document, key) == ("true" if value else "false")

    def missing(self, document: Expression, key: str) -> Condition:
        return type_coerce(document, JSONB)[key].is_(None)

    def array(self, document: Expression, key: str) -> Expression:
        return type_coerce(document, JSONB)[key]

    def array_empty(self, array: Expression) -> Condition:
        length = case((func.jsonb_typeof(array) == "array", func.jsonb_array_length(array)), else_=0)
        return func.coalesce(length, 0) == 0

    def array_has(self, array: Expression, values: Sequence[Any]) -> Condition:
        if all(isinstance(value, str) for value in values):
            return type_coerce(array, JSONB).op("?|", is_comparison=True)(_bound(values, Text))
        guarded = case((func.jsonb_typeof(array) == "array", array), else_=cast(literal("[]"), JSONB))
        rows = func.jsonb_array_elements(guarded).table_valued("value")
        element = type_coerce(rows.c.value, JSONB)
        kind = func.jsonb_typeof(element)
        return exists(select(1).select_from(rows).where(self.rows_with(array, values, element, kind)))

    def any_of(self, expression: Expression, values: Sequence[Any]) -> Condition:
        if len(values) == 1:
            return expression == bindparam(None, values[0], type_=_sql_type(values[0])(), unique=True)
        return expression == func.any(_bound(values, _sql_type(values[0])))

    def holds_part(self, text: Expression, part: str) -> Condition:
        return func.strpos(text, part) > 0

    def ends_with(self, text: Expression, end: str) -> Condition:
        return func.right(text, len(end)) == end

    def ordered(self, text: Expression) -> Expression:
        return collate(text, "C")

    def instant(self, text: Expression) -> Expression:
        def part(start: int, length: int) -> Expression:
            return cast(func.substr(text, start, length), BigInteger)

        first = func.make_date(cast(part(1, 4), Integer), cast(part(6, 2), Integer), 1)
        days = first - func.make_date(1970, 1, 1) + part(9, 2) - 1
        fraction = func.coalesce(func.substring(text, r"\.([0-9]{1,3})"), "0")
        zone = func.right(text, 6)
        offset = cast(func.substr(zone, 2, 2), BigInteger) * 60 + cast(func.right(zone, 2), BigInteger)
        minutes = part(12, 2) * 60 + part(15, 2)
        local = days * 1440 + minutes
        zulu = func.upper(func.right(text, 1)) == "Z"
        utc = local + case((zulu, 0), (func.left(zone, 1) == "-", offset), else_=-offset)
        millis = (utc * 60 + part(18, 2)) * 1000 + cast(func.rpad(fraction, 3, "0"), BigInteger)
        return case((text.op("~", is_comparison=True)(_REGEX), millis), else_=None)

    def _text_elements(self, element: Expression, kind: Expression, values: list[str]) -> Condition:
        text = element.op("#>>")(cast(literal("{}"), ARRAY(Text)))
        return and_(kind == "string", self.any_of(text, values))

    def _number_elements(self, element: Expression, kind: Expression, values: list[float]) -> Condition:
        number = case((kind == "number", cast(cast(element, Text), Double)), else_=None)
        return self.any_of(number, values)

    def _boolean_element(self, element: Expression, kind: Expression, value: bool) -> Condition:
        return element == cast(literal("true" if value else "false"), JSONB)


_REGEX = (
    "^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(\.[0-9]+)?([Zz]|[+-][0-2][0-9]:[0-5][0-9])$"
)


def _sql_type(value: Any) -> Any:
    if isinstance(value, str):
        return Text
    return Double if isinstance(value, float) else BigInteger


def _bound(values: Sequence[Any], kind: Any) -> Expression:
    return bindparam(None, list(values), type_=ARRAY(kind), unique=True)


_DIALECTS: dict[str, Dialect] = {"sqlite": Sqlite(), "postgresql": Postgres()}


def dialect_of(name: str) -> Dialect:
    """The expressions of a database kind."""
    return _DIALECTS[name]

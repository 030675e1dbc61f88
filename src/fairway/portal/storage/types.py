"""Column types that behave the same on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from fairway.kit.jsonio import dumps_text, loads


class Document(TypeDecorator[Any]):
    """A JSON document kept as text, so that key order comes back as it was sent (contract 1.7)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else dumps_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else loads(value)


SearchableJson = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""A JSON object that searches look into: text on SQLite, JSONB on PostgreSQL."""

Id = BigInteger().with_variant(Integer, "sqlite")
"""A surrogate key. SQLite only makes an INTEGER column its row id."""

Millis = BigInteger
"""Milliseconds since the epoch, UTC."""

"""Selectors of the mapping."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class FakeSelector(BaseModel):
    """Of every kind."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    count: int | None = Field(None, ge=0, le=10_000_000, description="Items, instead of the setting's number.")

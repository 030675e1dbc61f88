"""Selectors of the mapping."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel


class ObjectSelector(BaseModel):
    """Which objects of a kind are fetched; the API server selects them."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    namespaces: tuple[str, ...] = Field((), description="Only these namespaces; all when there is none.")
    label_selector: str | None = Field(None, description="As of kubectl: app=shop,tier!=test.")
    field_selector: str | None = Field(None, description="As of kubectl: status.phase=Running.")

    @field_validator("namespaces", mode="after")
    @classmethod
    def _named(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not each or "/" in each for each in value):
            raise ValueError("must be names of namespaces")
        return tuple(dict.fromkeys(value))


class ClusterSelector(BaseModel):
    """The cluster has no options."""

    model_config = ConfigDict(extra="forbid", frozen=True)

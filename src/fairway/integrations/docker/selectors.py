"""Selectors of the mapping."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Selector(BaseModel):
    """Without options."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    @property
    def filters(self) -> dict[str, list[str]]:
        """For the engine's ``filters``."""
        return {}


class LabelledSelector(Selector):
    """Of what has labels."""

    labels: tuple[str, ...] = Field((), description="NAME or NAME=VALUE; all of them must be there.")

    @property
    def filters(self) -> dict[str, list[str]]:
        """By label."""
        return {"label": list(self.labels)} if self.labels else {}


class ContainerSelector(LabelledSelector):
    """Which containers, and how much of them."""

    states: tuple[Literal["created", "restarting", "running", "removing", "paused", "exited", "dead"], ...] = Field(
        (), description="Only these states; all when there is none."
    )
    include_details: bool = Field(
        False, description="Inspect every container: `__details`, without values of variables."
    )

    @property
    def filters(self) -> dict[str, list[str]]:
        """By label and state."""
        return {**super().filters, **({"status": list(self.states)} if self.states else {})}


class ImageSelector(LabelledSelector):
    """Which images."""

    reference: tuple[str, ...] = Field((), description="Patterns of repository and tag: registry.example.com/*:1.*")
    dangling: bool = Field(False, description="Also images without a tag.")

    @property
    def filters(self) -> dict[str, list[str]]:
        """By label and reference."""
        found = {**super().filters, **({"reference": list(self.reference)} if self.reference else {})}
        return found if self.dangling else {**found, "dangling": ["false"]}


SELECTORS: dict[str, type[BaseModel]] = {
    "engine": Selector,
    "container": ContainerSelector,
    "image": ImageSelector,
    "volume": LabelledSelector,
    "network": LabelledSelector,
    "service": LabelledSelector,
    "node": Selector,
    "stack": Selector,
}

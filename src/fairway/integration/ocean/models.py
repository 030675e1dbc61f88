"""Typed mappings (contract section 15.8)."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from pydantic import BaseModel, ConfigDict, Field

from fairway.integration.definition import Integration
from fairway.integration.model import Resource
from fairway.integration.ocean.current import open_registry


class Selector(BaseModel):
    """Options of a kind; ``query`` is the filter."""

    model_config = ConfigDict(populate_by_name=True, extra="allow")
    query: str = "true"


class IntegrationMappingConfig(BaseModel):
    """The entity mapping, as it is written."""

    model_config = ConfigDict(extra="allow")


class PortResourceConfig(BaseModel):
    """What becomes of items."""

    model_config = ConfigDict(extra="allow")
    entity: IntegrationMappingConfig | None = None


class ResourceConfig(BaseModel):
    """One entry of the mapping. Subclasses narrow ``kind`` to a ``Literal`` and ``selector`` to their model."""

    model_config = ConfigDict(populate_by_name=True, extra="allow")
    kind: str
    selector: Selector = Field(default_factory=Selector)
    port: PortResourceConfig | None = None


class PortAppConfig(BaseModel):
    """The whole mapping; subclasses narrow ``resources`` to a list of the union of their resource classes."""

    model_config = ConfigDict(populate_by_name=True, extra="allow")
    resources: list[Any] = Field(default_factory=list)


class BaseIntegration:
    """Whoever derives from it says in ``AppConfigHandlerClass`` what the mapping looks like."""

    AppConfigHandlerClass: ClassVar[Any] = None

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        registry, model = open_registry(), getattr(cls.AppConfigHandlerClass, "CONFIG_CLASS", None)
        if registry is not None and model is not None:
            registry.mapping_model = model
            models = {kind: each for each in _resource_models(model) for kind in _kinds(each)}
            registry.integration.selectors = {kind: _selector_of(each) for kind, each in models.items()}
            _models_of[registry.integration] = models


class APIPortAppConfig:
    """Where Ocean says that mappings come from the portal; ``CONFIG_CLASS`` is their model."""

    CONFIG_CLASS: ClassVar[type[PortAppConfig]] = PortAppConfig


_models_of: WeakKeyDictionary[Integration, dict[str, type[ResourceConfig]]] = WeakKeyDictionary()


def resource_config_of(integration: Integration, resource: Resource) -> ResourceConfig:
    """An entry of the mapping as the integration's own class, or the plain one."""
    model = _models_of.get(integration, {}).get(resource.kind, ResourceConfig)
    selector = {**resource.selector, "query": resource.query}
    return model.model_validate({"kind": resource.kind, "selector": selector})


def _resource_models(model: type[BaseModel]) -> Iterator[type[ResourceConfig]]:
    pending = [model.model_fields["resources"].annotation]
    while pending:
        each = pending.pop()
        if isinstance(each, type) and issubclass(each, ResourceConfig):
            yield each
        elif typing.get_origin(each) in (list, typing.Union, types.UnionType, typing.Annotated):
            pending += [part for part in typing.get_args(each) if part is not None]


def _selector_of(model: type[ResourceConfig]) -> type[BaseModel]:
    found = model.model_fields["selector"].annotation
    return found if isinstance(found, type) and issubclass(found, BaseModel) else Selector


def _kinds(model: type[ResourceConfig]) -> list[str]:
    annotation = model.model_fields["kind"].annotation
    return (
        [str(each) for each in typing.get_args(annotation)] if typing.get_origin(annotation) is typing.Literal else []
    )

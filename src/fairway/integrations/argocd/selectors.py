"""What the kinds of Argo CD take in ``selector`` beside ``query``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Selector(BaseModel):
    """Base: camelCase names, nothing unknown."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class ApplicationSelector(Selector):
    """Applications, and what belongs to them."""

    projects: tuple[str, ...] = ()
    """Without it those of all projects."""
    labels: str | None = None
    """A label selector of Kubernetes: ``team=payments,tier!=test``."""
    app_namespace: str | None = None


SELECTORS: dict[str, type[BaseModel]] = {
    "cluster": Selector,
    "project": Selector,
    "application": ApplicationSelector,
    "deployment-history": ApplicationSelector,
    "kubernetes-resource": ApplicationSelector,
    "managed-resource": ApplicationSelector,
}

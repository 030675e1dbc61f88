"""``.port/spec.yaml`` (contract 2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from fairway.integration.manifest.documents import SUFFIXES, read_document
from fairway.integration.manifest.problems import InvalidManifest


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)


class When(_Part):
    """A condition on another setting: its value is, or is one of."""

    equals: Any = None
    one_of: list[Any] | None = Field(None, alias="in")


class Then(_Part):
    """What holds then."""

    required: bool = True


class Dependency(_Part):
    """The setting is needed, or not, depending on another one."""

    on: str
    when: When = When()
    then: Then = Then()

    @model_validator(mode="before")
    @classmethod
    def _on(cls, value: Any) -> Any:
        """YAML 1.1 reads an ``on`` without quotes as true."""
        return {"on" if key is True else key: each for key, each in value.items()} if isinstance(value, dict) else value


class Configuration(_Part):
    """One setting of the integration."""

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    type: Literal["string", "integer", "boolean", "object", "array", "url"]
    required: bool = False
    default: Any = None
    sensitive: bool = False
    title: str | None = None
    description: str | None = None
    enum: list[Any] | None = None
    dependencies: list[Dependency] = []


class KindOfFeature(_Part):
    """A kind in the list of features, which is documentation only."""

    kind: str


class Feature(_Part):
    """What the integration offers."""

    type: str = "exporter"
    section: str | None = None
    resources: list[KindOfFeature] = []


class ActionInput(_Part):
    """One input of an action."""

    name: str
    title: str | None = None
    type: str = "string"
    description: str | None = None
    required: bool = False
    default: Any = None


class SpecAction(_Part):
    """An action that the integration carries out; ``name`` is its executor's."""

    name: str
    icon: str | None = None
    description: str | None = None
    allowed_execution_identities: list[str] = []
    inputs: list[ActionInput] = []


class Spec(_Part):
    """The specification. Keys that only installers read are ignored."""

    title: str | None = None
    description: str | None = None
    icon: str | None = None
    docs: str | None = None
    type: str | None = None
    features: list[Feature] = []
    configurations: list[Configuration] = []
    saas: Mapping[str, Any] = {}
    actions_processing_enabled: bool = False
    actions: list[SpecAction] = []

    @property
    def saas_enabled(self) -> bool:
        """Whether a vendor may host it."""
        return self.saas.get("enabled") is True

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds the features list, which need not be those served."""
        return tuple(dict.fromkeys(kind.kind for feature in self.features for kind in feature.resources))


def find_spec(folder: Path) -> Path | None:
    """The specification of an integration's folder."""
    candidates = (folder / ".port" / f"spec{suffix}" for suffix in SUFFIXES)
    return next((path for path in candidates if path.is_file()), None)


def read_spec(path: Path) -> Spec:
    """The specification in a file.

    Raises:
        InvalidManifest: with everything that is wrong, by JSON path.
    """
    try:
        return Spec.model_validate(read_document(path) or {})
    except ValidationError as error:
        places = [(".".join(map(str, found["loc"])), found["msg"]) for found in error.errors()]
        raise InvalidManifest([f"{path}: {place or 'the file'}: {message}" for place, message in places]) from None

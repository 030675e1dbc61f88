"""All sources together, checked at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import BaseModel, ValidationError

from fairway.integration.settings.config_file import NAME, read_config_file
from fairway.integration.settings.environment import normalised, read_environment
from fairway.integration.settings.model import Settings
from fairway.integration.settings.names import BARE, variable
from fairway.integration.settings.problems import InvalidSettings, SettingProblem
from fairway.integration.settings.tree import CONFIG, Source, Tree, merge


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The framework's settings, and those of the integration as its hooks get them."""

    settings: Settings
    config: Any
    """An instance of the integration's config model; a plain dictionary when it has none."""


def load_settings(
    environment: Mapping[str, str],
    folder: Path,
    *,
    overrides: Mapping[str, Any] | None = None,
    config_model: type[BaseModel] | None = None,
    default_type: str | None = None,
) -> LoadedSettings:
    """Settings for the integration in ``folder``, which may hold ``.env`` and ``config.yaml``.

    ``overrides`` (nested, of the command line) win over ``environment``, except for the group ``application``.
    ``default_type`` is the project's name.

    Raises:
        InvalidSettings: with every problem, by environment variable.
    """
    sources = list(_sources(environment, folder, overrides or {}))
    tree: Tree = {}
    for source in reversed(sources):
        tree = merge(tree, source.tree)
    _name(tree, default_type)
    problems = [problem for source in sources for problem in source.problems]
    settings = _checked(Settings, tree, (), sources, problems)
    config = _config(tree, config_model, sources, problems)
    if settings is not None and not settings.integration.type:
        problems.append(SettingProblem(variable(("integration", "type")), "is required, since the project has no name"))
    if problems or settings is None:
        raise InvalidSettings(problems)
    return LoadedSettings(settings, config)


def _sources(environment: Mapping[str, str], folder: Path, overrides: Mapping[str, Any]) -> Iterator[Source]:
    """The strongest first."""
    process = read_environment("environment", environment)
    bare, arguments = Source("environment"), Source("arguments")
    bare.tree = {BARE: process.tree[BARE]} if BARE in process.tree else {}
    arguments.tree = normalised(overrides)
    yield bare
    yield arguments
    yield process
    values = dotenv_values(folder / ".env", interpolate=False) if (folder / ".env").is_file() else {}
    file = {name: value for name, value in values.items() if value is not None}
    yield read_environment(".env", file)
    yield read_config_file(folder / NAME, {**file, **environment})


def _name(tree: Tree, default_type: str | None) -> None:
    """Type and identifier have defaults that depend on the project (contract 1)."""
    identity = tree.setdefault("integration", {})
    if isinstance(identity, dict):
        if not identity.get("type") and default_type:
            identity["type"] = default_type
        if not identity.get("identifier") and identity.get("type"):
            identity["identifier"] = f"my-{identity['type']}-integration"


def _config(
    tree: Tree, model: type[BaseModel] | None, sources: Sequence[Source], problems: list[SettingProblem]
) -> Any:
    identity = tree.get("integration")
    config = identity.get("config", {}) if isinstance(identity, dict) else {}
    if model is None or not isinstance(config, dict):
        return config
    return _checked(model, config, CONFIG, sources, problems)


def _checked(
    model: type[BaseModel],
    values: Mapping[str, Any],
    at: tuple[str, ...],
    sources: Sequence[Source],
    problems: list[SettingProblem],
) -> Any:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            path = (*at, *problem["loc"])
            source = next((found.name for found in sources if found.says(path)), None)
            missing = problem["type"] == "missing"
            message = "is required" if missing else problem["msg"].removeprefix("Value error, ")
            problems.append(SettingProblem(variable(path), message, None if missing else source))
    return None


def jq_environment(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """What mappings see as ``env``: nothing, unless it is allowed by name or altogether (contract 6.4 rule 3)."""
    if settings.allow_environment_variables_jq_access:
        return dict(environment)
    return {name: environment[name] for name in settings.jq_environment_variables if name in environment}

"""From an integration's folder to what runs (contract 2.1 and 4.1)."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairway.integration.definition import Integration
from fairway.integration.manifest.config_model import config_model
from fairway.integration.manifest.project import Project, read_project
from fairway.integration.manifest.resources import Resources, read_resources
from fairway.integration.manifest.spec import find_spec, read_spec
from fairway.integration.portal_api import Defaults, Installation
from fairway.integration.settings.load import LoadedSettings, load_settings
from fairway.kit.errors import InvalidRequest


class InvalidIntegration(InvalidRequest):
    """The folder holds no integration that can run."""

    code = "invalid_integration"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything about one installation."""

    folder: Path
    integration: Integration
    project: Project
    resources: Resources
    loaded: LoadedSettings

    @property
    def installation(self) -> Installation:
        """Who it is at the portal."""
        identity = self.loaded.settings.integration
        return Installation(identity.identifier, identity.type, self.project.version)

    @property
    def defaults(self) -> Defaults:
        """What it brings to a portal."""
        found = self.resources
        return Defaults(found.mapping, found.blueprints, found.actions, found.scorecards, found.pages)


def load_bundle(folder: Path, environment: Mapping[str, str], overrides: Mapping[str, Any] | None = None) -> Bundle:
    """Reads the folder and imports its ``main.py``.

    Raises:
        InvalidIntegration: there is no ``main.py``, it fails, or it makes no :class:`Integration`.
        FairwayError: manifest or settings are wrong; the message has everything.
    """
    folder = folder.resolve()
    project = read_project(folder)
    integration = _imported(folder)
    path = find_spec(folder)
    spec = None if path is None else read_spec(path)
    model = integration.config_model or (config_model(spec.configurations) if spec is not None else None)
    kind = integration.name or (spec.type if spec is not None else None) or project.name
    loaded = load_settings(
        environment, folder, overrides=overrides or {}, config_model=model, default_type=kind.lower()
    )  # fmt: skip
    resources = read_resources(folder, loaded.settings.resources_path)
    return Bundle(folder, integration, project, resources, loaded)


def _imported(folder: Path) -> Integration:
    path = folder / "main.py"
    spec = importlib.util.spec_from_file_location(f"integration_{folder.name.replace('-', '_')}_main", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise InvalidIntegration(f'"{folder}" has no main.py; is it the folder of an integration?')
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InvalidIntegration(f'"{path}" fails: {type(error).__name__}: {error}') from error
    found = {id(each): each for each in vars(module).values() if isinstance(each, Integration)}
    if len(found) != 1:
        raise InvalidIntegration(
            f'"{path}" must make one Integration, `integration = Integration()`, not {len(found)}'
        )  # fmt: skip
    return next(iter(found.values()))

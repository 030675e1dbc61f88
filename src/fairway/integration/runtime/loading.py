"""From an integration's folder to what runs (contract 2.1 and 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairway.integration.definition import Integration
from fairway.integration.folder import LoadedIntegration, load_integration
from fairway.integration.manifest.choice import first_choice
from fairway.integration.manifest.resources import Resources, read_resources
from fairway.integration.portal_api import Defaults, Installation
from fairway.integration.settings.load import LoadedSettings


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything about one installation."""

    found: LoadedIntegration
    resources: Resources
    """Those of ``RESOURCES_PATH``."""
    loaded: LoadedSettings

    @property
    def folder(self) -> Path:
        """Where relative paths of the settings begin."""
        return self.found.folder

    @property
    def integration(self) -> Integration:
        """Its hooks."""
        return self.found.integration

    @property
    def installation(self) -> Installation:
        """Who it is at the portal."""
        identity = self.loaded.settings.integration
        return Installation(identity.identifier, identity.type, self.found.project.version)

    @property
    def defaults(self) -> Defaults:
        """What it brings to a portal at the first start."""
        found = self.resources
        blueprints = first_choice(found).blueprints
        return Defaults(found.mapping, blueprints, found.actions, found.scorecards, found.pages)


def load_bundle(folder: Path, environment: Mapping[str, str], overrides: Mapping[str, Any] | None = None) -> Bundle:
    """Reads the folder and imports its ``main.py``.

    Raises:
        FairwayError: code, manifest or settings are wrong; the message has everything.
    """
    found = load_integration(folder)
    loaded = found.settings(environment, overrides)
    resources = read_resources(found.folder, loaded.settings.resources_path)
    return Bundle(found, resources, loaded)

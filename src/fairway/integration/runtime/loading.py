"""From an integration's folder to what runs (contract 2.1 and 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairway.integration.definition import Integration
from fairway.integration.folder import LoadedIntegration, load_integration
from fairway.integration.manifest.project import Project
from fairway.integration.manifest.resources import Resources, read_resources
from fairway.integration.portal_api import Defaults, Installation
from fairway.integration.settings.load import LoadedSettings


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything about one installation."""

    found: LoadedIntegration
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
        FairwayError: code, manifest or settings are wrong; the message has everything.
    """
    found = load_integration(folder)
    loaded = found.settings(environment, overrides)
    resources = read_resources(found.folder, loaded.settings.resources_path)
    return Bundle(found, found.folder, found.integration, found.project, resources, loaded)

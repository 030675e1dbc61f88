"""One integration written for the published framework and for ours, and how each is run, for slow tests."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support.live import LivePortal

_SCRIPT = Path(__file__).parents[2] / "scripts" / "ocean.py"
_SECONDS = 120
NEWEST, OLDEST = "0.56.2", "0.12.9"
"""The published versions that are compared with: today's, and the last that runs on Python 3.11."""
BREAKS = "breaks"
"""A page that cannot be had."""
Pages = Sequence[list[dict[str, Any]] | str]

_HANDLER = """
    for page in json.loads(Path(os.environ["COMPARED_ITEMS"]).read_text())[{kind}]:
        if page == "breaks":
            raise RuntimeError("the third party is away")
        yield page
"""
_THEIRS = """
import json, os
from pathlib import Path

from port_ocean.context.ocean import ocean


@ocean.on_resync()
async def items(kind):""" + _HANDLER.format(kind="kind")
_OURS = """
import json, os
from pathlib import Path

from fairway.integration.definition import Integration

integration = Integration()


@integration.on_resync()
async def items(context):""" + _HANDLER.format(kind="context.kind")


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ocean_script", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def published(version: str = NEWEST) -> Path:
    """The command of the published framework; the test is skipped, with the reason, where it cannot be had."""
    script = _script()
    lacking = script.missing(version)
    if lacking:
        pytest.skip(lacking)
    return Path(script.fetch(version))


@dataclass
class Compared:
    """The integration in both versions, at one portal. ``items`` are the pages of each kind."""

    folder: Path
    portal: LivePortal
    command: Path
    items: dict[str, Pages]

    def write(self, blueprints: Sequence[Mapping[str, Any]], mapping: Mapping[str, Any]) -> None:
        """What both have in common, and what they do not."""
        for name, main in (("theirs", _THEIRS), ("ours", _OURS)):
            folder = self.folder / name
            (folder / ".port" / "resources").mkdir(parents=True, exist_ok=True)
            (folder / "main.py").write_text(main)
            (folder / "pyproject.toml").write_text('[project]\nname = "compared"\nversion = "1.0.0"\n')
            (folder / ".port" / "spec.yaml").write_text(_spec(self.items))
            (folder / ".port" / "resources" / "blueprints.json").write_text(json.dumps(blueprints))
            (folder / ".port" / "resources" / "port-app-config.yml").write_text(json.dumps(mapping))

    def theirs(self) -> int:
        """One sync of the published framework; its exit code."""
        return self._run("theirs", str(self.command), "sail", ".", "-O")

    def ours(self) -> int:
        """One sync of ours; its exit code."""
        return self._run("ours", sys.executable, "-m", "fairway", "integration", "run", ".", "--once", "--port", "0")

    def _run(self, name: str, *command: str) -> int:
        items = self.folder / "items.json"
        items.write_text(json.dumps(self.items))
        assert self.portal.settings.client_secret is not None
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "COMPARED_ITEMS": str(items),
            "OCEAN__PORT__BASE_URL": self.portal.url,
            "OCEAN__PORT__CLIENT_ID": self.portal.settings.client_id,
            "OCEAN__PORT__CLIENT_SECRET": self.portal.settings.client_secret.get_secret_value(),
            "OCEAN__INTEGRATION__IDENTIFIER": f"compared-{name}",
            "OCEAN__STATE_PATH": str(self.folder / name / "state.db"),
            "OCEAN__EVENT_LISTENER": '{"type": "ONCE"}',
            "APPLICATION__PORT": "0",
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            done = subprocess.run(
                command, cwd=self.folder / name, env=environment, stdout=log, stderr=log, timeout=_SECONDS, check=False
            )
        return done.returncode

    def entities(self) -> dict[tuple[str, str], dict[str, Any]]:
        """What the portal has, without what tells when and by whom it was written."""
        with self.portal.login() as client:
            found = client.post(
                "/v1/entities/search", json={"combinator": "and", "rules": []}
            ).json()["entities"]  # fmt: skip
        kept = ("identifier", "blueprint", "title", "icon", "team", "properties", "relations")
        return {
            (each["blueprint"], each["identifier"]): {name: each.get(name) for name in kept}
            for each in found
            if not each["blueprint"].startswith("_")
        }

    def clear(self) -> None:
        """Without entities again."""
        with self.portal.login() as client:
            for blueprint in {name for name, _ in self.entities()}:
                client.delete(f"/v1/blueprints/{blueprint}/all-entities").raise_for_status()


def _spec(kinds: Mapping[str, Any]) -> str:
    resources = [{"kind": kind} for kind in kinds]
    feature = {"type": "exporter", "section": "x", "resources": resources}
    return json.dumps({"title": "Compared", "type": "compared", "icon": "Box", "features": [feature]})

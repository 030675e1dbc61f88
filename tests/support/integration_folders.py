"""Folders of integrations, as their authors would write them."""

from __future__ import annotations

from pathlib import Path

MAIN = """
from fairway.integration.definition import Context, Integration

integration = Integration()


@integration.on_resync("repository")
async def repositories(context: Context):
    yield [{"id": "a"}]
"""

SPEC = """
title: Example
features:
  - type: exporter
    resources: [{kind: repository}]
configurations:
  - {name: apiUrl, type: url, required: true}
  - {name: token, type: string, sensitive: true}
"""

MAPPING = """
resources:
  - kind: repository
    selector: {query: .archived | not}
    port:
      entity:
        mappings:
          identifier: .id
          blueprint: '"service"'
          properties: {url: .url}
"""

PROJECT = '[project]\nname = "Example"\nversion = "1.2.3"\n'

FILES = {
    "main.py": MAIN,
    "pyproject.toml": PROJECT,
    ".port/spec.yaml": SPEC,
    ".port/resources/port-app-config.yml": MAPPING,
    ".port/resources/blueprints.json": '[{"identifier": "service", "title": "S", "schema": {"properties": {}}}]',
}


def write(folder: Path, **changes: str | None) -> Path:
    """An integration; ``changes`` are contents by path, with ``None`` a file is left out."""
    for name, content in {**FILES, **changes}.items():
        if content is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    return folder

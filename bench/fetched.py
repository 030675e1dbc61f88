"""One integration for two frameworks: raw items of about a kilobyte, ten mapped properties and a relation."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

PAGE = 1000
_WORDS = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel")
_READ = """
    for path in sorted(Path(os.environ["BENCH_PAGES"]).glob("*.pickle")):
        yield pickle.loads(path.read_bytes())
"""
_THEIRS = f"""
import os, pickle
from pathlib import Path

from port_ocean.context.ocean import ocean


@ocean.on_resync("repository")
async def repositories(kind):{_READ}"""
_OURS = f"""
import os, pickle
from pathlib import Path

from fairway.integration.definition import Integration

integration = Integration()


@integration.on_resync("repository")
async def repositories(context):{_READ}"""
_TEXT = {"type": "string"}
_PROPERTIES = {
    "url": '"https://git.example.com/" + .full_name',
    "owner": '.full_name | split("/") | .[0]',
    "language": '.language // "unknown"',
    "stars": ".stats.stars // 0",
    "critical": '.labels | map(.name) | any(. == "tier-1")',
    "labels": "[.labels[] | .name | ascii_upcase]",
    "branch": '.default_branch | sub("^refs/heads/"; "")',
    "service": '.name | test("-(api|worker)$")',
    "created": ".created_at",
    "summary": '.description | ascii_downcase | ltrimstr("the ") | .[0:60]',
}
_MAPPING = {
    "createMissingRelatedEntities": True,
    "resources": [
        {
            "kind": "repository",
            "selector": {"query": ".archived | not"},
            "port": {
                "entity": {
                    "mappings": {
                        "identifier": '.full_name | gsub("/"; "-")',
                        "title": ".name",
                        "blueprint": '"repository"',
                        "properties": _PROPERTIES,
                        "relations": {"team": ".team.slug"},
                    }
                }
            },
        }
    ],
}
_BLUEPRINTS = [
    {"identifier": "team", "title": "Team", "schema": {"properties": {}, "required": []}},
    {
        "identifier": "repository",
        "title": "Repository",
        "schema": {
            "properties": {
                **dict.fromkeys(("url", "owner", "language", "branch", "created", "summary"), _TEXT),
                "stars": {"type": "number"},
                "critical": {"type": "boolean"},
                "service": {"type": "boolean"},
                "labels": {"type": "array"},
            },
            "required": [],
        },
        "relations": {"team": {"title": "Team", "target": "team", "required": False, "many": False}},
    },
]
_SPEC = {
    "title": "Measured",
    "type": "measured",
    "icon": "Box",
    "features": [{"type": "exporter", "section": "x", "resources": [{"kind": "repository"}]}],
}


def item(number: int) -> dict[str, Any]:
    """A raw item, as the listing of a forge has it."""
    name = f"{_WORDS[number % 8]}-{number}-{('api', 'worker', 'web')[number % 3]}"
    full = f"group-{number % 50}/{name}"
    links = {each: f"https://git.example.com/api/{full}/{each}" for each in ("branches", "tags", "issues", "hooks")}
    return {
        "id": number,
        "name": name,
        "full_name": full,
        "archived": False,
        "language": (None, "Go", "Python", "Rust")[number % 4],
        "default_branch": "refs/heads/main",
        "created_at": "2026-01-02T03:04:05Z",
        "stats": {"stars": number % 900, "forks": number % 70, "issues": number % 11},
        "labels": [{"id": each, "name": f"tier-{(number + each) % 4}", "color": "#ededed"} for each in range(3)],
        "team": {"id": number % 30, "slug": f"team-{number % 30}", "name": f"Team {number % 30}"},
        "description": f"The {name} service keeps what people bought together with what they meant to. " * 3,
        "links": links,
    }


def write(folder: Path) -> None:
    """The integration for both, in ``theirs`` and ``ours``."""
    for name, main in (("theirs", _THEIRS), ("ours", _OURS)):
        resources = folder / name / ".port" / "resources"
        resources.mkdir(parents=True)
        (folder / name / "main.py").write_text(main)
        (folder / name / "pyproject.toml").write_text('[project]\nname = "measured"\nversion = "1.0.0"\n')
        (folder / name / ".port" / "spec.yaml").write_text(json.dumps(_SPEC))
        (resources / "blueprints.json").write_text(json.dumps(_BLUEPRINTS))
        (resources / "port-app-config.yml").write_text(json.dumps(_MAPPING))


def write_pages(folder: Path, count: int) -> None:
    """``count`` items, a thousand to a file."""
    folder.mkdir()
    for start in range(0, count, PAGE):
        page = [item(number) for number in range(start, min(start + PAGE, count))]
        (folder / f"{start:08}.pickle").write_bytes(pickle.dumps(page))

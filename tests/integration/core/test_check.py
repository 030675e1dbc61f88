"""``fairway integration check`` and ``preview``, as people and scripts run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fairway.integration.check.checker import check_folder
from fairway.integration.check.report import Checked, Tier
from fairway.jq import Engine
from support.integration_folders import MAIN, MAPPING, SPEC, write

WEBHOOK = MAIN + "\n\nclass Processor:\n    pass\n\n\nintegration.webhook('/hook/', Processor)\n"
GOLD = {
    "main.py": WEBHOOK,
    ".port/spec.yaml": SPEC.replace("required: true", "required: true, title: URL").replace(
        "sensitive: true", "sensitive: true, description: A token"
    ),
    "README.md": "# Example\n",
    "tests/test_it.py": "",
    "examples/repository.json": '[{"id": "a", "archived": false}]',
}


def broken(checked: Checked) -> dict[str, tuple[str, ...]]:
    return {finding.rule: finding.broken for finding in checked.findings if not finding.holds}


async def test_a_whole_integration_is_gold(engine: Engine, tmp_path: Path) -> None:
    checked = await check_folder(write(tmp_path, **GOLD), engine)
    assert broken(checked) == {}
    assert checked.tier is Tier.GOLD
    assert (checked.served, checked.mapped) == (("repository",), ("repository",))
    assert (checked.native, checked.libjq) == (4, 0)


async def test_a_small_integration_is_bronze(engine: Engine, tmp_path: Path) -> None:
    checked = await check_folder(write(tmp_path), engine)
    assert checked.tier is Tier.BRONZE
    assert set(broken(checked)) == {"settings-described", "readme", "tests", "examples", "live"}


RESOURCE = MAPPING.removeprefix("\nresources:\n")
BREACHES: dict[str, dict[str, str | None]] = {
    "spec": {".port/spec.yaml": None},
    "handlers": {"main.py": "from fairway.integration.definition import Integration\nintegration = Integration()\n"},
    "default-mapping": {".port/resources/port-app-config.yml": None},
    "mapping-sound": {".port/resources/port-app-config.yml": MAPPING.replace(".archived | not", ".archived |")},
    "blueprints": {".port/resources/blueprints.json": None},
    "blueprints-mapped": {".port/resources/blueprints.json": '[{"identifier": "other"}]'},
    "served-mapped": {"main.py": WEBHOOK + "\n\nintegration.on_resync('team')(repositories)\n"},
    "features": {".port/spec.yaml": GOLD[".port/spec.yaml"].replace("kind: repository", "kind: repositories")},
    "settings-described": {".port/spec.yaml": SPEC},
    "readme": {"README.md": None},
    "tests": {"tests/test_it.py": None},
    "native": {".port/resources/port-app-config.yml": MAPPING.replace("url: .url", "url: '[paths] | length'")},
    "examples": {"examples/repository.json": '[{"id": "a"}, 5]'},
    "live": {"main.py": MAIN},
}


@pytest.mark.parametrize("rule", BREACHES)
async def test_each_rule_is_told_when_it_is_broken(engine: Engine, tmp_path: Path, rule: str) -> None:
    checked = await check_folder(write(tmp_path, **{**GOLD, **BREACHES[rule]}), engine)
    assert rule in broken(checked)
    assert checked.tier is not Tier.GOLD


async def test_examples_that_fail_are_told(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, **{**GOLD, ".port/resources/port-app-config.yml": MAPPING.replace(" | not", "")})
    (tmp_path / "examples" / "repository.json").write_text('[{"id": "a"}]')
    checked = await check_folder(tmp_path, engine)
    assert "the selector must give true or false, not null" in broken(checked)["examples"][0]


async def test_a_mapped_kind_without_handler_is_below_bronze(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, **{**GOLD, ".port/resources/port-app-config.yml": MAPPING.replace("kind: repository", "kind: x")})
    checked = await check_folder(tmp_path, engine)
    assert checked.tier is None
    assert "no handler serves" in broken(checked)["mapping-sound"][0]


def fairway(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FAIRWAY_")}
    return subprocess.run(
        [sys.executable, "-m", "fairway", "integration", *arguments],
        cwd=cwd, env=kept, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def records(run: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_check_prints_records_and_ends_with_0_from_bronze_up(tmp_path: Path) -> None:
    run = fairway("check", str(write(tmp_path / "it")), cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert records(run)[-1]["tier"] == "bronze"
    assert {"rule": "readme", "tier": "silver", "holds": False, "broken": ["there is no README.md"]} in records(run)


def test_check_ends_with_1_below_bronze_and_when_it_cannot_load(tmp_path: Path) -> None:
    assert fairway("check", str(write(tmp_path / "a", **{".port/spec.yaml": None})), cwd=tmp_path).returncode == 1
    run = fairway("check", str(write(tmp_path / "b", **{"main.py": "def ("})), cwd=tmp_path)
    assert run.returncode == 1
    assert "main.py:1" in run.stderr


def test_preview_shows_entities_and_what_became_of_the_others(tmp_path: Path) -> None:
    items = [{"id": "a", "archived": False, "url": "u"}, {"id": "b", "archived": True}, {"archived": False}]
    (tmp_path / "items.json").write_text(json.dumps([*items, {"id": "d"}]))
    (tmp_path / "mapping.yml").write_text(MAPPING.replace(".archived | not", ".archived == false"))
    arguments = ("preview", str(write(tmp_path / "it")), "--kind", "repository", "--payload", "items.json")
    run = fairway(*arguments, "--mapping", "mapping.yml", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    found = records(run)
    entity = {"identifier": "a", "blueprint": "service", "properties": {"url": "u"}}
    assert found[0] == {"resource": "repository-0", "entity": entity}
    assert found[-1] == {
        "resource": "repository-0", "raw": 4, "mapped": 1, "filtered": 2, "dropped": 1, "failed": 0,
    }  # fmt: skip
    assert any(record.get("message") == "the identifier is null" for record in found)


def test_preview_ends_with_1_when_items_fail(tmp_path: Path) -> None:
    (tmp_path / "items.json").write_text('{"id": "a", "archived": []}')
    (tmp_path / "m.json").write_text(json.dumps({
        "resources": [{
            "kind": "repository", "selector": {"query": ".archived"},
            "port": {"entity": {"mappings": {"identifier": ".id", "blueprint": "'x'"}}},
        }]
    }))  # fmt: skip
    arguments = ("preview", str(write(tmp_path / "it")), "--kind", "repository", "--payload", "items.json")
    run = fairway(*arguments, "--mapping", "m.json", cwd=tmp_path)
    assert run.returncode == 1
    assert records(run)[-1]["failed"] == 1


def test_preview_names_the_kinds_of_the_mapping(tmp_path: Path) -> None:
    (tmp_path / "items.json").write_text("[]")
    run = fairway("preview", str(write(tmp_path / "it")), "--kind", "x", "--payload", "items.json", cwd=tmp_path)
    assert run.returncode == 1
    assert 'its kinds: \\"repository\\"' in run.stderr

"""Integrations that ship with Fairway: how they are found, what each of them has, and that the package brings it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fairway.integration.check.checker import check_folder
from fairway.integration.check.report import Tier
from fairway.integration.folder import load_integration
from fairway.integrations import PLACE, builtin, locate
from fairway.jq import Engine
from fairway.kit.errors import NotFound
from support.integration_folders import write

ROOT = Path(__file__).parents[3]


def fairway(
    *arguments: str, cwd: Path, command: Sequence[str] = (sys.executable, "-m", "fairway")
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FAIRWAY_", "OCEAN__"))}
    return subprocess.run(
        [*command, "integration", *arguments],
        cwd=cwd, env=kept, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def records(run: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.parametrize(
    "folder", [path.parent for path in sorted(PLACE.glob("*/main.py"))], ids=lambda path: path.name
)
async def test_each_keeps_the_convention(folder: Path) -> None:
    loaded = load_integration(folder)
    assert loaded.kind_of_integration == loaded.project.name
    assert loaded.project.name.replace("-", "_").startswith(folder.name)
    assert (folder / ".port" / "resources" / "blueprints.json").is_file()
    assert (folder / "tests" / f"test_{folder.name}.py").is_file()
    assert 15 <= len((folder / "README.md").read_text().splitlines()) <= 120
    engine = Engine()
    try:
        checked = await check_folder(folder, engine)
    finally:
        await engine.aclose()
    assert [finding.broken for finding in checked.findings if not finding.holds] == []
    assert checked.tier is Tier.GOLD


@pytest.mark.parametrize(
    "folder", [path.parent for path in sorted(PLACE.glob("*/main.py"))], ids=lambda path: path.name
)
def test_each_speaks_to_the_framework_only(folder: Path) -> None:
    own = f"fairway.integrations.{folder.name}"
    for path in folder.rglob("*.py"):
        for module in re.findall(r"^\s*(?:from|import) (fairway[\w.]*)", path.read_text(), re.MULTILINE):
            assert module == "fairway" or module.startswith(("fairway.integration.", "fairway.kit.", own)), path


def test_a_name_is_a_type_or_a_folder() -> None:
    assert locate("fake") == builtin()["fake"] == PLACE / "fake"
    assert locate("FAKE") == PLACE / "fake"


def test_a_path_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert locate("./fake") == Path("./fake")
    assert locate(".") == Path()
    (tmp_path / "fake").mkdir()
    assert locate("fake") == PLACE / "fake"
    write(tmp_path / "fake")
    assert locate("fake") == Path("fake")
    assert locate(str(tmp_path / "fake")) == tmp_path / "fake"


def test_an_unknown_name_is_told_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("nothing", "__pycache__", "fake2"):
        with pytest.raises(NotFound, match=r'built in are: .*"fake"'):
            locate(name)
    run = fairway("check", "nothing", cwd=tmp_path)
    assert run.returncode == 2
    assert '"nothing" is neither a folder nor a built-in integration' in run.stderr.replace("\n", " ")


def test_files_of_a_built_in_one_are_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    portal = "OCEAN__PORT__CLIENT_ID=a\nOCEAN__PORT__CLIENT_SECRET=b\nOCEAN__PORT__BASE_URL=http://localhost:1\n"
    (tmp_path / ".env").write_text(portal + "OCEAN__INTEGRATION__CONFIG__SEED=other\n")
    loaded = load_integration(locate("fake")).settings({})
    assert loaded.config.plain()["seed"] == "other"
    place = tmp_path / "fairway-data" / "integrations" / "my-fake-integration"
    assert loaded.settings.state_path == place / "fairway-integration.sqlite"
    mine = load_integration(locate("fake")).settings({"OCEAN__RESOURCES_PATH": "mine"})
    assert mine.settings.resources_path == tmp_path / "mine"
    elsewhere = load_integration(locate("fake")).settings({"OCEAN__STATE_PATH": "/var/lib/x.sqlite"})
    assert elsewhere.settings.state_path == Path("/var/lib/x.sqlite")


def test_list_tells_what_there_is(tmp_path: Path) -> None:
    run = fairway("list", "--json", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert {
        "type": "fake", "title": "Fake", "version": "0.1.0", "kinds": ["person", "service", "incident"], "tier": "gold",
    } in records(run)  # fmt: skip


def test_preview_takes_a_name(tmp_path: Path) -> None:
    items = PLACE / "fake" / "examples" / "person.json"
    run = fairway("preview", "fake", "--kind", "person", "--payload", str(items), cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert records(run)[-1]["mapped"] == 3


@pytest.mark.slow
def test_a_wheel_brings_everything(tmp_path: Path) -> None:
    subprocess.run(
        [ROOT / ".tools" / "bin" / "uv", "build", "--wheel", "--quiet", "--out-dir", tmp_path / "wheel", ROOT],
        check=True,
    )
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    wheel = next((tmp_path / "wheel").glob("*.whl"))
    place = next((tmp_path / "venv" / "lib").iterdir()) / "site-packages"
    subprocess.run([python, "-m", "zipfile", "-e", wheel, place], check=True)
    # What it depends on comes from here; Fairway itself does not.
    here = next(path for path in map(Path, sys.path) if (path / "typer").is_dir())
    script = f"import sys; sys.path.append({str(here)!r}); import fairway.cli.main as m; m.app()"
    command = (str(python), "-I", "-c", script)
    listed = fairway("list", cwd=tmp_path, command=command)
    assert listed.returncode == 0, listed.stderr
    assert [each["type"] for each in records(listed)] == list(builtin())
    for name in builtin():
        checked = fairway("check", name, cwd=tmp_path, command=command)
        assert checked.returncode == 0, checked.stderr
        assert records(checked)[-1]["tier"] == "gold"

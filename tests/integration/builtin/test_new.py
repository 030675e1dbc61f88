"""``fairway integration new``: what it writes works at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fairway.integration.check.checker import check_folder
from fairway.integration.check.report import Tier
from fairway.integration.scaffold import Names, write_integration
from fairway.jq import Engine
from fairway.kit.errors import Conflict, InvalidRequest

KEPT = {name: value for name, value in os.environ.items() if not name.startswith(("FAIRWAY_", "OCEAN__"))}


def python(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=KEPT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("live", "tier"), [pytest.param(False, Tier.SILVER, marks=pytest.mark.slow), (True, Tier.GOLD)]
)
async def test_it_is_checked_and_its_tests_pass(tmp_path: Path, live: bool, tier: Tier) -> None:
    folder = tmp_path / "it"
    write_integration(folder, Names("acme-tickets", "work-item"), live=live)
    engine = Engine()
    try:
        checked = await check_folder(folder, engine)
    finally:
        await engine.aclose()
    assert checked.tier is tier
    assert checked.served == checked.mapped == ("work-item",)
    assert (folder / "live.py").exists() is live
    assert not [path for path in folder.rglob("*.*") if path.is_file() and "{{" in path.read_text()]
    run = python("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=folder)
    assert run.returncode == 0, run.stdout
    assert f"{6 if live else 4} passed" in run.stdout


@pytest.mark.slow
@pytest.mark.parametrize("live", [False, True])
def test_its_code_holds_strict_types(tmp_path: Path, live: bool) -> None:
    folder = tmp_path / "acme_tickets"
    write_integration(folder, Names("acme-tickets", "ticket"), live=live)
    run = python("-m", "mypy", "--strict", "--exclude", "tests/", "acme_tickets", cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_command_says_what_it_wrote(tmp_path: Path) -> None:
    arguments = ("-m", "fairway", "integration", "new", "acme-tickets")
    run = python(*arguments, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert '"tests/test_acme_tickets.py"' in run.stdout
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "acme_tickets").rglob("*")}
    again = python(*arguments, cwd=tmp_path)
    assert again.returncode == 1
    assert "nothing is overwritten" in again.stderr
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "acme_tickets").rglob("*")}
    assert "built-in" in python(*arguments[:-1], "fake", cwd=tmp_path).stderr


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path, tmp_path / "file"):
        with pytest.raises(Conflict):
            write_integration(place, Names("acme"))
    (tmp_path / "empty").mkdir()
    assert Path("main.py") in write_integration(tmp_path / "empty", Names("acme"))


@pytest.mark.parametrize("name", ["", "Acme", "acme_tickets", "1acme", "acme-", "a--b", "../acme", "a" * 61, "class"])
def test_names_are_checked(name: str) -> None:
    with pytest.raises(InvalidRequest):
        Names(name)
    with pytest.raises(InvalidRequest):
        Names("acme", name)

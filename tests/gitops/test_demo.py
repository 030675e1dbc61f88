"""``make demo-gitops`` as people run it, and the comparison that its exit code hangs on."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "gitops"


@pytest.mark.slow
async def test_the_catalog_follows_git(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(EXAMPLE / "demo.py"), str(tmp_path / "demo"), stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    text = output.decode()
    assert process.returncode == 0, text
    assert re.findall(r"exit code (\d)", text) == ["0", "0", "0", "2", "0", "0"]
    assert re.findall(r"(\d+) created", text) == ["38", "0", "0", "0", "0", "0", "0"]
    assert re.findall(r"(\d+) updated", text) == ["0", "1", "0", "1", "2", "0", "0"]
    assert re.findall(r"(\d+) deleted", text) == ["0", "0", "1", "0", "0", "0", "1"]
    found = re.findall(r"(\S+):(\d+):(\d+): (E_\w+)", text)
    assert {(path.rsplit("work/")[1], line, column, code) for path, line, column, code in found} == {
        ("search/web/port.yml", "5", "1", "E_YAML"),
        ("search/jobs/port.yml", "5", "9", "E_PROPERTY_TYPE"),
    }


def test_what_differs_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLE.parent))
    monkeypatch.syspath_prepend(str(EXAMPLE))
    from comparing import differences

    git = {("service", name): {"tier": 1, "version": "1.10"} for name in ("same", "other", "missing")}
    catalog = {
        ("service", "same"): {"tier": 1, "version": "1.10", "owner": "kim"},
        ("service", "other"): {"tier": 1, "version": "1.1"},
        ("service", "extra"): {"tier": 2},
    }
    assert differences(git, catalog) == [
        (("service", "extra"), "nothing", "tier 2"),
        (("service", "missing"), "tier 1, version 1.10", "nothing"),
        (("service", "other"), "version 1.10", "version 1.1"),
    ]

"""The list of codes is that of the contract, of the code, and of the documentation."""

from __future__ import annotations

import re
from pathlib import Path

from fairway.gitops.spec.codes import CODES, table

ROOT = Path(__file__).parents[3]
NAMES = [code.name for code in CODES]


def test_the_page_explains_every_code() -> None:
    assert table() in (ROOT / "docs" / "how-to" / "spec-files.md").read_text()
    assert len(set(NAMES)) == len(NAMES)


def test_the_code_uses_no_others() -> None:
    used: set[str] = set()
    for path in (ROOT / "src" / "fairway" / "gitops").rglob("*.py"):
        used.update(re.findall(r'"([EW]_[A-Z_]+)"', path.read_text()))
    assert used - set(NAMES) == set()

"""Each test that docs/reference/agent-contract.md names is there."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
TABLE = HERE.parents[1] / "docs" / "reference" / "agent-contract.md"


def test_every_named_test_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", TABLE.read_text())
    assert len(named) > 80
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (HERE / path).is_file() or not re.search(rf"\b(def|class) {name}\b", (HERE / path).read_text())
    ]
    assert missing == []


def test_every_line_names_a_test() -> None:
    rows = [line for line in TABLE.read_text().splitlines() if re.match(r"\| [\d.]+(, [\d.]+)* \|", line)]
    assert len(rows) > 70
    assert [row for row in rows if "::test_" not in row and "::One" not in row] == []

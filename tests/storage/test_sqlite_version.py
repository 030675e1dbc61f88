"""A library that can lose commits is told of."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fairway.portal.storage import sqlite


@pytest.mark.parametrize(("version", "warned"), [((3, 51, 2), True), ((3, 51, 3), False), ((3, 53, 4), False)])
async def test_an_old_library_is_warned_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], warned: bool
) -> None:
    monkeypatch.setattr(sqlite.pysqlite3, "sqlite_version_info", version)
    with capture_logs() as told:
        store = sqlite.SqliteStore(tmp_path / "fairway.db", readers=1, synchronous="FULL")
    await store.close()
    assert ("sqlite_too_old" in [each["event"] for each in told]) is warned

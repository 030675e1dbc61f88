"""The doctor: healthy installations are called healthy, ill ones by name."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from sqlalchemy import insert

from fairway.kit.clock import SystemClock
from fairway.kit.settings import Settings
from fairway.portal.admin.doctor import examine
from fairway.portal.services import Portal
from fairway.portal.storage.tables import dead_job


async def _verdicts(settings: Settings) -> dict[str, str]:
    return {finding.check: finding.verdict for finding in await examine(settings, SystemClock())}


async def test_a_running_installation_is_fine(portal: Portal, settings: Settings) -> None:
    found = await _verdicts(settings)
    assert set(found.values()) == {"ok"}
    assert set(found) == {"data dir", "disk", "database", "secret key", "background work", "dead jobs"}


async def test_a_wrong_secret_key_is_a_failure(portal: Portal, settings: Settings) -> None:
    wrong = settings.model_copy(update={"secret_key": SecretStr("w" * 48)})
    assert (await _verdicts(wrong))["secret key"] == "failure"


async def test_readable_secrets_are_a_failure(portal: Portal, settings: Settings) -> None:
    key = settings.data_dir / "secret.key"
    key.write_text("k" * 48)
    key.chmod(0o644)
    assert (await _verdicts(settings))["data dir"] == "failure"
    key.chmod(0o600)
    assert (await _verdicts(settings))["data dir"] == "ok"


async def test_dead_jobs_are_a_warning(portal: Portal, settings: Settings) -> None:
    row = {"id": "j", "kind": "k", "key": "x", "payload": {}, "attempts": 12, "last_error": "e", "died_at": 1}
    await portal.db.write(lambda tx: tx.run(insert(dead_job).values(row)))
    assert (await _verdicts(settings))["dead jobs"] == "warning"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_damaged_file_is_a_failure(portal: Portal, settings: Settings) -> None:
    await portal.close()
    path = settings.effective_database_url.removeprefix("sqlite:///")
    with open(path, "r+b") as file:  # noqa: ASYNC230 nothing else runs in this test
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 4)
    assert (await _verdicts(settings))["database"] == "failure"

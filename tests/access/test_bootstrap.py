"""What a first start makes, keeps and refuses."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from fairway.kit.clock import SystemClock
from fairway.kit.crypto import SecretBox
from fairway.kit.errors import FairwayError, InvalidRequest
from fairway.kit.settings import Settings
from fairway.portal.access.bootstrap import ensure_principals, load_identity
from fairway.portal.access.keys import Keys
from fairway.portal.storage import Database


def test_everything_is_generated_once_and_private(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    first = load_identity(settings)
    assert first.generated == {"secret_key", "client_id", "client_secret", "admin_password"}
    assert len(first.client_id) == 60
    assert len(first.client_secret) == 64
    assert any(first.client_secret in line for line in first.notices())
    assert any(first.admin_password in line for line in first.notices())
    for name in ("secret.key", "identity.json"):
        assert stat.S_IMODE((tmp_path / "data" / name).stat().st_mode) == 0o600
    again = load_identity(settings)
    assert again.generated == frozenset()
    assert again.notices() == []
    assert (again.client_id, again.client_secret, again.secret_key) == (
        first.client_id,
        first.client_secret,
        first.secret_key,
    )


def test_settings_win_and_are_not_written_down(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, client_secret=SecretStr("c" * 32), client_id="mine")
    identity = load_identity(settings)
    assert (identity.client_id, identity.client_secret) == ("mine", "c" * 32)
    assert list(json.loads((tmp_path / "identity.json").read_text())) == ["admin_password"]


def test_nothing_secret_shows_in_logs(tmp_path: Path) -> None:
    identity = load_identity(Settings(data_dir=tmp_path))
    text = repr(identity)
    assert identity.client_secret not in text
    assert identity.admin_password not in text
    assert identity.secret_key.decode() not in text


@pytest.mark.parametrize("name", ["client_secret", "secret_key"])
def test_short_secrets_are_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    settings = Settings(data_dir=tmp_path, **{name: SecretStr("short")})  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest) as caught:
        load_identity(settings)
    assert caught.value.message.startswith(f"FAIRWAY_{name.upper()} has 5 bytes; at least 32 are needed")


async def test_a_database_of_another_key_is_refused(db: Database, settings: Settings) -> None:
    async def start(key: str) -> None:
        identity = load_identity(settings.model_copy(update={"secret_key": SecretStr(key)}))
        raw = identity.secret_key
        await ensure_principals(db, identity, SystemClock(), Keys(raw), SecretBox(raw))

    await start("k" * 48)
    await start("k" * 48)
    with pytest.raises(FairwayError) as caught:
        await start("b" * 40)
    assert "FAIRWAY_SECRET_KEY" in caught.value.message

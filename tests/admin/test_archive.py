"""Archives and backups: what goes in comes out, on either database, or nothing does."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from fairway.kit.clock import SystemClock
from fairway.kit.errors import InvalidRequest
from fairway.kit.settings import Settings
from fairway.portal.admin.archive import archived_tables
from fairway.portal.admin.backup import backup, export, restore
from fairway.portal.app import create_app
from fairway.portal.services import Portal, build_portal
from fairway.portal.storage.tx import Tx
from fairway.portal.worker import Background
from support.catalog import DOMAIN, SERVICE, TO_DOMAIN
from support.http import logged_in


@pytest.fixture
async def filled(client: httpx.AsyncClient, background: Background) -> None:
    """A catalog with a bit of everything that has a table."""
    await client.post("/v1/blueprints", json=DOMAIN)
    await client.post("/v1/blueprints", json={**SERVICE, "relations": TO_DOMAIN})
    for number in range(30):
        await client.post("/v1/blueprints/domain/entities", json={"identifier": f"d{number}"})
        relations = {"domain": f"d{number}"}
        body = {"identifier": f"s{number}", "properties": {"tier": "gold", "score": number}, "relations": relations}
        await client.post("/v1/blueprints/service/entities", json=body)
    await client.delete("/v1/blueprints/service/entities/s29")
    await client.post("/v1/organization/secrets", json={"secretName": "TOKEN", "secretValue": "shh"})
    await background.settle()


async def _content(portal: Portal) -> dict[str, list[tuple[object, ...]]]:
    async def work(tx: Tx) -> dict[str, list[tuple[object, ...]]]:
        skipped = ("consumer", "job", "id_block")
        return {
            table.name: sorted(map(repr, await tx.rows(select(*[c for c in table.columns if c.name != "txid"]))))
            for table in archived_tables()
            if table.name not in skipped
        }  # type: ignore[return-value]

    return await portal.db.read(work)


def _elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    """An empty SQLite installation with the same secret key."""
    return settings.model_copy(update={"database_url": "", "data_dir": tmp_path / "elsewhere"})


@pytest.mark.slow
@pytest.mark.usefixtures("filled")
async def test_an_archive_moves_an_installation(portal: Portal, settings: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "all.zip"
    await export(settings, archive)
    before = await _content(portal)
    other = _elsewhere(settings, tmp_path)
    await restore(other, archive)
    moved = await build_portal(other, SystemClock())
    try:
        assert await _content(moved) == before
        async with logged_in(create_app(moved), other) as client:
            read = (await client.get("/v1/blueprints/service/entities/s7")).json()["entity"]
            assert (read["relations"], read["properties"]["score"]) == ({"domain": "d7"}, 7)
            created = await client.post("/v1/blueprints/service/entities", json={"identifier": "new"})
            assert created.status_code == 201
            gold = {"combinator": "and", "rules": [{"property": "score", "operator": ">=", "value": 20}]}
            found = await client.post("/v1/blueprints/service/entities/search", json={"query": gold})
            assert len(found.json()["entities"]) == 9
    finally:
        await moved.close()


@pytest.mark.slow
@pytest.mark.usefixtures("filled")
async def test_an_archive_goes_into_the_same_kind_of_database(
    portal: Portal, settings: Settings, tmp_path: Path, fresh_database_url: str
) -> None:
    archive = tmp_path / "all.zip"
    await export(settings, archive)
    before = await _content(portal)
    other = settings.model_copy(update={"database_url": fresh_database_url})
    await restore(other, archive)
    moved = await build_portal(other, SystemClock())
    try:
        assert await _content(moved) == before
        await Background(moved).settle()
        async with logged_in(create_app(moved), other) as client:
            assert (await client.post("/v1/blueprints/domain/entities", json={"identifier": "n"})).status_code == 201
    finally:
        await moved.close()


@pytest.mark.usefixtures("filled")
async def test_a_backup_is_taken_while_the_portal_writes(
    client: httpx.AsyncClient, portal: Portal, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "folder" / "backup"
    await backup(settings, file)
    await client.post("/v1/blueprints/domain/entities", json={"identifier": "later"})
    with pytest.raises(InvalidRequest, match="exists already"):
        await backup(settings, file)
    other = _elsewhere(settings, tmp_path)
    await restore(other, file)
    moved = await build_portal(other, SystemClock())
    try:
        async with logged_in(create_app(moved), other) as there:
            assert (await there.get("/v1/blueprints/domain/entities-count")).json()["count"] == 30
    finally:
        await moved.close()


@pytest.mark.usefixtures("filled")
async def test_nothing_is_restored_over_something(settings: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "all.zip"
    await export(settings, archive)
    with pytest.raises(InvalidRequest, match="not empty"):
        await restore(settings, archive)


@pytest.mark.usefixtures("filled")
async def test_damaged_archives_leave_the_database_empty(settings: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "all.zip"
    await export(settings, archive)
    damaged = tmp_path / "damaged.zip"
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(damaged, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(b"gold", b"lead") if name == "tables/entity.jsonl" else content)
    other = _elsewhere(settings, tmp_path)
    with pytest.raises(InvalidRequest, match='damaged: table "entity"'):
        await restore(other, damaged)
    await restore(other, archive)


async def test_files_that_are_no_archives(settings: Settings, tmp_path: Path) -> None:
    for name, content in (("text", b"hello"), ("empty", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InvalidRequest, match="cannot be read"):
            await restore(settings, tmp_path / name)
    with zipfile.ZipFile(tmp_path / "cut.zip", "w") as archive:
        archive.writestr("tables/entity.jsonl", b"")
    with pytest.raises(InvalidRequest, match="interrupted"):
        await restore(settings, tmp_path / "cut.zip")
    with zipfile.ZipFile(tmp_path / "newer.zip", "w") as archive:
        tables = {"entity": {"columns": ["id", "aura"], "rows": 0, "sha256": ""}}
        manifest = {"format": 1, "fairway": "9.0", "tables": tables, "sequences": {}}
        archive.writestr("manifest.json", json.dumps(manifest))
    with pytest.raises(InvalidRequest, match=r"entity\.aura"):
        await restore(settings, tmp_path / "newer.zip")


@pytest.mark.usefixtures("filled")
async def test_another_secret_key_is_noticed(settings: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "all.zip"
    await export(settings, archive)
    other = _elsewhere(settings, tmp_path).model_copy(update={"secret_key": SecretStr("z" * 48)})
    await restore(other, archive)
    with pytest.raises(Exception, match="secret key"):
        await build_portal(other, SystemClock())

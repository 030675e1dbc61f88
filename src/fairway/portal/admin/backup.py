"""Backups: a page copy of a SQLite database while it is in use, the portable archive of any other."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pysqlite3

from fairway.kit.errors import InvalidRequest
from fairway.kit.settings import Settings
from fairway.portal.admin.archive import export_archive, import_archive
from fairway.portal.storage.database import open_database

_SQLITE_MAGIC = b"SQLite format 3\0"


async def backup(settings: Settings, path: Path) -> None:
    """Writes a backup of the settings' database, which may be in use.

    Raises:
        InvalidRequest: the file exists already.
    """
    if settings.effective_database_url.startswith("sqlite:///"):
        _prepare(path)
        await _copy_pages(settings, path)
    else:
        await export(settings, path)


async def export(settings: Settings, path: Path) -> None:
    """Writes a portable archive of the settings' database, which may be in use.

    Raises:
        InvalidRequest: the file exists already.
    """
    _prepare(path)
    db = await open_database(settings, migrate=False)
    try:
        await export_archive(db, path)
    finally:
        await db.close()


def _prepare(path: Path) -> None:
    if path.exists():
        raise InvalidRequest(f"{path} exists already; a backup never overwrites another file")
    path.parent.mkdir(parents=True, exist_ok=True)


async def _copy_pages(settings: Settings, path: Path) -> None:
    def copy() -> None:
        source = pysqlite3.connect(settings.effective_database_url.removeprefix("sqlite:///"))
        target = pysqlite3.connect(str(path))
        source.backup(target, pages=4096)
        target.execute("PRAGMA journal_mode=DELETE")
        target.close()
        source.close()

    await asyncio.to_thread(copy)


async def restore(settings: Settings, path: Path) -> None:
    """Reads a backup or an archive into the settings' database, which must be empty.

    Raises:
        InvalidRequest: there is no such backup, it is damaged, or the database is not empty.
    """
    if not path.exists():
        raise InvalidRequest(f"{path} does not exist")
    with path.open("rb") as file:
        magic = file.read(len(_SQLITE_MAGIC))
    if magic == _SQLITE_MAGIC:
        _place_file(settings, path)
        return
    db = await open_database(settings)
    try:
        await import_archive(db, path)
    finally:
        await db.close()


def _place_file(settings: Settings, path: Path) -> None:
    url = settings.effective_database_url
    if not url.startswith("sqlite:///"):
        raise InvalidRequest(
            f"{path} is a SQLite file, the database is not; start from a portable archive (fairway admin export)"
        )
    target = Path(url.removeprefix("sqlite:///"))
    if target.exists():
        raise InvalidRequest(f"{target} exists already; move it away first, nothing was changed")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(target.name + ".part")
    shutil.copyfile(path, draft)
    draft.replace(target)

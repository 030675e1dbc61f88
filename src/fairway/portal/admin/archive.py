"""The portable archive: every table as JSON lines with a checksum, readable into an empty database of either kind.

One ZIP file: ``tables/<name>.jsonl`` with one array per row, and ``manifest.json``, which is written last, so that an
archive that was cut short is recognised.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, select, tuple_

from fairway import __version__
from fairway.kit.errors import InvalidRequest
from fairway.kit.jsonio import dumps, dumps_text, loads
from fairway.portal.storage.database import Database
from fairway.portal.storage.outbox import Cursor, after
from fairway.portal.storage.tables import SEQUENCES, consumer, event, id_block, job
from fairway.portal.storage.tx import Tx
from fairway.portal.tables import metadata

FORMAT = 1
_PAGE = 2000
"""Rows in memory at once."""


def archived_tables() -> list[Table]:
    """Every table with content, those that others refer to first."""
    return [table for table in metadata.sorted_tables if table is not id_block]


async def export_archive(db: Database, path: Path) -> dict[str, int]:
    """Writes one consistent snapshot; answers the number of rows by table."""
    draft = path.with_name(path.name + ".part")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        manifest = await db.read(lambda tx: _write_all(tx, archive))
        archive.writestr("manifest.json", json.dumps(manifest, indent=2))
    draft.replace(path)
    return {name: table["rows"] for name, table in manifest["tables"].items()}


async def _write_all(tx: Tx, archive: zipfile.ZipFile) -> dict[str, Any]:
    tables = {table.name: await _write_table(tx, table, archive) for table in archived_tables()}
    sequences = {name: await _next_id(tx, name) for name in SEQUENCES}
    return {"format": FORMAT, "fairway": __version__, "tables": tables, "sequences": sequences}


async def _write_table(tx: Tx, table: Table, archive: zipfile.ZipFile) -> dict[str, Any]:
    columns = [column.name for column in table.columns]
    key = list(table.primary_key.columns)
    places = [columns.index(column.name) for column in key]
    digest = hashlib.sha256()
    count = 0
    statement = select(table).order_by(*key).limit(_PAGE)
    page = statement
    with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as out:
        while rows := await tx.rows(page):
            for row in rows:
                line = dumps(await _portable(tx, table, columns, list(row))) + b"\n"
                out.write(line)
                digest.update(line)
            count += len(rows)
            page = statement.where(tuple_(*key) > tuple_(*(rows[-1][place] for place in places)))
    return {"columns": columns, "rows": count, "sha256": digest.hexdigest()}


async def _portable(tx: Tx, table: Table, columns: list[str], row: list[Any]) -> list[Any]:
    """Transaction ids mean nothing elsewhere: events are in the order of their ids there, and a consumer goes on with
    the first event that it has not handled. Leases end."""
    values = dict(zip(columns, row, strict=True))
    if table is consumer:
        pending = select(func.min(event.c.id)).where(after(Cursor(values["txid"], values["event_id"])))
        first = await tx.scalar(pending)
        latest = await tx.scalar(select(func.coalesce(func.max(event.c.id), 0)))
        values |= {"event_id": latest if first is None else first - 1, "lease_owner": None, "lease_until": 0}
    if table is job:
        values["lease_until"] = 0
    if "txid" in values:
        values["txid"] = 0
    return list(values.values())


async def _next_id(tx: Tx, name: str) -> int:
    if tx.dialect == "sqlite":
        return int(await tx.scalar(select(id_block.c.next_id).where(id_block.c.name == name)) or 1)
    (row,) = await tx.raw(f"SELECT last_value + CASE WHEN is_called THEN 1 ELSE 0 END FROM {name}_id_seq")  # noqa: S608 names are ours
    return int(row[0])


async def import_archive(db: Database, path: Path) -> dict[str, int]:
    """Fills an empty database from an archive, all of it or nothing; answers the number of rows by table.

    Raises:
        InvalidRequest: the file is no archive, is damaged or newer than this program, or the database is not empty.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(path, archive)
            return await db.write(lambda tx: _read_all(tx, archive, manifest))
    except (zipfile.BadZipFile, OSError) as error:
        raise InvalidRequest(f"{path} cannot be read as an archive: {error}") from None


def _manifest(path: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    if "manifest.json" not in archive.namelist():
        raise InvalidRequest(
            f"{path} is not a Fairway archive, or its writing was interrupted: manifest.json is missing"
        )
    manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
    if manifest.get("format") != FORMAT:
        raise InvalidRequest(f"{path} has format {manifest.get('format')}; this version reads format {FORMAT}")
    known = {table.name: set(table.columns.keys()) for table in archived_tables()}
    for name, table in manifest["tables"].items():
        strange = set(table["columns"]) - known.get(name, set())
        if strange:
            raise InvalidRequest(
                f"{path} was written by version {manifest['fairway']} and holds {name}.{sorted(strange)[0]}, "
                f"which version {__version__} does not know"
            )
    return manifest


async def _read_all(tx: Tx, archive: zipfile.ZipFile, manifest: dict[str, Any]) -> dict[str, int]:
    await _refuse_unless_empty(tx)
    counts = {}
    for table in archived_tables():
        if table.name in manifest["tables"]:
            counts[table.name] = await _read_table(tx, table, archive, manifest["tables"][table.name])
    for name, value in manifest["sequences"].items():
        await _set_next_id(tx, name, int(value))
    return counts


async def _refuse_unless_empty(tx: Tx) -> None:
    for table in archived_tables():
        if await tx.row(select(table).limit(1)) is not None:
            raise InvalidRequest(
                f'The database is not empty: table "{table.name}" has rows. Nothing was changed; '
                "give an empty database or another data dir"
            )


async def _read_table(tx: Tx, table: Table, archive: zipfile.ZipFile, described: dict[str, Any]) -> int:
    columns: list[str] = described["columns"]
    documents = [_is_document(table, name) for name in columns]
    digest = hashlib.sha256()
    count = 0
    for lines in _pages(archive, table.name):
        for line in lines:
            digest.update(line)
        rows = [
            [dumps_text(value) if is_document and value is not None else value
             for value, is_document in zip(loads(line), documents, strict=True)]
            for line in lines
        ]  # fmt: skip
        await tx.insert_many(table, columns, rows)
        count += len(rows)
    if digest.hexdigest() != described["sha256"] or count != described["rows"]:
        raise InvalidRequest(f'The archive is damaged: table "{table.name}" does not match its checksum')
    return count


def _pages(archive: zipfile.ZipFile, name: str) -> Iterator[list[bytes]]:
    with archive.open(f"tables/{name}.jsonl") as source:
        page: list[bytes] = []
        for line in source:
            page.append(line)
            if len(page) == _PAGE:
                yield page
                page = []
        if page:
            yield page


def _is_document(table: Table, column: str) -> bool:
    return type(table.c[column].type).__name__ in ("JSON", "Document")


async def _set_next_id(tx: Tx, name: str, value: int) -> None:
    if tx.dialect == "sqlite":
        await tx.upsert(id_block, {"name": name, "next_id": value}, ["name"])
    else:
        await tx.raw("SELECT setval($1::regclass, $2, false)", f"{name}_id_seq", value)

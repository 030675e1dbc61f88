"""Writes a schema revision: what the tables of the features have and the revision before it lacks.

python scripts/new_revision.py 0002 self_service "Tables of actions, runs and workflows."

Run it again while a revision is not released and its tables change; never for one that is.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.operations import ops
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext

from fairway.portal.storage.migrate import _config, scripts
from fairway.portal.storage.tables import SEQUENCES
from fairway.portal.storage.types import Document, Id, SearchableJson
from fairway.portal.tables import metadata

VERSIONS = Path("src/fairway/portal/storage/migrations/versions")
_HEAD = '''"""{title}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
{types}
revision = "{revision}"
down_revision = "{before}"
'''
_SEQUENCES = """
SEQUENCES = {names}
"""
_CREATE_SEQUENCES = """    if op.get_bind().dialect.name == "postgresql":
        for name in SEQUENCES:
            op.execute(sa.schema.CreateSequence(sa.Sequence(f"{name}_id_seq")))
"""


def _render_item(kind: str, item: Any, context: Any) -> str | bool:
    if kind != "type":
        return False
    if isinstance(item, Document):
        return "Document()"
    if item is SearchableJson:
        return "SearchableJson"
    return "Id" if item is Id else False


def _at_revision(connection: sa.Connection, before: str) -> None:
    directory = scripts()

    def steps(revision: Any, _context: Any) -> Any:
        return directory._upgrade_revs(before, revision)

    with EnvironmentContext(_config(), directory, fn=steps, destination_rev=before) as environment:
        environment.configure(connection=connection, transactional_ddl=False)
        environment.run_migrations()


def _operations(before: str) -> tuple[list[Any], MigrationContext]:
    engine = sa.create_engine("sqlite://")
    connection = engine.connect()
    _at_revision(connection, before)
    options = {"compare_type": False, "target_metadata": metadata, "render_item": _render_item}
    context = MigrationContext.configure(connection, opts=options)
    found = produce_migrations(context, metadata).upgrade_ops
    assert found is not None
    return list(found.ops), context


def _grouped(operations: list[Any]) -> dict[str, list[Any]]:
    """Operations by table, those of a new table behind its creation."""
    groups: dict[str, list[Any]] = {}
    for operation in operations:
        inner = operation.ops if isinstance(operation, ops.ModifyTableOps) else [operation]
        for each in inner:
            if getattr(each, "index_name", None) == "ix_event_txid":
                continue  # of PostgreSQL alone; the first revision makes it by hand
            groups.setdefault(each.table_name, []).append(each)
    return groups


def _render(revision: str, title: str, before: str, known: set[str]) -> str:
    operations, context = _operations(before)
    functions, calls = [], []
    for table, found in sorted(_grouped(operations).items()):
        body = render_python_code(ops.UpgradeOps(found), render_item=_render_item, migration_context=context)
        code = re.sub(r"(?m)^(    )?# ###.*\n?", "", body).strip()
        # rendered for SQLite, which has no booleans; PostgreSQL takes no number for one
        code = code.replace("sa.Boolean(), server_default=sa.text('0')", "sa.Boolean(), server_default=sa.false()")
        functions.append(f"\n\ndef _{table}() -> None:\n    {code}\n")
        calls.append(f"    _{table}()\n")
    names = tuple(name for name in SEQUENCES if name not in known)
    everything = "".join(functions)
    used = ", ".join(name for name in ("Document", "Id", "SearchableJson") if re.search(rf"\b{name}\b", everything))
    types = f"\nfrom fairway.portal.storage.types import {used}\n" if used else ""
    text = _HEAD.format(title=title, types=types, revision=revision, before=before)
    text += _SEQUENCES.format(names=repr(names)) if names else ""
    text += f'\n\ndef upgrade() -> None:\n    """{title}"""\n{_CREATE_SEQUENCES if names else ""}{"".join(calls)}'
    return text + everything


def main(revision: str, name: str, title: str) -> None:
    """Writes ``vREVISION_NAME.py`` and formats it."""
    before = f"{int(revision) - 1:04d}"
    known: set[str] = set()
    for each in VERSIONS.glob("v*.py"):
        if each.name < f"v{revision}":
            known |= set(re.findall(r'"(\w+)"', (re.search(r"SEQUENCES = \(.*?\)", each.read_text()) or [""])[0]))
    path = VERSIONS / f"v{revision}_{name}.py"
    path.unlink(missing_ok=True)
    path.write_text(_render(revision, title, before, known))
    subprocess.run([".venv/bin/ruff", "check", "--fix", "--quiet", str(path)], check=False)
    subprocess.run([".venv/bin/ruff", "format", "--quiet", str(path)], check=True)
    print(path)


if __name__ == "__main__":
    main(*sys.argv[1:])

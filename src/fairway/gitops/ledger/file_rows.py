"""Rows of the ledger's file: statements that write and read the ledger's dataclasses."""

# ruff: noqa: S608 statements are made of names of columns and of placeholders

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from fairway.gitops.ledger import records
from fairway.gitops.ledger.model import Claim, ClaimId, Effect, JournalEntry, RepositoryState
from fairway.gitops.ledger.store import Changes
from fairway.gitops.model import EntityKey, Location

CLAIM = "blueprint, identifier, source, repository, state, orphaned_since, created, data, body"
REPOSITORY = (
    "source, id, label, url, revision, listed, checked, excluded, missing_since, missed, problem, last_attempt, "
    "last_success, data"
)
JOURNAL = "id, source, blueprint, identifier, effect, at, reason, repository, branch, path, content, restored_at"
T = TypeVar("T")
_CHUNK = 400
"""Values of one statement; SQLite takes 32766, and the plan stays one of index look-ups."""
_PUT_CLAIM = f"INSERT OR REPLACE INTO claim ({CLAIM}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_PUT_REPOSITORY = (
    f"INSERT INTO repository ({REPOSITORY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (source, id) DO UPDATE SET label = excluded.label, url = excluded.url, revision = excluded.revision, "
    "checked = max(repository.checked, excluded.checked), problem = excluded.problem, data = excluded.data, "
    "last_attempt = excluded.last_attempt, last_success = excluded.last_success"
)


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Parts that fit one statement."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


def marks(count: int, group: str = "?") -> str:
    """Placeholders."""
    return ", ".join([group] * count)


def claim_of(row: Sequence[Any]) -> Claim:
    """A claim of a row of :data:`CLAIM`."""
    key = EntityKey(row[0], row[1])
    return records.claim_of(key, row[2], row[3], row[4], row[5], bool(row[6]), row[7], row[8])


def repository_of(row: Sequence[Any]) -> RepositoryState:
    """A repository of a row of :data:`REPOSITORY`."""
    names = REPOSITORY.split(", ")
    columns = dict(zip(names[:-1], row[:-1], strict=True))
    columns["excluded"] = bool(columns["excluded"])
    return records.repository_of(row[-1], **columns)


def entry_of(row: Sequence[Any]) -> JournalEntry:
    """A journal entry of a row of :data:`JOURNAL`."""
    key = EntityKey(row[2], row[3])
    location = Location(row[1], row[7], row[8], row[9])
    return JournalEntry(row[0], row[1], key, Effect(row[4]), row[5], row[6], location, row[10], row[11])


def write(connection: Any, changes: Changes) -> None:
    """All of ``changes``; the transaction is the caller's."""
    put_claims(connection, changes.claims)
    drop_claims(connection, changes.dropped)
    connection.executemany(_PUT_REPOSITORY, [_repository_row(each) for each in changes.repositories])
    connection.executemany("DELETE FROM repository WHERE source = ? AND id = ?", changes.forgotten)
    put_journal(connection, changes.journal)
    connection.executemany("DELETE FROM journal WHERE id = ?", [(each,) for each in changes.erased])
    connection.executemany("DELETE FROM plan WHERE id = ?", [(each,) for each in changes.settled])
    rows = [(each.id, each.source, records.plan_data(each)) for each in changes.plans]
    connection.executemany("INSERT OR REPLACE INTO plan (id, source, data) VALUES (?, ?, ?)", rows)


def put_claims(connection: Any, claims: Sequence[Claim]) -> None:
    """Claims, and what they wait for."""
    rows = [
        (
            *_id(each.owner), each.state.value, each.orphaned_since, each.created_by_git, records.claim_data(each),
            each.body,
        )
        for each in claims
    ]  # fmt: skip
    connection.executemany(_PUT_CLAIM, rows)
    _forget_waiting(connection, [each.owner for each in claims])
    waiting = [(*target, *_id(each.owner)) for each in claims for target in set(each.waits_for)]
    connection.executemany("INSERT INTO waiting VALUES (?, ?, ?, ?, ?, ?)", waiting)


def drop_claims(connection: Any, owners: Sequence[ClaimId]) -> None:
    """Forgets claims."""
    statement = "DELETE FROM claim WHERE blueprint = ? AND identifier = ? AND source = ? AND repository = ?"
    connection.executemany(statement, [_id(each) for each in owners])
    _forget_waiting(connection, owners)


def _forget_waiting(connection: Any, owners: Sequence[ClaimId]) -> None:
    statement = "DELETE FROM waiting WHERE blueprint = ? AND identifier = ? AND source = ? AND repository = ?"
    connection.executemany(statement, [_id(each) for each in owners])


def put_journal(connection: Any, entries: Sequence[JournalEntry]) -> None:
    """Journal entries, new or changed."""
    statement = (
        f"INSERT INTO journal ({JOURNAL}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET restored_at = excluded.restored_at"
    )
    rows = [
        (
            each.id, each.source, *each.key, each.effect.value, each.at, each.reason, each.location.repository,
            each.location.branch, each.location.path, each.content, each.restored_at,
        )
        for each in entries
    ]  # fmt: skip
    connection.executemany(statement, rows)


def _id(owner: ClaimId) -> tuple[str, str, str, str]:
    key, source, repository = owner
    return (key.blueprint, key.identifier, source, repository)


def _repository_row(state: RepositoryState) -> tuple[Any, ...]:
    names = REPOSITORY.split(", ")[:-1]
    return (*(getattr(state, name) for name in names), records.repository_data(state))

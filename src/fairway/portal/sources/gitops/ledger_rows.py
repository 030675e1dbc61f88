"""Rows of the ledger in the portal's database: the ledger's dataclasses and back, and the hashes they are found by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from fairway.gitops.diagnostics import Severity
from fairway.gitops.ledger import records
from fairway.gitops.ledger.model import Claim, ClaimId, ClaimState, Effect, JournalEntry, RepositoryState
from fairway.gitops.model import EntityKey, Location

CLAIM = (
    "key", "entity_key", "source", "repository_key", "blueprint", "identifier", "repository", "state",
    "orphaned_since", "created", "stale", "severity", "data", "body",
)  # fmt: skip
REPOSITORY = (
    "key", "source", "id", "label", "folded", "url", "revision", "listed", "checked", "excluded", "missing_since",
    "missed", "problem", "last_attempt", "last_success", "files", "errors", "warnings", "broken", "data",
)  # fmt: skip
OF_THE_PASS = frozenset({"source", "id", "key", "listed", "excluded", "missing_since", "missed"})
"""Columns of repositories that a commit leaves as they are."""
JOURNAL = (
    "number", "id", "source", "blueprint", "identifier", "effect", "at", "reason", "repository", "branch", "path",
    "content", "restored_at",
)  # fmt: skip
_FOLDED = 200
_WAITS = "E_RELATION_TARGET"


def entity_key(key: EntityKey) -> str:
    """What claims on an entity are found by."""
    return _hash(key.blueprint, key.identifier)


def repository_key(source: str, repository: str) -> str:
    """What a repository is found by."""
    return _hash(source, repository)


def claim_key(owner: ClaimId) -> str:
    """What a claim is found by."""
    key, source, repository = owner
    return _hash(key.blueprint, key.identifier, source, repository)


def _hash(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode(errors="surrogatepass")
        digest.update(len(data).to_bytes(4, "big") + data)
    return digest.hexdigest()[:40]


def fold(label: str) -> str:
    """A label as lists are ordered by and found by."""
    return label.lower()[:_FOLDED]


def text(value: str | None) -> str | None:
    """Without the NUL characters that PostgreSQL cannot keep."""
    return None if value is None else value.replace("\0", "\ufffd")


def claim_row(claim: Claim) -> tuple[Any, ...]:
    """A row of :data:`CLAIM`."""
    where = claim.location
    return (
        claim_key(claim.owner), entity_key(claim.key), where.source, repository_key(where.source, where.repository),
        claim.key.blueprint, claim.key.identifier, where.repository, claim.state.value, claim.orphaned_since,
        claim.created_by_git, claim.stale, severity_of(claim), records.claim_data(claim).decode(), claim.body.decode(),
    )  # fmt: skip


def severity_of(claim: Claim) -> str | None:
    """How bad the state of a claim is; file findings apart."""
    match claim.state:
        case ClaimState.SHADOWED:
            return Severity.ERROR.value
        case ClaimState.PENDING if claim.reason is not None:
            return Severity.WARNING.value if claim.code == _WAITS else Severity.ERROR.value
        case ClaimState.ORPHANED if claim.reason is not None and (claim.kept or claim.code is not None):
            return Severity.WARNING.value
        case _:
            return None


def claim_of(row: Any) -> Claim:
    """A claim of a row of :data:`CLAIM`."""
    return records.claim_of(
        EntityKey(row.blueprint, row.identifier), row.source, row.repository, row.state, row.orphaned_since,
        bool(row.created), row.data.encode(), row.body.encode(),
    )  # fmt: skip


def repository_row(state: RepositoryState) -> tuple[Any, ...]:
    """A row of :data:`REPOSITORY`."""
    found = [each.severity for each in state.diagnostics]
    return (
        repository_key(state.source, state.id), state.source, state.id, text(state.label), text(fold(state.label)),
        text(state.url), state.revision, state.listed, state.checked, state.excluded, state.missing_since, state.missed,
        text(state.problem), state.last_attempt, state.last_success, len(state.files),
        found.count(Severity.ERROR), found.count(Severity.WARNING),
        any(each.broken for each in state.files.values()), records.repository_data(state).decode(),
    )  # fmt: skip


def repository_of(row: Any) -> RepositoryState:
    """A repository of a row of :data:`REPOSITORY`."""
    return records.repository_of(
        row.data.encode(), source=row.source, id=row.id, label=row.label, url=row.url, revision=row.revision,
        listed=row.listed, checked=row.checked, excluded=bool(row.excluded), missing_since=row.missing_since,
        missed=row.missed, problem=row.problem, last_attempt=row.last_attempt, last_success=row.last_success,
    )  # fmt: skip


def journal_row(number: int, entry: JournalEntry) -> tuple[Any, ...]:
    """A row of :data:`JOURNAL`."""
    where = entry.location
    return (
        number, entry.id, entry.source, *entry.key, entry.effect.value, entry.at, text(entry.reason), where.repository,
        text(where.branch), text(where.path), entry.content.decode(), entry.restored_at,
    )  # fmt: skip


def entry_of(row: Any) -> JournalEntry:
    """A journal entry of a row of :data:`JOURNAL`."""
    key, where = EntityKey(row.blueprint, row.identifier), Location(row.source, row.repository, row.branch, row.path)
    return JournalEntry(
        row.id, row.source, key, Effect(row.effect), row.at, row.reason, where, row.content.encode(), row.restored_at
    )


def waiting_rows(claims: Iterable[Claim]) -> list[tuple[str, str]]:
    """Rows of what claims wait for."""
    return [(entity_key(target), claim_key(each.owner)) for each in claims for target in set(each.waits_for)]

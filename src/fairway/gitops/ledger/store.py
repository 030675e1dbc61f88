"""What the synchronisation asks of whoever keeps its ledger: a file beside it, or the portal's database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from fairway.gitops.ledger.model import (
    Claim,
    ClaimId,
    ClaimState,
    HeldPlan,
    JournalEntry,
    Listed,
    RepositoryState,
    SourceState,
)
from fairway.gitops.model import EntityKey
from fairway.kit.errors import FairwayError


class LedgerUnusable(FairwayError):
    """The ledger cannot be opened, read or written."""

    code = "ledger_unusable"


@dataclass(frozen=True, slots=True)
class Changes:
    """What is stored in one transaction, all or nothing."""

    claims: Sequence[Claim] = ()
    dropped: Sequence[ClaimId] = ()
    repositories: Sequence[RepositoryState] = ()
    """All but ``listed``, ``excluded``, ``missing_since`` and ``missed``, which belong to the pass."""
    forgotten: Sequence[tuple[str, str]] = ()
    """Source and id of repositories to forget."""
    journal: Sequence[JournalEntry] = ()
    erased: Sequence[str] = ()
    """Ids of journal entries for what did not happen after all."""
    plans: Sequence[HeldPlan] = ()
    settled: Sequence[str] = ()
    """Ids of plans that nobody waits for any more."""


@dataclass(frozen=True, slots=True)
class ClaimFigures:
    """How much a source owns: the base of the safety threshold."""

    active: int = 0
    """Claims that define an entity, or did until they were orphaned and still wait for their end."""
    created: Mapping[str, int] = field(default_factory=dict)
    """Entities that git created, by blueprint."""
    states: Mapping[str, int] = field(default_factory=dict)


class LedgerStore(Protocol):
    """Durable, and safe to share between tasks. Several sources may share one store."""

    async def lease(self, name: str, holder: str, now: int, until: int) -> bool:
        """Takes or renews a lease; false while another holder has it."""
        ...

    async def release(self, name: str, holder: str) -> None:
        """Gives a lease back."""
        ...

    async def source(self, source: str) -> SourceState:
        """A source's state; a new one when there is none."""
        ...

    async def save_source(self, state: SourceState) -> None:
        """Stores it."""
        ...

    async def repositories(self, source: str, ids: Collection[str]) -> Mapping[str, RepositoryState]:
        """Those that are known."""
        ...

    async def named(self, source: str, label: str) -> RepositoryState | None:
        """A repository by its label, whatever the case of its letters."""
        ...

    async def listed(self, source: str, generation: int, found: Sequence[Listed]) -> None:
        """A page of a listing: labels and what is excluded. They are not missed any more."""
        ...

    async def checked(self, source: str, generation: int, ids: Collection[str], now: int) -> None:
        """These repositories were looked at, and nothing was new."""
        ...

    async def failed(self, source: str, repository: str, problem: str, now: int) -> None:
        """An attempt at a repository failed; what is known of it stays."""
        ...

    async def unlisted(self, source: str, generation: int, after: str, limit: int) -> Sequence[RepositoryState]:
        """Repositories that the listing of that generation lacks or that are excluded, by id behind ``after``."""
        ...

    async def missed(self, source: str, repository: str, since: int | None, count: int) -> None:
        """How many complete passes in a row did not list a repository, and since when."""
        ...

    async def claims_of(self, source: str, repositories: Collection[str]) -> Sequence[Claim]:
        """All claims of repositories."""
        ...

    async def claims(self, keys: Collection[EntityKey]) -> Sequence[Claim]:
        """All claims on entities, of every source."""
        ...

    async def page(
        self, source: str, states: Collection[ClaimState], after: EntityKey | None, limit: int
    ) -> Sequence[Claim]:
        """A source's claims in these states, by key behind ``after``; claims on one key are never torn apart."""
        ...

    async def waiting(self, keys: Collection[EntityKey]) -> Sequence[Claim]:
        """Pending claims, of every source, that wait for one of these to exist."""
        ...

    async def figures(self, source: str) -> ClaimFigures:
        """Counts."""
        ...

    async def commit(self, changes: Changes) -> None:
        """Stores, in one transaction."""
        ...

    async def plans(self, source: str) -> Sequence[HeldPlan]:
        """Held plans."""
        ...

    async def journal(self, source: str, before: str | None, limit: int) -> Sequence[JournalEntry]:
        """Entries, newest first, older than the entry ``before``."""
        ...

    async def journal_entry(self, entry: str) -> JournalEntry | None:
        """An entry by its id."""
        ...

    async def purge(self, source: str, before: int) -> int:
        """Forgets journal entries older than an instant; how many."""
        ...

    async def close(self) -> None:
        """Ends its work."""
        ...

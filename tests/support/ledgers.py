"""What suites put into ledgers: one of everything, every field set."""

from __future__ import annotations

from fairway.gitops.diagnostics import Diagnostic, Severity
from fairway.gitops.ledger.model import Claim, ClaimState, Effect, FileState, HeldPlan, JournalEntry, RepositoryState
from fairway.gitops.model import EntityKey, Location, Mark

WHERE = Location("git", "7", "main", "x/port.yml")
FOUND = Diagnostic("E_YAML", "no", "x/port.yml", Mark(2, 3), entity=EntityKey("a", "b"), severity=Severity.WARNING)
CLAIM = Claim(
    EntityKey("service", "s"), WHERE, 3, ClaimState.PENDING, 5, b'{"fields":{},"marks":{}}', "w",
    applied={"title": "h"}, waits_for=(EntityKey("domain", "d"),), held_by=("y.yml",), contested=("title",),
    pending_since=4, created_by_git=True,
)  # fmt: skip
STATE = RepositoryState(
    "git", "7", "a/b", url="u", address={"slug": "b"}, branch="main", tip="c", settings="s", blueprints=("a", "b"),
    shapes="h", files={"x/port.yml": FileState("x/port.yml", "v", True, 1, {"r": "1"}, (FOUND,), "c")}, revision=1,
)  # fmt: skip
ENTRY = JournalEntry("j1", "git", CLAIM.key, Effect.DELETE, 9, "gone", WHERE, b"{}")
PLAN = HeldPlan("p1", "git", 1, "s", "o", ("too many",), 2, 1, {"service": 3}, (CLAIM.key,))

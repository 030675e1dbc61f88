"""Links into forges, and findings as pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fairway.gitops.diagnostics import Diagnostic, Severity
from fairway.gitops.forges.base import Forge, ForgeKind
from fairway.gitops.ledger.model import Claim, ClaimState, RepositoryState
from fairway.gitops.model import Mark, Repository
from fairway.gitops.sync.applier import conflict
from fairway.portal.sources.gitops.ledger_rows import severity_of


class Links:
    """Where people see the lines of one repository."""

    def __init__(self, forge: Forge | None, state: RepositoryState | None) -> None:
        self._forge = forge
        self._state = state

    def at(self, path: str, line: int | None = None, commit: str | None = None) -> str | None:
        """A line of a file at a commit, by default the tip; None where there is no web page of it."""
        state = self._state
        if self._forge is None or state is None:
            return None
        found = commit or state.tip or ""
        if not found and self._forge.kind is not ForgeKind.BITBUCKET_SERVER:  # it shows the default branch then
            return None
        repository = Repository(state.id, state.label, state.url, state.branch, address=state.address)
        return web(self._forge.file_url(repository, found, path, line))

    def finding(self, found: Diagnostic) -> dict[str, Any]:
        """A finding with its link."""
        return {**found.document(), "url": self.at(found.path, found.mark.line, found.commit)}


def web(url: str) -> str | None:
    """A URL that a browser opens; others are none of its business."""
    return url if url.startswith(("https://", "http://")) else None


def of_claim(claim: Claim, rivals: Iterable[Claim], labels: Mapping[tuple[str, str], str]) -> list[Diagnostic]:
    """What is to be said of a claim beside what its file says: conflicts, and why it waits or stays."""
    found: list[Diagnostic] = []
    others = [each for each in rivals if each.owner != claim.owner]
    if claim.state is ClaimState.SHADOWED:
        winner = next((each for each in others if each.state is not ClaimState.SHADOWED), None)
        found += conflict(claim, winner, labels)[:1] if winner is not None else []
    else:
        for each in others:
            if each.state is ClaimState.SHADOWED:
                found += conflict(each, claim, labels)[1:]
    severity = severity_of(claim)
    if severity is not None and claim.reason is not None and claim.state is not ClaimState.SHADOWED:
        mark, code = Mark(claim.line, claim.column), claim.code or "W_ORPHANED"
        found.append(
            Diagnostic(code, claim.reason, claim.location.path, mark, entity=claim.key, severity=Severity(severity))
        )
    return [replace(each, commit=None) for each in found]


def file_status(state: RepositoryState, path: str) -> str:
    """ok, partial (some of its definitions do not hold) or stale (its last good version counts)."""
    file = state.files.get(path)
    if file is None:
        return "stale"
    if not file.readable:
        return "stale"
    return "partial" if any(each.severity is Severity.ERROR for each in file.diagnostics) else "ok"


def by_path(claims: Sequence[Claim]) -> dict[str, list[Claim]]:
    """Claims by file, in the order of lines."""
    found: dict[str, list[Claim]] = {}
    for each in sorted(claims, key=lambda claim: (claim.location.path, claim.line, claim.key)):
        found.setdefault(each.location.path, []).append(each)
    return found

"""SQL of the lists of repositories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select

from fairway.gitops.diagnostics import Severity
from fairway.gitops.ledger.model import ClaimState
from fairway.portal.sources.gitops.tables import gitops_claim, gitops_repository
from fairway.portal.storage import Tx

STATES = ("all", "problems", "failed", "excluded")


async def repositories(
    tx: Tx, source: str, state: str, text: str, after: tuple[str, str] | None, limit: int
) -> Sequence[Any]:
    """A page by label."""
    columns = gitops_repository.c
    where: list[ColumnElement[bool]] = [columns.source == source, *_filter(state)]
    if text:
        where.append(columns.folded.contains(text.lower(), autoescape=True))
    if after is not None:
        folded, key = after
        where.append((columns.folded > folded) | and_(columns.folded == folded, columns.key > key))
    statement = select(gitops_repository).where(*where).order_by(columns.folded, columns.key).limit(limit)
    return await tx.rows(statement)


def _filter(state: str) -> list[ColumnElement[bool]]:
    columns, claim = gitops_repository.c, gitops_claim.c
    wrong = select(claim.repository_key).where(claim.source == columns.source, claim.severity.is_not(None))
    match state:
        case "problems":
            return [
                (columns.errors > 0) | (columns.warnings > 0) | columns.key.in_(wrong) | columns.problem.is_not(None)
            ]
        case "failed":
            return [columns.problem.is_not(None)]
        case "excluded":
            return [columns.excluded]
        case _:
            return []


async def of_claims(tx: Tx, keys: Sequence[str]) -> dict[str, Any]:
    """By repository: entities, errors, warnings, stale ones."""
    claim = gitops_claim.c
    statement = select(
        claim.repository_key.label("key"),
        _count(claim.state != ClaimState.ORPHANED.value).label("entities"),
        _count(claim.severity == Severity.ERROR.value).label("errors"),
        _count(claim.severity == Severity.WARNING.value).label("warnings"),
        _count(claim.stale).label("stale"),
    )
    found = await tx.rows(statement.where(tx.any_of(claim.repository_key, keys)).group_by(claim.repository_key))
    return {row.key: row for row in found}


def _count(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))

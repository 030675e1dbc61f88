"""What the pages of repositories and entities show. Section 10.2 of the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fairway.gitops.forges.base import Forge
from fairway.gitops.ledger.model import Claim, ClaimState, RepositoryState
from fairway.gitops.ledger.store import LedgerStore
from fairway.gitops.model import EntityKey
from fairway.kit.errors import FairwayError, InvalidRequest, NotFound
from fairway.portal.caller import Caller
from fairway.portal.catalog.search.cursors import decode_cursor, encode_cursor
from fairway.portal.sources.gitops import insight_rows, ledger_rows, repository
from fairway.portal.sources.gitops.documents import when
from fairway.portal.sources.gitops.engines import Engines
from fairway.portal.sources.gitops.model import Source
from fairway.portal.sources.gitops.places import Links, by_path, file_status, of_claim, web
from fairway.portal.sources.gitops.service import SourceService
from fairway.portal.sources.gitops.sight import EntitySight
from fairway.portal.storage import Database, Tx

Labels = Mapping[tuple[str, str], str]


class InsightService:
    """Reads. Of entities and of what is wrong with them callers see what they may read in the catalog."""

    def __init__(
        self, db: Database, sources: SourceService, engines: Engines, ledger: LedgerStore, sight: EntitySight
    ) -> None:
        self._db = db
        self._sources = sources
        self._engines = engines
        self._ledger = ledger
        self._sight = sight

    async def repositories(
        self, source_id: str, state: str, text: str, cursor: str | None, limit: int
    ) -> dict[str, Any]:
        """A page of repositories.

        Raises:
            NotFound: there is no such source.
            InvalidRequest: ``state`` or the cursor is none.
        """
        if state not in insight_rows.STATES:
            raise InvalidRequest(f'"state" in the query must be one of {", ".join(insight_rows.STATES)}')
        after = None if not cursor else decode_cursor(cursor, (str, str))

        async def work(tx: Tx) -> tuple[Sequence[Any], Mapping[str, Any]]:
            await self._sources.require(tx, source_id)
            place = None if after is None else (after[0], after[1])
            rows = await insight_rows.repositories(tx, source_id, state, text, place, limit + 1)
            return rows, await insight_rows.of_claims(tx, [row.key for row in rows])

        rows, counts = await self._db.read(work)
        shown = [_repository(row, counts.get(row.key)) for row in rows[:limit]]
        last = rows[limit - 1] if len(rows) > limit else None
        return {"repositories": shown, "next": None if last is None else encode_cursor(last.folded, last.key)}

    async def repository(self, caller: Caller, source_id: str, name: str) -> dict[str, Any]:
        """A repository, by id or label, with its files and what is wrong with them.

        Raises:
            NotFound: there is no such source or repository.
        """
        source = await self._db.read(lambda tx: self._sources.require(tx, source_id))
        state = await self._state(source_id, name)
        key = ledger_rows.repository_key(source_id, state.id)

        async def counted(tx: Tx) -> Any:
            return (await insight_rows.of_claims(tx, [key])).get(key)

        claims = await self._ledger.claims_of(source_id, [state.id])
        keys = {claim.key for claim in claims}
        rivals = await self._ledger.claims(keys)
        named = {each.entity for each in state.diagnostics if each.entity is not None}
        seen = await self._sight.visible(caller, keys | named)
        labels = await self._labels(rivals)
        async with self._forge(source) as forge:
            files = _files(state, claims, rivals, labels, Links(forge, state), seen)
        head = _repository_document(state, await self._db.read(counted))
        return {**head, "files": files}

    async def entity(self, caller: Caller, key: EntityKey) -> list[dict[str, Any]]:
        """What git says of an entity, the definition that counts first.

        Raises:
            NotFound: there is no such blueprint, or no such entity that the caller may read.
        """
        claims = await self._ledger.claims([key])
        if key not in await self._sight.visible(caller, [key]):
            raise NotFound(f'Entity with identifier "{key.identifier}" was not found in blueprint "{key.blueprint}"')
        labels = await self._labels(claims)
        order = sorted(claims, key=lambda each: (each.state is ClaimState.SHADOWED, each.owner))
        return [await self._claim(each, claims, labels) for each in order]

    async def _claim(self, claim: Claim, rivals: Sequence[Claim], labels: Labels) -> dict[str, Any]:
        where = claim.location
        row = await self._db.read(lambda tx: repository.source(tx, where.source))
        source = None if row is None else self._sources.opened(row)
        known = await self._ledger.repositories(where.source, [where.repository])
        state = known.get(where.repository)
        own = [each for each in state.diagnostics if each.entity == claim.key] if state is not None else []
        async with self._forge(source) as forge:
            links = Links(forge, state)
            found = [links.finding(each) for each in (*own, *of_claim(claim, rivals, labels))]
            url = links.at(where.path, claim.line, claim.commit or None)
        return {
            "source": {"id": where.source, "title": where.source if source is None else source.title},
            "repository": _place(where.repository, state),
            "path": where.path,
            "line": claim.line,
            "url": url,
            "commit": claim.commit or None,
            "state": claim.state.value,
            "stale": claim.stale,
            "contested": list(claim.contested),
            "createdByGit": claim.created_by_git,
            "pinned": claim.pinned,
            "reason": claim.reason,
            "diagnostics": found,
        }

    async def _state(self, source_id: str, name: str) -> RepositoryState:
        found = (await self._ledger.repositories(source_id, [name])).get(name)
        found = found or await self._ledger.named(source_id, name)
        if found is None:
            raise NotFound(f'Repository "{name}" is not known of GitOps source "{source_id}"')
        return found

    async def _labels(self, claims: Sequence[Claim]) -> Labels:
        wanted: dict[str, set[str]] = {}
        for claim in claims:
            wanted.setdefault(claim.location.source, set()).add(claim.location.repository)
        labels = {}
        for source, ids in wanted.items():
            for each in (await self._ledger.repositories(source, ids)).values():
                labels[source, each.id] = each.label
        return labels

    @asynccontextmanager
    async def _forge(self, source: Source | None) -> AsyncIterator[Forge | None]:
        """A client that knows how links look; none when it cannot be opened any more."""
        if source is None:
            yield None
            return
        try:
            using = self._engines.using(source)
            opened = await using.__aenter__()
        except FairwayError:
            yield None
            return
        try:
            yield opened.forge
        finally:
            await using.__aexit__(None, None, None)


def _repository(row: Any, counts: Any) -> dict[str, Any]:
    return _repository_document(ledger_rows.repository_of(row), counts)


def _repository_document(state: RepositoryState, counts: Any) -> dict[str, Any]:
    severities = [each.severity.value for each in state.diagnostics]
    entities, errors, warnings, stale = (
        (0, 0, 0, 0) if counts is None else (int(value or 0) for value in counts[1:5])
    )  # fmt: skip
    return {
        "id": state.id,
        "label": state.label,
        "url": web(state.url) or "",
        "branch": state.branch or None,
        "tip": state.tip or None,
        "state": _condition(state, stale),
        "files": len(state.files),
        "entities": entities,
        "problems": {
            "errors": severities.count("error") + errors, "warnings": severities.count("warning") + warnings,
        },
        "lastSuccessAt": when(state.last_success or None),
        "problem": state.problem,
    }  # fmt: skip


def _condition(state: RepositoryState, stale: int) -> str:
    if state.excluded:
        return "excluded"
    if state.missing_since is not None:
        return "missing"
    if state.problem is not None:
        return "failed"
    return "stale" if stale or any(each.broken for each in state.files.values()) else "ok"


def _files(
    state: RepositoryState, claims: Sequence[Claim], rivals: Sequence[Claim], labels: Labels, links: Links,
    seen: frozenset[EntityKey],
) -> list[dict[str, Any]]:  # fmt: skip
    """Files of which the caller may know: those of entities that they may read, and those that define none."""
    grouped = by_path(claims)
    by_key: dict[EntityKey, list[Claim]] = {}
    for each in rivals:
        by_key.setdefault(each.key, []).append(each)
    shown = []
    for path in sorted({*state.files, *grouped}):
        own = grouped.get(path, [])
        visible = [each for each in own if each.key in seen]
        if own and not visible:
            continue
        said = state.files[path].diagnostics if path in state.files else ()
        found = [each for each in said if each.entity is None or each.entity in seen]
        for claim in visible:
            found += of_claim(claim, by_key.get(claim.key, ()), labels)
        entities = [_entity(each, links) for each in visible]
        shown.append(
            {
                "path": path, "url": links.at(path), "status": file_status(state, path), "entities": entities,
                "diagnostics": [links.finding(each) for each in found],
            }
        )  # fmt: skip
    return shown


def _entity(claim: Claim, links: Links) -> dict[str, Any]:
    return {
        "blueprint": claim.key.blueprint,
        "identifier": claim.key.identifier,
        "line": claim.line,
        "url": links.at(claim.location.path, claim.line),
        "state": claim.state.value,
        "stale": claim.stale,
        "createdByGit": claim.created_by_git,
    }


def _place(identity: str, state: RepositoryState | None) -> dict[str, Any]:
    if state is None:
        return {"id": identity, "label": identity, "url": ""}
    return {"id": state.id, "label": state.label, "url": web(state.url) or ""}

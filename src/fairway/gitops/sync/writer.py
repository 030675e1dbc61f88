"""Writing claims into the catalog: order, batches, intents, and what became of each. Section 9 of the contract."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fairway.gitops.catalog import BlueprintShape, Found, Write, Written
from fairway.gitops.diagnostics import Diagnostic
from fairway.gitops.ledger.fields import PROPERTY, RELATION, Body, Fields, decode, found_fields
from fairway.gitops.ledger.merging import Planned, plan_write
from fairway.gitops.ledger.model import Claim, ClaimState, RepositoryState
from fairway.gitops.ledger.store import Changes
from fairway.gitops.model import EntityKey, Mark
from fairway.gitops.options import SourceOptions
from fairway.gitops.sync.context import Context, Shapes
from fairway.gitops.sync.order import steps
from fairway.gitops.sync.speech import has_metadata
from fairway.gitops.sync.tally import Tally
from fairway.gitops.sync.targets import Searches, SearchFailed, never_implied, targets_of

Labels = Mapping[tuple[str, str], str]
"""Labels of repositories, by source and id."""
PATIENCE_MS = 24 * 3_600_000
"""How long a target may be missing before that counts as an error. Section 2.7."""


def label_of(claim: Claim, labels: Labels) -> str:
    """The label of a claim's repository; its id when that is not known."""
    return labels.get((claim.location.source, claim.location.repository), claim.location.repository)


@dataclass(slots=True)
class Batch:
    """What became of claims that were to be written."""

    claims: dict[EntityKey, Claim] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    written: list[EntityKey] = field(default_factory=list)
    refused: set[EntityKey] = field(default_factory=set)


@dataclass(slots=True)
class _Item:
    """A claim on its way."""

    claim: Claim
    body: Body
    fields: dict[str, Any]
    targets: dict[EntityKey, str]
    planned: Planned | None = None
    created: bool = False
    answer: Written | None = None


class Writer:
    """Writes the claims of one source; ``shapes`` are the catalog's blueprints at the start of the run."""

    def __init__(self, context: Context, shapes: Shapes) -> None:
        self._context = context
        self._shapes = shapes

    async def write(
        self,
        claims: Sequence[Claim],
        labels: Labels,
        *,
        last: bool,
        create_missing: bool,
        dirty: Sequence[RepositoryState] = (),
    ) -> Batch:
        """Brings the catalog to what ``claims`` say; they are winners, one for each entity. Claims whose targets do not
        exist wait, unless ``create_missing``. ``last``: nothing comes in this run that searches might still find.
        ``dirty`` are repositories that have to be read again if this is cut off.

        Raises:
            FairwayError: the catalog does not answer; nothing is known then of what arrived.
        """
        batch = Batch()
        items = await self._items(claims, batch, labels)
        if not last:
            batch.diagnostics.clear()
            batch.refused.clear()
        wanted = {key for item in items.values() for key in (item.claim.key, *item.targets)}
        present = await self._context.catalog.revisions(sorted(wanted)) if wanted else {}
        self._hold_back(items, present, batch, create_missing=create_missing)
        found = await self._found(items, present)
        for key, item in items.items():
            item.claim = _seen(item.claim, present.get(key), found.get(key))
            mode = self._context.options.mode_of(item.claim.location.path)
            item.planned = plan_write(item.claim, item.fields, mode, found.get(key), self._context.options.yields)
        if items:
            await self._intend(items.values(), present, dirty)
            await self._send(items, create_missing=create_missing)
        await self._conclude(items, batch, present, labels)
        return batch

    async def _items(self, claims: Sequence[Claim], batch: Batch, labels: Labels) -> dict[EntityKey, _Item]:
        searches = Searches(self._context.catalog)
        items: dict[EntityKey, _Item] = {}
        for claim in claims:
            body = decode(claim.body)
            shape = self._shapes.get(claim.key.blueprint)
            fields, failed = await searches.answered(body.fields, shape)
            if failed is not None:
                self._fail(batch, claim, body, failed, labels)
                continue
            fields |= metadata_of(claim, shape, self._context.options, label_of(claim, labels))
            items[claim.key] = _Item(claim, body, fields, targets_of(fields, shape))
        return items

    def _fail(self, batch: Batch, claim: Claim, body: Body, failed: SearchFailed, labels: Labels) -> None:
        message = f'Relation "{failed.field.removeprefix(RELATION)}": {failed.message}'
        batch.claims[claim.key] = _pending(claim, self._context.now(), message, failed.code)
        batch.diagnostics.append(_diagnostic(claim, failed.code, message, body.mark(failed.field), labels))
        batch.refused.add(claim.key)
        batch.tally.pending += 1

    def _hold_back(
        self, items: dict[EntityKey, _Item], present: Mapping[EntityKey, str], batch: Batch, *, create_missing: bool
    ) -> None:
        """Takes out what names targets that do not exist, and whatever needs those in turn."""
        now = self._context.now()
        while True:
            waiting = {}
            for key, item in items.items():
                missing = [each for each in item.targets if each not in present and each not in items]
                lacking = never_implied(missing) if create_missing else missing
                if lacking:
                    waiting[key] = lacking
            if not waiting:
                return
            for key, missing in waiting.items():
                item = items.pop(key)
                batch.claims[key] = _waiting(item.claim, now, missing)
                batch.tally.pending += 1

    async def _found(
        self, items: Mapping[EntityKey, _Item], present: Mapping[EntityKey, str]
    ) -> Mapping[EntityKey, Found]:
        """The content of entities that somebody else may have written."""
        wanted = [
            key
            for key, item in items.items()
            if key in present and (item.claim.revision != present[key] or self._context.options.yields)
        ]
        return await self._context.catalog.find(wanted) if wanted else {}

    async def _intend(
        self, items: Iterable[_Item], present: Mapping[EntityKey, str], dirty: Sequence[RepositoryState]
    ) -> None:
        """Notes what is about to be written: after a crash it is known whose doing it was."""
        claims = []
        for item in items:
            assert item.planned is not None
            claim = item.claim
            applied = item.planned.intent(claim.applied)
            created = claim.created_by_git or claim.key not in present
            begun = replace(claim, applied=applied, applied_wish=None, created_by_git=created, revision=None)
            claims.append(begun)
        unread = [replace(each, settings="") for each in dirty]
        await self._context.store.commit(Changes(claims=claims, repositories=unread))

    async def _send(self, items: Mapping[EntityKey, _Item], *, create_missing: bool) -> None:
        edges = {key: [each for each in item.targets if each in items] for key, item in items.items()}
        for step in steps(edges):
            by_blueprint: dict[str, list[tuple[_Item, Write]]] = {}
            for key, left_out in step.items():
                item = items[key]
                if item.planned is not None and (item.answer is None or item.answer.ok or item.answer.target_missing):
                    write = _without(item.planned.write, item, left_out, self._shapes)
                    by_blueprint.setdefault(key.blueprint, []).append((item, write))
            for pairs in by_blueprint.values():
                answers = await self._context.catalog.write([each for _, each in pairs], create_missing=create_missing)
                for (item, _), answer in zip(pairs, answers, strict=True):
                    item.created = item.created or answer.created
                    item.answer = answer

    async def _conclude(
        self,
        items: Mapping[EntityKey, _Item],
        batch: Batch,
        present: Mapping[EntityKey, str],
        labels: Labels,
    ) -> None:
        good = [key for key, item in items.items() if item.answer is not None and item.answer.ok]
        after = await self._context.catalog.revisions(good) if good else {}
        for key, item in items.items():
            answer = item.answer
            assert answer is not None
            if answer.ok:
                batch.claims[key] = _applied(item, after.get(key))
                batch.written.append(key)
                _count(batch.tally, item, created=item.created)
            elif answer.target_missing:
                lacking = [each for each in item.targets if each not in present]
                batch.claims[key] = _waiting(item.claim, self._context.now(), lacking or list(item.targets))
                batch.tally.pending += 1
            else:
                self._refused(batch, item, answer, labels, exists=key in present)

    def _refused(self, batch: Batch, item: _Item, answer: Written, labels: Labels, *, exists: bool) -> None:
        message = answer.message or f"The catalog refuses the entity ({answer.error})"
        code = "E_REQUIRED" if not exists and self._lacks(item) else "E_CATALOG"
        kept = _pending(item.claim, self._context.now(), message, code)
        batch.claims[item.claim.key] = kept
        batch.diagnostics.append(_diagnostic(item.claim, code, message, _named(item.body, message), labels))
        batch.tally.refused += 1
        batch.refused.add(item.claim.key)

    def _lacks(self, item: _Item) -> bool:
        """Whether something that the blueprint requires is missing."""
        shape = self._shapes.get(item.claim.key.blueprint)
        if shape is None:
            return False
        needed = {PROPERTY + name for name in shape.required}
        needed |= {RELATION + name for name, each in shape.relations.items() if each.required}
        return any(item.fields.get(name) is None for name in needed)


def metadata_of(claim: Claim, shape: BlueprintShape | None, options: SourceOptions, label: str) -> Fields:
    """The field for where an entity is defined, if its blueprint declares it. Section 10.2."""
    if shape is None or not has_metadata(shape.properties, options):
        return {}
    where = claim.location
    found = {"repository": label, "branch": where.branch, "path": where.path, "commit": claim.commit}
    return {f"{PROPERTY}{options.metadata_property}": {name: value for name, value in found.items() if value}}


def _seen(claim: Claim, revision: str | None, found: Found | None) -> Claim:
    """Notes that somebody else wrote or removed an entity that git created."""
    if revision is None:
        return replace(claim, created_by_git=False, foreign=False, revision=None)
    if claim.revision is not None:
        return replace(claim, foreign=claim.foreign or claim.revision != revision)
    return replace(claim, foreign=claim.foreign or (found is not None and _has_more(claim, found)))


def _has_more(claim: Claim, found: Found) -> bool:
    """Whether an entity has what git did not write, when nobody knows whether git's last write was the last of all."""
    return any(
        name not in claim.applied and not (name == "title" and value == claim.key.identifier)
        for name, value in found_fields(found).items()
    )


def _without(write: Write, item: _Item, left_out: Collection[EntityKey], shapes: Shapes) -> Write:
    """A write without the relations that name certain targets; required ones stay, as the entity cannot be without."""
    if not left_out:
        return write
    shape = shapes.get(write.key.blueprint)
    names = {item.targets[each].removeprefix(RELATION) for each in left_out}
    names = {name for name in names if shape is None or not shape.relations[name].required}
    relations = {name: value for name, value in write.document.get("relations", {}).items() if name not in names}
    return replace(write, document={**write.document, "relations": relations})


def _applied(item: _Item, revision: str | None) -> Claim:
    assert item.planned is not None
    claim = item.claim
    return replace(
        claim, state=ClaimState.ACTIVE, applied=item.planned.applied, applied_wish=claim.wish, revision=revision,
        created_by_git=claim.created_by_git or item.created, contested=item.planned.contested or claim.contested,
        waits_for=(), pending_since=None, reason=None, code=None,
    )  # fmt: skip


def _pending(claim: Claim, now: int, reason: str, code: str) -> Claim:
    since = claim.pending_since if claim.pending_since is not None else now
    return replace(claim, state=ClaimState.PENDING, pending_since=since, waits_for=(), reason=reason, code=code)


def _waiting(claim: Claim, now: int, missing: Sequence[EntityKey]) -> Claim:
    names = ", ".join(f'"{each}"' for each in missing[:5])
    return replace(_pending(claim, now, f"Waits for {names} to exist", "E_RELATION_TARGET"), waits_for=tuple(missing))


def is_late(claim: Claim, now: int) -> bool:
    """Whether a claim has waited for its targets for too long."""
    return bool(claim.waits_for) and claim.pending_since is not None and now - claim.pending_since >= PATIENCE_MS


def waiting_diagnostic(claim: Claim, labels: Labels) -> Diagnostic:
    """What is said of such a claim."""
    names = ", ".join(f'"{each}"' for each in claim.waits_for[:5])
    message = f"The relation names {names}, which does not exist"
    body = decode(claim.body)
    ends = {each.identifier for each in claim.waits_for}
    field_name = next((name for name, value in body.fields.items() if _mentions(value, ends)), "")
    return _diagnostic(claim, "E_RELATION_TARGET", message, body.mark(field_name), labels)


def _mentions(value: Any, identifiers: Collection[str]) -> bool:
    values = value if isinstance(value, list) else [value]
    return any(each in identifiers for each in values if isinstance(each, str))


def _diagnostic(claim: Claim, code: str, message: str, mark: Mark | None, labels: Labels) -> Diagnostic:
    where = claim.location
    return Diagnostic(
        code, message, where.path, mark or Mark(claim.line, claim.column), entity=claim.key,
        repository=label_of(claim, labels), commit=claim.commit or None,
    )  # fmt: skip


def _named(body: Body, message: str) -> Mark | None:
    """The place of the field that a message of the catalog names."""
    for name in body.fields:
        if f'"{name.removeprefix(PROPERTY).removeprefix(RELATION)}"' in message:
            return body.mark(name)
    return None


def _count(tally: Tally, item: _Item, *, created: bool) -> None:
    assert item.planned is not None
    if created:
        tally.created += 1
    else:
        tally.updated += 1
    tally.cleared += len(item.planned.cleared)

"""Pull requests: what merging would do, told before it is done. Section 10.1 of the contract; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fairway.gitops.diagnostics import Diagnostic, Severity, errors
from fairway.gitops.forges.base import StatusReport, Wanted
from fairway.gitops.ledger.claims import Said, Spoken, absorb, by_key, contest
from fairway.gitops.ledger.fields import decode
from fairway.gitops.ledger.merging import plan_write
from fairway.gitops.ledger.model import Claim, ClaimState
from fairway.gitops.model import EntityKey, Location, Mark, Repository, Tip
from fairway.gitops.spec.file import SpecFile
from fairway.gitops.spec.reader import MAX_BYTES
from fairway.gitops.sync import speech
from fairway.gitops.sync.context import Context, Shapes
from fairway.gitops.sync.reading import Reader
from fairway.gitops.sync.targets import Searches, targets_of
from fairway.gitops.sync.writer import metadata_of
from fairway.kit.errors import NotFound

_CHECKED = 50
"""Definitions that the catalog itself is asked about."""
_SHOWN = 50
_OF_THE_FILE = frozenset(
    {
        "E_ENCODING", "E_SIZE", "E_YAML", "E_DUP_KEY", "E_TAG", "E_ALIAS", "E_DEPTH", "E_TOO_MANY", "E_TOPLEVEL",
        "E_FIELD_MISSING", "E_FIELD_TYPE", "E_IDENTIFIER", "E_BLUEPRINT_NAME", "E_FILE_REF_PATH", "E_FILE_REF_MISSING",
        "E_FILE_REF_SIZE", "E_FILE_REF_BINARY", "E_FILE_REF_JSON", "E_DUPLICATE_ENTITY", "E_SEARCH_RULE",
        "W_UNKNOWN_FIELD", "W_TEMPLATE_LEFTOVER", "W_SEARCH_SCHEME", "W_BOTH_NAMES", "W_IGNORED_PATH",
    }
)  # fmt: skip
"""Findings that tell nothing but what the file itself says."""


@dataclass(slots=True)
class Outlook:
    """What merging would do."""

    create: list[EntityKey] = field(default_factory=list)
    update: list[EntityKey] = field(default_factory=list)
    clear: list[str] = field(default_factory=list)
    """Entity and field."""
    end: list[EntityKey] = field(default_factory=list)
    unchanged: int = 0
    idle: bool = False
    """There are no spec files, and there were none."""
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def title(self) -> str:
        """One line."""
        parts = [
            f"{len(found)} to {what}"
            for what, found in (
                ("create", self.create), ("update", self.update), ("clear", self.clear), ("end", self.end)
            )
            if found
        ]  # fmt: skip
        return ", ".join(parts) or "nothing changes"

    def summary(self) -> str:
        """The plan, as Markdown."""
        lines = [f"**{self.title}**, {self.unchanged} unchanged", ""]
        for what, found in (
            ("create", self.create), ("update", self.update), ("clear", self.clear),
            ("delete, or clear where others write, too", self.end),
        ):  # fmt: skip
            lines += [f"- {what} `{each}`" for each in found[:_SHOWN]]
            lines += [f"- {what} {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        lines += [f"- `{each.path}:{each.mark.line}` {each.code}: {each.message}" for each in self.diagnostics[:_SHOWN]]
        return "\n".join(lines)


class Requests:
    """Validates heads of pull requests."""

    def __init__(self, context: Context, shapes: Shapes) -> None:
        self._context = context
        self._shapes = shapes
        self._reader = Reader(context, shapes)

    async def validate(self, name: str, head: str, *, request: str | None, fork: bool) -> StatusReport:
        """The whole head tree, against the catalog and the ledger.

        Args:
            head: the commit.
            request: the pull request's number, where notes go.
            fork: the head is from a fork: nothing of the catalog is told.

        Raises:
            NotFound: there is no such repository.
            FairwayError: forge or catalog do not answer.
        """
        repository = await self._context.forge.repository(name)
        if repository is None:
            raise NotFound(f'Repository "{name}" was not found, or may not be seen')
        outlook = await self._outlook(repository, head)
        link = self._context.link_to(repository)
        found = [replace(each, repository=repository.label, commit=head) for each in outlook.diagnostics]
        if fork:
            return replace(self._reticent(found, request), idle=outlook.idle, link=link)
        wrong = errors(found)
        title = f"{wrong[0]}" if wrong else outlook.title
        outlook.diagnostics = found
        return StatusReport(
            "failure" if wrong else "success", title, outlook.summary(), diagnostics=found, request=request,
            idle=outlook.idle, link=link,
        )  # fmt: skip

    def _reticent(self, found: Sequence[Diagnostic], request: str | None) -> StatusReport:
        """What a fork may know: its own files' faults, and of others only where they are."""
        told = [
            each
            if each.code in _OF_THE_FILE
            else replace(each, message="The definition does not fit the catalog", hint=None)
            for each in found
        ]
        wrong = errors(told)
        title = str(wrong[0]) if wrong else "The spec files hold"
        summary = "\n".join(str(each) for each in told[:_SHOWN]) or title
        state = "failure" if wrong else "success"
        return StatusReport(state, title, summary, diagnostics=told, request=request)

    async def _outlook(self, repository: Repository, head: str) -> Outlook:
        context = self._context
        examined = await context.forge.examine(repository, Wanted(context.options.patterns, commit=head, lane="event"))
        tip = examined.tip or Tip("", head)
        sources = [
            speech.Source(path, each.content or b"", each.size or 0, each.too_big or (each.size or 0) > MAX_BYTES)
            for path, each in sorted(examined.files.items())
        ]
        specs = await speech.parse(sources, self._shapes)
        contents = await self._reader.references(repository, head, specs)
        present = await context.catalog.revisions([key for spec in specs for key in spec.places])
        settled = speech.settle(specs, contents, self._shapes, context.options, frozenset(present))
        outlook = Outlook(diagnostics=[each for spec in settled for each in spec.diagnostics])
        where = Location(context.source, repository.id, tip.branch, "")
        said = speech.said(settled, where, self._shapes, context.options)
        claims = await self._claims(repository, head, settled, said, outlook)
        outlook.idle = not examined.files and not outlook.end and not claims
        await self._plan(claims, repository.label, present, outlook)
        return outlook

    async def _claims(
        self, repository: Repository, head: str, specs: Sequence[SpecFile], said: Sequence[Said], outlook: Outlook
    ) -> list[Claim]:
        """The claims that the head would have and that would count."""
        context = self._context
        broken = frozenset(spec.path for spec in specs if not spec.readable or spec.nameless)
        spoken = Spoken(
            context.source, repository.id, head, said, broken=frozenset(key for spec in specs for key in spec.broken),
            broken_files=broken, newly_broken=broken,
        )  # fmt: skip
        own = await context.store.claims_of(context.source, [repository.id])
        later = context.now() + 1  # merging is still to come, so that claims of today are older
        after = absorb(own, spoken, run_at=later, now=context.now(), priority=context.options.priority)
        others = [
            each
            for each in await context.store.claims({each.key for each in after})
            if (each.location.source, each.location.repository) != (context.source, repository.id)
        ]
        held = {claim.key for claim in own if claim.state is not ClaimState.ORPHANED and claim.holds}
        winners = []
        for key, contested in by_key([*after, *others]).items():
            settled = contest(contested)
            winner = settled.winner
            if winner is None and key in held:
                outlook.end.append(key)
            elif winner is not None and winner.location.repository == repository.id:
                winners.append(winner)
            elif winner is not None and any(each.key == key for each in said):
                outlook.diagnostics.append(await self._conflict(key, winner, said))
        return winners

    async def _conflict(self, key: EntityKey, winner: Claim, said: Sequence[Said]) -> Diagnostic:
        ours = next(each for each in said if each.key == key)
        where = winner.location
        known = await self._context.store.repositories(where.source, [where.repository])
        label = known[where.repository].label if where.repository in known else where.repository
        message = f"The entity is defined by {label}:{where.path}:{winner.line} already, which counts"
        return Diagnostic("E_CONFLICT", message, ours.location.path, Mark(ours.line, ours.column), entity=key)

    async def _plan(
        self, claims: Sequence[Claim], label: str, present: Mapping[EntityKey, str], outlook: Outlook
    ) -> None:
        context = self._context
        searches = Searches(context.catalog)
        changed = [each for each in claims if each.applied_wish != each.wish and not each.stale]
        outlook.unchanged = len(claims) - len(changed)
        fields = {}
        for claim in changed:
            body = decode(claim.body)
            shape = self._shapes.get(claim.key.blueprint)
            answered, failed = await searches.answered(body.fields, shape)
            if failed is not None:
                outlook.diagnostics.append(_at(claim, failed.code, failed.message, body.mark(failed.field)))
                continue
            fields[claim.key] = answered | metadata_of(claim, shape, context.options, label)
        await self._targets(changed, fields, claims, outlook)
        found = await context.catalog.find([key for key in fields if key in present])
        for number, claim in enumerate(each for each in changed if each.key in fields):
            mode = context.options.mode_of(claim.location.path)
            planned = plan_write(claim, fields[claim.key], mode, found.get(claim.key), context.options.yields)
            (outlook.update if claim.key in present else outlook.create).append(claim.key)
            outlook.clear += [f"{claim.key}: {name}" for name in planned.cleared]
            if number < _CHECKED:
                answer = await context.catalog.check(planned.write)
                if not answer.ok and not answer.target_missing:
                    outlook.diagnostics.append(_at(claim, "E_CATALOG", answer.message or str(answer.error), None))

    async def _targets(
        self, changed: Iterable[Claim], fields: Mapping[EntityKey, Mapping[str, object]], claims: Iterable[Claim],
        outlook: Outlook,
    ) -> None:  # fmt: skip
        """Relations to entities that neither the catalog has nor the head defines."""
        named = {
            claim.key: targets_of(fields[claim.key], self._shapes.get(claim.key.blueprint))
            for claim in changed
            if claim.key in fields
        }
        known = {each.key for each in claims}
        wanted = {target for targets in named.values() for target in targets} - known
        present = await self._context.catalog.revisions(sorted(wanted)) if wanted else {}
        implied = self._context.options.create_missing_related
        for claim in changed:
            for target, name in named.get(claim.key, {}).items():
                if target in known or target in present:
                    continue
                then = "an empty one will be created" if implied else "the definition will wait for it"
                found = _at(
                    claim, "E_RELATION_TARGET", f'"{target}" does not exist; {then}', decode(claim.body).mark(name)
                )
                outlook.diagnostics.append(replace(found, severity=Severity.WARNING))


def _at(claim: Claim, code: str, message: str, mark: Mark | None) -> Diagnostic:
    return Diagnostic(code, message, claim.location.path, mark or Mark(claim.line, claim.column), entity=claim.key)

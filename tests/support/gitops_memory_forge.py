"""A forge in memory, for tests of what is done with repositories rather than of how they are fetched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from fairway.gitops.forges.base import Examined, ForgeFigures, ForgeKind, SpecBytes, StatusReport, Wanted
from fairway.gitops.forges.errors import FileTooBig, ForgeUnavailable, ListingIncomplete, RepositoryGone
from fairway.gitops.model import Repository, Tip
from fairway.kit.errors import FairwayError
from support.gitops_repositories import MemoryRepository, Repositories, blob_id


class MemoryForge:
    """A :class:`~fairway.gitops.forges.base.Forge` over :class:`Repositories`. Requests are counted as a forge with a
    tree call would need them."""

    kind = ForgeKind.GITEA

    def __init__(self, repositories: Repositories | None = None, *, page: int = 3) -> None:
        self.repositories = repositories or Repositories()
        self.figures = ForgeFigures()
        self.page = page
        self.account = "robot"
        self.listing_breaks_after: int | None = None
        """Pages, after which the listing fails."""
        self.broken: dict[str, FairwayError] = {}
        """Repositories that answer with an error, by label."""
        self.unlisted: set[str] = set()
        """Labels that the listing leaves out, though the repositories are there."""
        self.order: list[str] | None = None
        """Labels in the order of the listing."""
        self.reports: list[tuple[str, str, StatusReport]] = []
        self.gate: asyncio.Event | None = None
        """When set, looks at repositories wait for it."""
        self.busy = 0
        self.busiest = 0

    async def identity(self) -> str:
        self.figures.requests += 1
        return self.account

    async def listing(self) -> AsyncIterator[Sequence[Repository]]:
        found = [each for each in self.repositories if not each.hidden and each.label not in self.unlisted]
        if self.order is not None:
            found.sort(key=lambda each: self.order.index(each.label) if self.order else 0)
        for number, start in enumerate(range(0, len(found), self.page)):
            if self.listing_breaks_after is not None and number >= self.listing_breaks_after:
                raise ListingIncomplete("the listing broke off")
            self.figures.requests += 1
            await asyncio.sleep(0)
            yield [_shown(each) for each in found[start : start + self.page]]

    async def repository(self, repository: str) -> Repository | None:
        self.figures.requests += 1
        found = self._find(repository)
        return None if found is None or found.hidden else _shown(found)

    async def examine(self, repository: Repository, wanted: Wanted) -> Examined:
        self.figures.requests += 1
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            await asyncio.sleep(0)
            if self.gate is not None:
                await self.gate.wait()
            return self._examine(self._there(repository), wanted)
        finally:
            self.busy -= 1

    def _examine(self, found: MemoryRepository, wanted: Wanted) -> Examined:
        commit = wanted.commit or found.branches.get(wanted.branch or found.default_branch)
        if commit is None:
            return Examined(None)
        tip = Tip(wanted.branch or found.default_branch, commit)
        if commit == wanted.known_tip:
            return Examined(tip, unchanged=True)
        self.figures.requests += 1
        tree = found.commits[commit].files
        files = {}
        for path, data in tree.items():
            if wanted.patterns.matches(path):
                version = blob_id(data)
                known = wanted.known_files.get(path) == version
                self.figures.requests += not known
                files[path] = SpecBytes(version, None if known else data, len(data))
        changed = {
            path
            for path, version in wanted.dependencies.items()
            if (blob_id(tree[path]) if path in tree else "") != version
        }
        return Examined(tip, files=files, changed_dependencies=frozenset(changed))

    async def read(self, repository: Repository, commit: str, path: str, limit: int) -> bytes | None:
        self.figures.requests += 1
        data = self._there(repository).commits[commit].files.get(path)
        if data is not None and len(data) > limit:
            raise FileTooBig(f'"{path}" has more than {limit} bytes')
        return data

    async def report(self, repository: Repository, commit: str, report: StatusReport) -> None:
        self.figures.requests += 1
        self.reports.append((repository.label, commit, report))

    def file_url(self, repository: Repository, commit: str, path: str, line: int | None = None) -> str:
        return f"{repository.url}/src/{commit}/{path}#L{line or 1}"

    async def close(self) -> None:
        return

    def _find(self, name: str) -> MemoryRepository | None:
        return self.repositories.number(int(name)) if name.isdigit() else self.repositories.find(name)

    def _there(self, repository: Repository) -> MemoryRepository:
        found = self.repositories.number(int(repository.id))
        error = self.broken.get(found.label if found is not None else repository.label)
        if error is not None:
            raise error
        if found is None or found.hidden:
            raise RepositoryGone(f'"{repository.label}" is not there')
        return found

    def outage(self, label: str) -> None:
        """The repository answers with 500 from now on."""
        self.broken[label] = ForgeUnavailable(f'"{label}" does not answer')


def _shown(found: MemoryRepository) -> Repository:
    shown = Repository(
        str(found.number), found.label, f"http://forge/{found.label}", found.default_branch if found.branches else None,
        archived=found.archived, fork=found.fork, mirror=found.mirror, disabled=found.disabled, personal=found.personal,
        visibility=found.visibility, topics=frozenset(found.topics), address={"label": found.label},
    )  # fmt: skip
    return replace(shown)

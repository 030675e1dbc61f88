"""Pushes: branches, tags, workflows, files and folders."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from fairway.integration.files import matches
from fairway.integration.iterators import throttle_batch_operation
from fairway.integration.live import WebhookEvent
from fairway.integration.model import RawItem
from fairway.integrations.github.client import GitHub, Organization, segment, tree
from fairway.integrations.github.files import Pattern, branches, file, folders_at
from fairway.integrations.github.live import ChangeProcessor, Results
from fairway.integrations.github.selectors import FilePattern
from fairway.integrations.github.source import AT_ONCE, enriched, listed, owned

_NOWHERE = "0" * 40
_HEADS, _TAGS = "refs/heads/", "refs/tags/"
_MOST_COMMITS = 2048
"""A push names no more; what the others touched is not known."""


class PushProcessor(ChangeProcessor):
    """Pushes to ``prefix``."""

    events = ("push",)
    prefix = _HEADS

    async def should_process_event(self, event: WebhookEvent) -> bool:
        """Branches or tags."""
        ref = event.payload.get("ref") if isinstance(event.payload, dict) else None
        return await super().should_process_event(event) and isinstance(ref, str) and ref.startswith(self.prefix)

    @property
    def name(self) -> str:
        """Of the branch or tag."""
        return str(self.event.payload["ref"]).removeprefix(self.prefix)


class BranchProcessor(PushProcessor):
    """Branches."""

    kinds = ("branch",)

    async def changed(self, github: GitHub, organization: Organization, payload: Any) -> Results:
        """With its tip."""
        repository = payload["repository"]
        found = None
        if not payload.get("deleted"):
            found = await organization.get(f"/repos/{repository['full_name']}/branches/{segment(self.name)}")
        if found is None:
            return Results([], [owned(organization, repository, {"name": self.name})])
        return Results([owned(organization, repository, found)])


class TagProcessor(PushProcessor):
    """Tags."""

    kinds, prefix = ("tag",), _TAGS

    async def changed(self, github: GitHub, organization: Organization, payload: Any) -> Results:
        """As listings have it: with the commit, also when the tag is an object of its own."""
        repository, item = payload["repository"], {"name": self.name}
        base = f"/repos/{repository['full_name']}"
        found = None
        if not payload.get("deleted"):
            found = await organization.get(f"{base}/commits/{segment('tags/' + self.name)}")
        if found is None:
            return Results([], [owned(organization, repository, item)])
        commit = {"sha": found["sha"], "url": found["url"]}
        return Results([owned(organization, repository, {**item, "commit": commit})])


class WorkflowProcessor(PushProcessor):
    """Workflows are files of the default branch."""

    kinds = ("workflow",)

    async def changed(self, github: GitHub, organization: Organization, payload: Any) -> Results:
        """All of the repository, when one of their files changed; GitHub keeps those that are gone in its list."""
        repository = payload["repository"]
        touched = touched_paths(payload)
        ours = touched is None or any(path.startswith(".github/workflows/") for path in touched)
        if self.name != repository.get("default_branch") or not ours:
            return Results()
        found = listed(github, "actions/workflows", "workflows")(organization, repository)
        return Results([owned(organization, repository, each) async for page in found for each in page])


class IncludedFilesProcessor(PushProcessor):
    """Repositories whose included files changed."""

    kinds = ("repository",)

    async def changed(self, github: GitHub, organization: Organization, payload: Any) -> Results:
        """The repository with its files."""
        selector, touched = self.context.selector, touched_paths(payload)
        wanted = {path.strip("/") for path in selector.included_files}
        if self.name != payload["repository"].get("default_branch") or not wanted:
            return Results()
        if touched is not None and wanted.isdisjoint(touched):
            return Results()
        found = await organization.get(f"/repos/{payload['repository']['full_name']}")
        return Results([await enriched(organization, found, selector)] if found else [])


class FileProcessor(PushProcessor):
    """Files. As they were before is told, too, so that what is no more in a file goes with it."""

    kinds = ("file",)

    async def changed(self, github: GitHub, organization: Organization, payload: Any) -> Results:
        """Both trees are compared, which holds for pushes of any kind and size."""
        repository = await _whole(organization, payload)
        patterns = branches(self.context.selector.files, organization, repository).get(self.name, [])
        touched = touched_paths(payload)
        if not patterns or (touched is not None and not any(_wanted(patterns, path) for path in touched)):
            return Results()
        before = await _blobs(organization, repository, payload["before"])
        after = await _blobs(organization, repository, payload["after"])
        changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))

        async def read(there: dict[str, str], ref: str) -> list[RawItem]:
            found = [(path, _wanted(patterns, path)) for path in changed if path in there]
            calls = [
                partial(file, github, organization, repository, self.name, path, pattern, ref)
                for path, pattern in found
                if pattern is not None
            ]
            return [each for each in await throttle_batch_operation(calls, AT_ONCE) if each]

        return Results(await read(after, payload["after"]), await read(before, payload["before"]))


class FolderProcessor(PushProcessor):
    """Folders."""

    kinds = ("folder",)

    async def changed(self, github: GitHub, organization: Organization, payload: Any) -> Results:
        """Those that came or changed, and those that went."""
        repository = await _whole(organization, payload)
        patterns = branches(self.context.selector.folders, organization, repository).get(self.name, [])
        if not patterns:
            return Results()
        found = []
        for ref in (payload["after"], payload["before"]):
            there = ref != _NOWHERE
            items = await folders_at(organization, repository, self.name, ref, patterns) if there else []
            found.append({each["folder"]["path"]: each for each in items})
        after, before = found
        gone = [item for path, item in before.items() if path not in after]
        changed = [item for path, item in after.items() if before.get(path, {}).get("folder") != item["folder"]]
        return Results(changed, gone)


def touched_paths(payload: Any) -> set[str] | None:
    """Paths that a push added, changed or removed; none when it does not tell them all."""
    commits = payload.get("commits") or []
    if payload.get("forced") or payload.get("created") or payload.get("deleted") or len(commits) >= _MOST_COMMITS:
        return None
    if not commits:
        return None
    return {path for each in commits for key in ("added", "modified", "removed") for path in each.get(key) or ()}


def _wanted(patterns: Sequence[Pattern], path: str) -> FilePattern | None:
    found = (each for each in patterns if isinstance(each, FilePattern) and matches(each.path, path))
    return next(found, None)


async def _blobs(organization: Organization, repository: RawItem, ref: str) -> dict[str, str]:
    if ref == _NOWHERE:
        return {}
    entries = await tree(organization, repository["full_name"], ref)
    return {each["path"]: each["sha"] for each in entries if each["type"] == "blob"}


async def _whole(organization: Organization, payload: Any) -> RawItem:
    """The repository as resyncs have it; that of a push has times as numbers."""
    found = await organization.get(f"/repos/{payload['repository']['full_name']}")
    return found or payload["repository"]

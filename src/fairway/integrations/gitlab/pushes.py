"""Pushes: branches, tags, files, and files that projects include."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from fairway.integration.files import matches
from fairway.integration.iterators import throttle_batch_operation
from fairway.integration.model import RawItem
from fairway.integrations.gitlab.client import GitLab, segment
from fairway.integrations.gitlab.live import OfProjectProcessor, Results
from fairway.integrations.gitlab.selectors import FilePattern
from fairway.integrations.gitlab.source import AT_ONCE, branches, enriched, file, files, owned

_NOWHERE = "0" * 40
_MOST_FILES = 1000
"""A comparison that names this many may have left others out, without a word."""


class PushProcessor(OfProjectProcessor):
    """Pushes to branches."""

    events = ("push",)
    prefix = "refs/heads/"

    async def validate_payload(self, payload: Any) -> bool:
        """It says where, from which commit and to which."""
        texts = [payload.get(name) for name in ("ref", "before", "after")]
        return await super().validate_payload(payload) and all(isinstance(text, str) for text in texts)

    @property
    def name(self) -> str:
        """Of the branch or tag."""
        return str(self.event.payload["ref"]).removeprefix(self.prefix)


class BranchProcessor(PushProcessor):
    """Branches."""

    kinds = ("branch",)
    path = "branches"

    async def changed(self, gitlab: GitLab, project: RawItem, payload: Any) -> Results:
        """With its tip."""
        found = None
        if payload["after"] != _NOWHERE:
            found = await gitlab.get(f"/projects/{project['id']}/repository/{self.path}/{segment(self.name)}")
        if found is None:
            return Results([], [owned(project, {"name": self.name})])
        return Results([owned(project, found)])


class TagProcessor(BranchProcessor):
    """Tags."""

    events, kinds, path, prefix = ("tag_push",), ("tag",), "tags", "refs/tags/"


class IncludedFilesProcessor(PushProcessor):
    """Projects whose included files changed."""

    kinds = ("project",)

    async def changed(self, gitlab: GitLab, project: RawItem, payload: Any) -> Results:
        """The project with its files."""
        wanted = {path.strip("/") for path in self.context.selector.included_files}
        if self.name != project.get("default_branch") or not wanted:
            return Results()
        touched = await touched_paths(gitlab, project, payload)
        if touched is not None and wanted.isdisjoint(touched):
            return Results()
        return Results([await enriched(gitlab, project, self.context.selector)])


class FileProcessor(PushProcessor):
    """Files. As they were before is told, too, so that what is no more in a file goes with it."""

    kinds = ("file",)

    async def changed(self, gitlab: GitLab, project: RawItem, payload: Any) -> Results:
        """What differs between the two commits; everything that is there when GitLab cannot tell."""
        selector = self.context.selector
        patterns = branches(selector, project).get(self.name, [])
        if not patterns or payload["after"] == _NOWHERE:
            return Results()
        touched = await touched_paths(gitlab, project, payload)
        if touched is None:
            pages = files(gitlab, selector)(project)
            return Results([each async for page in pages for each in page if each["branch"] == self.name])
        wanted = [(path, found) for path in sorted(touched) if (found := _wanted(patterns, path)) is not None]

        async def read(ref: str) -> list[RawItem]:
            calls = [partial(file, gitlab, project, self.name, path, pattern, ref) for path, pattern in wanted]
            return [each for each in await throttle_batch_operation(calls, AT_ONCE) if each]

        return Results(await read(payload["after"]), await read(payload["before"]))


async def touched_paths(gitlab: GitLab, project: RawItem, payload: Any) -> set[str] | None:
    """Paths that differ before and after a push; none when that cannot be told. The payload names the files of its
    first 20 commits only, and not those that a forced push takes away."""
    if payload["before"] == _NOWHERE:
        return None
    where = f"/projects/{project['id']}/repository/compare"
    found = await gitlab.get(where, **{"from": payload["before"], "to": payload["after"], "straight": True})
    diffs = (found or {}).get("diffs") or ()
    if found is None or found.get("compare_timeout") or len(diffs) >= _MOST_FILES:
        return None
    return {str(each[name]) for each in diffs for name in ("old_path", "new_path")}


def _wanted(patterns: Sequence[FilePattern], path: str) -> FilePattern | None:
    return next((each for each in patterns if matches(each.path, path)), None)

"""Raw items by kind, page by page, as GitLab gives them; ``__project`` says whose they are."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from fairway.integration.files import MOST_BYTES, is_glob, matches, parsed
from fairway.integration.iterators import (
    semaphore_async_iterator,
    stream_async_iterators_tasks,
    throttle_batch_operation,
    unless_missing,
    up_to,
)
from fairway.integration.model import RawItem
from fairway.integrations.gitlab.client import KEYSET, GitLab, Given, OfProject, Pages, off, segment
from fairway.integrations.gitlab.selectors import (
    FilePattern,
    FileSelector,
    GroupSelector,
    IssueSelector,
    MembersSelector,
    MergeRequestSelector,
    ProjectSelector,
)

AT_ONCE = 8
"""Projects or groups that are read at the same time."""
_BOT = re.compile(r"(project|group)_\d+_bot(\d+|_[0-9a-f]+)?")
_KEPT = ("id", "name", "path_with_namespace", "web_url", "default_branch", "archived")


def owned(project: RawItem, item: RawItem) -> RawItem:
    """An item of a project."""
    return {**item, "__project": {name: project.get(name) for name in _KEPT}}


async def all_projects(gitlab: GitLab, *, active: bool) -> Pages:
    """Listed once for all kinds of a resync."""

    async def listed() -> Pages:
        level = gitlab.settings.min_access_level or None
        access: dict[str, Given] = {"min_access_level": level} if level else {"membership": True}
        if not gitlab.settings.groups:
            async for page in gitlab.pages("/projects", {**KEYSET, **access}):
                yield page
        for path in gitlab.settings.groups:
            where = f"/groups/{segment(path)}/projects"
            given: dict[str, Given] = {"include_subgroups": True, "with_shared": False, "order_by": "id", "sort": "asc"}
            async for page in gitlab.pages(where, {**given, "min_access_level": level}):
                yield page

    async for page in gitlab.context.cache.pages("gitlab:projects", listed):
        found = [each for each in page if not (active and each.get("archived"))]
        if found:
            yield found


async def projects(gitlab: GitLab, selector: ProjectSelector) -> Pages:
    """Projects."""
    async for page in all_projects(gitlab, active=selector.include_only_active_projects):
        calls = [partial(enriched, gitlab, each, selector) for each in page]
        yield await throttle_batch_operation(calls, AT_ONCE)


async def enriched(gitlab: GitLab, project: RawItem, selector: ProjectSelector) -> RawItem:
    """A project with what the selector asks for."""
    found = dict(project)
    if selector.include_languages:
        found["__languages"] = await gitlab.get(f"/projects/{project['id']}/languages") or {}
    if selector.included_files:
        branch = project.get("default_branch")
        files = found["__includedFiles"] = dict.fromkeys(selector.included_files)
        for path in selector.included_files if branch else ():
            read = await gitlab.content(project, path, str(branch), MOST_BYTES)
            files[path] = read[1].decode(errors="replace") if read else None
    return found


async def of_projects(gitlab: GitLab, fetch: OfProject, *, active: bool) -> Pages:
    """What ``fetch`` gives of every project, several at once; one that fails fails the kind."""
    places = asyncio.Semaphore(AT_ONCE)
    async for page in all_projects(gitlab, active=active):
        streams = [semaphore_async_iterator(places, partial(_owned_pages, each, fetch)) for each in page]
        async for items in stream_async_iterators_tasks(*streams):
            yield items


async def _owned_pages(project: RawItem, fetch: OfProject) -> Pages:
    async for page in fetch(project):
        if page:
            yield [owned(project, item) for item in page]


def listed(gitlab: GitLab, path: str, feature: str, most: int | None = None, **params: str) -> OfProject:
    """A listing below a project; nothing where ``feature`` is off."""

    async def fetch(project: RawItem) -> Pages:
        if project.get(f"{feature}_access_level") == "disabled":
            return
        pages = unless_missing(gitlab.pages(f"/projects/{project['id']}/{path}", params), off, gitlab.context.log)
        async for page in pages if most is None else up_to(pages, most):
            yield page

    return fetch


async def all_groups(gitlab: GitLab, *, active: bool = False) -> Pages:
    """Groups and their subgroups, listed once for all kinds of a resync."""

    async def listed_groups() -> Pages:
        given: dict[str, Given] = {"order_by": "id", "min_access_level": gitlab.settings.min_access_level or None}
        if not gitlab.settings.groups:
            async for page in gitlab.pages("/groups", given):
                yield page
        for path in gitlab.settings.groups:
            yield [await gitlab.http.get_json(f"/groups/{segment(path)}", params={"with_projects": False})]
            where = f"/groups/{segment(path)}/descendant_groups"
            async for page in gitlab.pages(where, given):
                yield page

    async for page in gitlab.context.cache.pages("gitlab:groups", listed_groups):
        found = [each for each in page if not (active and ending(each))]
        if found:
            yield found


def ending(group: RawItem) -> bool:
    """Whether it is archived, or to be deleted."""
    return bool(group.get("archived") or group.get("marked_for_deletion_on"))


async def root_groups(gitlab: GitLab) -> list[RawItem]:
    """Those with no other above them that is read: what they list has everything below."""
    known = {each["id"]: each async for page in all_groups(gitlab) for each in page}
    return [each for each in known.values() if each.get("parent_id") not in known]


async def groups(gitlab: GitLab, selector: GroupSelector) -> Pages:
    """Groups."""
    async for page in all_groups(gitlab, active=selector.include_only_active_groups):
        yield page


async def groups_with_members(gitlab: GitLab, selector: MembersSelector) -> Pages:
    """Groups with ``__members``."""
    async for page in all_groups(gitlab, active=selector.include_only_active_groups):
        calls = [partial(with_members, gitlab, each, selector) for each in page]
        yield await throttle_batch_operation(calls, AT_ONCE)


async def with_members(gitlab: GitLab, group: RawItem, selector: MembersSelector) -> RawItem:
    """One group."""
    path = f"/groups/{group['id']}/members" + ("/all" if selector.include_inherited_members else "")
    found = await gitlab.whole(path)
    return {**group, "__members": [each for each in found if selects_member(each, selector)]}


def selects_member(member: RawItem, selector: MembersSelector) -> bool:
    """Whether somebody is wanted."""
    return selector.include_bot_members or not _BOT.fullmatch(str(member.get("username")))


async def members(gitlab: GitLab, selector: MembersSelector) -> Pages:
    """Members of all groups, each once."""
    seen: set[int] = set()
    async for page in groups_with_members(gitlab, selector):
        new: dict[int, RawItem] = {}
        for each in (each for group in page for each in group["__members"] if each["id"] not in seen):
            new.setdefault(each["id"], each)
        seen.update(new)
        if new:
            yield list(new.values())


async def merge_requests(gitlab: GitLab, selector: MergeRequestSelector) -> Pages:
    """Of all groups, with those of their subgroups."""
    async for page in _of_groups(gitlab, "merge_requests", selector.states, selector.updated_after):
        yield page


async def issues(gitlab: GitLab, selector: IssueSelector) -> Pages:
    """As merge requests."""
    labels = ",".join(selector.labels) or None
    async for page in _of_groups(gitlab, "issues", selector.states, selector.updated_after, labels=labels):
        yield page


async def _of_groups(gitlab: GitLab, what: str, states: Sequence[str], days: int, labels: str | None = None) -> Pages:
    since = (gitlab.context.clock.now() - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for group in await root_groups(gitlab):
        for state in states:
            after = None if state == "opened" else since
            path = f"/groups/{group['id']}/{what}"
            given: dict[str, Given] = {"scope": "all", "state": state, "updated_after": after, "labels": labels}
            async for page in gitlab.pages(path, given):
                yield page


def files(gitlab: GitLab, selector: FileSelector) -> OfProject:
    """Files; one that several patterns want comes once, as the first of them says."""

    async def fetch(project: RawItem) -> Pages:
        for branch, patterns in branches(selector, project).items():
            wanted = await _paths(gitlab, project, branch, patterns)
            calls = [partial(file, gitlab, project, branch, path, pattern) for path, pattern in wanted.items()]
            yield [each for each in await throttle_batch_operation(calls, AT_ONCE) if each]

    return fetch


def branches(selector: FileSelector, project: RawItem) -> dict[str, list[FilePattern]]:
    """The patterns for a project, by branch; none for an empty repository."""
    found: dict[str, list[FilePattern]] = {}
    for pattern in selector.files:
        branch = pattern.branch or project.get("default_branch")
        named = [path.lower().strip("/") for path in pattern.repos]
        if branch and (not named or project["path_with_namespace"].lower() in named):
            found.setdefault(str(branch), []).append(pattern)
    return found


async def _paths(gitlab: GitLab, project: RawItem, ref: str, patterns: Sequence[FilePattern]) -> dict[str, FilePattern]:
    """Paths that may be there, with their pattern. Plain paths are asked for without looking at the tree."""
    found: dict[str, FilePattern] = {}
    blobs: list[str] = []
    if any(is_glob(each.path) for each in patterns):
        async for page in gitlab.tree(project, ref):
            blobs += [each["path"] for each in page if each["type"] == "blob"]
    for pattern in patterns:
        plain = [] if is_glob(pattern.path) else [pattern.path.strip("/")]
        for path in plain or (each for each in blobs if matches(pattern.path, each)):
            found.setdefault(path, pattern)
    return found


async def file(
    gitlab: GitLab, project: RawItem, branch: str, path: str, pattern: FilePattern, ref: str | None = None
) -> RawItem | None:
    """The item of a file as it is in ``branch``, or was at the commit ``ref``."""
    read = await gitlab.content(project, path, ref or branch, MOST_BYTES)
    if read is None:
        gitlab.context.log.debug("gitlab_no_file", project=project["path_with_namespace"], path=path)
        return None
    return {
        "content": parsed(path, read[1], skip=pattern.skip_parsing),
        "path": path,
        "name": path.rpartition("/")[2],
        "project": project,
        "branch": branch,
        "metadata": read[0],
        "__base_jq": ".content",
        "__project": owned(project, {})["__project"],
    }

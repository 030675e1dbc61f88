"""Files and folders of repositories: which ones the selectors want, and the items they become."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from fairway.integration.files import MOST_BYTES, is_glob, matches, parsed
from fairway.integration.iterators import throttle_batch_operation
from fairway.integration.model import RawItem
from fairway.integrations.github.client import GitHub, Organization, Pages, content, tree
from fairway.integrations.github.selectors import FilePattern, FileSelector, FolderPattern, FolderSelector
from fairway.integrations.github.source import AT_ONCE, OfRepository, owned

Pattern = FilePattern | FolderPattern


def branches(patterns: Sequence[Pattern], organization: Organization, repository: RawItem) -> dict[str, list[Pattern]]:
    """The patterns for a repository, by branch."""
    found: dict[str, list[Pattern]] = {}
    for pattern in patterns:
        if pattern.organization and pattern.organization.lower() != organization.login.lower():
            continue
        named = [each for each in pattern.repos if each.name.lower() == repository["name"].lower()]
        wanted = [each.branch for each in named] if pattern.repos else [None]
        for branch in wanted:
            found.setdefault(branch or repository["default_branch"], []).append(pattern)
    return found


def files(github: GitHub, selector: FileSelector) -> OfRepository:
    """Files; one that several patterns want comes once, as the first of them says."""

    async def fetch(organization: Organization, repository: RawItem) -> Pages:
        for branch, patterns in branches(selector.files, organization, repository).items():
            wanted = await paths(organization, repository, branch, patterns)
            calls = [
                partial(file, github, organization, repository, branch, path, pattern)
                for path, pattern in wanted.items()
            ]
            read = await throttle_batch_operation(calls, AT_ONCE)
            yield [each for each in read if each]

    return fetch


async def paths(
    organization: Organization, repository: RawItem, ref: str, patterns: Sequence[Pattern]
) -> dict[str, FilePattern]:
    """Paths that may be there, with their pattern. Plain paths are asked for without looking at the tree."""
    found: dict[str, FilePattern] = {}
    own = [each for each in patterns if isinstance(each, FilePattern)]
    listed = [each for each in own if is_glob(each.path)]
    entries = await tree(organization, repository["full_name"], ref) if listed else []
    blobs = [each["path"] for each in entries if each["type"] == "blob" and each.get("size", 0) <= MOST_BYTES]
    for pattern in own:
        if pattern not in listed:
            found.setdefault(pattern.path.strip("/"), pattern)
            continue
        for path in blobs:
            if matches(pattern.path, path):
                found.setdefault(path, pattern)
    return found


async def file(
    github: GitHub,
    organization: Organization,
    repository: RawItem,
    branch: str,
    path: str,
    pattern: FilePattern,
    ref: str | None = None,
) -> RawItem | None:
    """The item of a file as it is in ``branch``, or was at the commit ``ref``."""
    read = await content(organization, repository["full_name"], path, ref or branch, MOST_BYTES)
    if read is None:
        github.context.log.debug("github_no_file", repository=repository["full_name"], path=path)
        return None
    metadata, data = read
    item = {
        "content": parsed(path, data, skip=pattern.skip_parsing),
        "path": path,
        "name": path.rpartition("/")[2],
        "repository": repository,
        "branch": branch,
        "metadata": metadata,
        "__base_jq": ".content",
    }
    return owned(organization, repository, item)


def folders(selector: FolderSelector) -> OfRepository:
    """Folders."""

    async def fetch(organization: Organization, repository: RawItem) -> Pages:
        for branch, patterns in branches(selector.folders, organization, repository).items():
            yield await folders_at(organization, repository, branch, branch, patterns)

    return fetch


async def folders_at(
    organization: Organization, repository: RawItem, branch: str, ref: str, patterns: Sequence[Pattern]
) -> list[RawItem]:
    """The folders of a commit that some pattern wants."""
    found = []
    for entry in await tree(organization, repository["full_name"], ref):
        if entry["type"] == "tree" and any(matches(pattern.path, entry["path"]) for pattern in patterns):
            folder = {**entry, "name": entry["path"].rpartition("/")[2]}
            item = {"folder": folder, "repository": repository, "branch": branch}
            found.append(owned(organization, repository, item))
    return found

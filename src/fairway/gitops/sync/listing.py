"""Which repositories of a listing count. Section 3 of the contract; pure."""

from __future__ import annotations

from fairway.gitops.model import Repository
from fairway.gitops.options import RepositoryFilter
from fairway.gitops.patterns import Patterns


def is_wanted(repository: Repository, wanted: RepositoryFilter) -> bool:
    """Whether a repository passes the source's filters."""
    if (
        (repository.archived and not wanted.archived)
        or (repository.fork and not wanted.forks)
        or (repository.mirror and not wanted.mirrors)
        or (repository.disabled and not wanted.disabled)
        or (repository.personal and not wanted.personal)
    ):
        return False
    if wanted.include and not Patterns(wanted.include).matches(repository.label):
        return False
    if wanted.exclude and Patterns(wanted.exclude).matches(repository.label):
        return False
    if wanted.topics and wanted.topics.isdisjoint(repository.topics):
        return False
    return not wanted.visibility or repository.visibility in wanted.visibility

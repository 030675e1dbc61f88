"""The workspace of a repository, from the client that reads it."""

from __future__ import annotations

from fairway.gitops.forges.base import Forge
from fairway.gitops.forges.bitbucket_server import BitbucketServer
from fairway.gitops.forges.git.client import GitForge
from fairway.gitops.forges.gitea import Gitea
from fairway.gitops.forges.github import GitHub
from fairway.gitops.forges.gitlab import GitLab
from fairway.gitops.model import Repository
from fairway.gitops.scaffold.bitbucket_server import BitbucketServerWorkspace
from fairway.gitops.scaffold.git import GitWorkspace
from fairway.gitops.scaffold.gitea import GiteaWorkspace
from fairway.gitops.scaffold.github import GitHubWorkspace
from fairway.gitops.scaffold.gitlab import GitLabWorkspace
from fairway.gitops.scaffold.workspace import Workspace
from fairway.kit.clock import Clock
from fairway.kit.errors import InvalidRequest

BOT = "Fairway <fairway@localhost>"


def open_workspace(forge: Forge, repository: Repository, *, clock: Clock, bot: str = BOT) -> Workspace:
    """Writes with the connections and credentials of ``forge``; ``bot`` commits where no forge knows who that is.

    Raises:
        InvalidRequest: nothing can be written through this client.
    """
    match forge:
        case GitHub():
            owner, _, name = repository.label.partition("/")
            return GitHubWorkspace(forge.http, owner, name)
        case GitLab():
            return GitLabWorkspace(forge.http, repository.id, repository.label)
        case Gitea():
            return GiteaWorkspace(forge.http, repository.address["owner"], repository.address["name"])
        case BitbucketServer():
            return BitbucketServerWorkspace(forge.http, repository.address["project"], repository.address["slug"])
        case GitForge():
            return GitWorkspace(forge, repository, clock, bot)
        case _:
            raise InvalidRequest(f'Nothing can be written to "{repository.label}" through this client')

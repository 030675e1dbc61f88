"""Registration: which kinds there are, who fetches them, and who takes events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from fairway.integration.definition import Context, Integration, Page
from fairway.integrations.github import files, hooks, live, pushes, source
from fairway.integrations.github.client import GitHub, Pages
from fairway.integrations.github.dispatching import DispatchWorkflow
from fairway.integrations.github.selectors import SELECTORS

integration = Integration("github", selectors=SELECTORS, check=GitHub)
integration.on_start()(hooks.set_up)

_OF_REPOSITORIES: dict[str, Callable[[GitHub], source.OfRepository]] = {
    "pull-request": lambda github: source.pull_requests(github, github.context.selector),
    "issue": lambda github: source.issues(github, github.context.selector),
    "workflow": lambda github: source.listed(github, "actions/workflows", "workflows"),
    "workflow-run": lambda github: source.listed(
        github, "actions/runs", "workflow_runs", github.context.selector.max_results
    ),
    "release": lambda github: source.listed(github, "releases"),
    "tag": lambda github: source.listed(github, "tags"),
    "branch": lambda github: source.listed(github, "branches"),
    "environment": lambda github: source.listed(github, "environments", "environments"),
    "deployment": lambda github: source.listed(github, "deployments", None, github.context.selector.max_results),
    "dependabot-alert": lambda github: source.dependabot_alerts(github, github.context.selector),
    "code-scanning-alerts": lambda github: source.code_scanning_alerts(github, github.context.selector),
    "collaborator": source.collaborators,
    "folder": lambda github: files.folders(github.context.selector),
    "file": lambda github: files.files(github, github.context.selector),
}
_OF_ORGANIZATIONS: dict[str, Callable[[GitHub], Pages]] = {
    "organization": source.organizations,
    "repository": lambda github: source.repositories(github, github.context.selector),
    "team": lambda github: source.teams(github, github.context.selector.members),
    "user": source.users,
}


@integration.on_probe()
async def reachable(context: Context) -> None:
    """Each organization can be read."""
    async for _ in source.organizations(GitHub(context)):
        pass


async def items(context: Context) -> AsyncIterator[Page]:
    """Those of whatever kind is asked for."""
    github, kind = GitHub(context), str(context.kind)
    whole = _OF_ORGANIZATIONS.get(kind)
    pages = whole(github) if whole else source.of_repositories(github, _OF_REPOSITORIES[kind](github))
    async for page in pages:
        yield page


for _kind in SELECTORS:
    integration.on_resync(_kind)(items)

for _processor in (
    live.RepositoryProcessor,
    live.PullRequestProcessor,
    live.IssueProcessor,
    live.ReleaseProcessor,
    live.WorkflowRunProcessor,
    live.DeploymentProcessor,
    live.DependabotProcessor,
    live.CodeScanningProcessor,
    live.CollaboratorProcessor,
    live.TeamProcessor,
    live.UserProcessor,
    pushes.BranchProcessor,
    pushes.TagProcessor,
    pushes.WorkflowProcessor,
    pushes.IncludedFilesProcessor,
    pushes.FileProcessor,
    pushes.FolderProcessor,
):
    integration.webhook(live.PATH, _processor)

integration.action(DispatchWorkflow)

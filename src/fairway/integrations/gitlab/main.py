"""Registration: which kinds there are, who fetches them, and who takes events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from fairway.integration.definition import Context, Integration, Page
from fairway.integrations.gitlab import hooks, live, pushes, source
from fairway.integrations.gitlab.client import GitLab, OfProject, Pages
from fairway.integrations.gitlab.selectors import SELECTORS

integration = Integration("gitlab-v2", selectors=SELECTORS, check=GitLab)
integration.on_start()(hooks.set_up)

_OF_PROJECTS: dict[str, Callable[[GitLab], OfProject]] = {
    "pipeline": lambda gitlab: source.listed(gitlab, "pipelines", "builds", gitlab.context.selector.max_results),
    "job": lambda gitlab: source.listed(gitlab, "jobs", "builds", gitlab.context.selector.max_results),
    "release": lambda gitlab: source.listed(gitlab, "releases", "releases"),
    "tag": lambda gitlab: source.listed(gitlab, "repository/tags", "repository"),
    "branch": lambda gitlab: source.listed(gitlab, "repository/branches", "repository"),
    "environment": lambda gitlab: source.listed(gitlab, "environments", "environments"),
    "deployment": lambda gitlab: source.listed(
        gitlab, "deployments", "environments", gitlab.context.selector.max_results, order_by="id", sort="desc"
    ),
    "file": lambda gitlab: source.files(gitlab, gitlab.context.selector),
}
_WHOLE: dict[str, Callable[[GitLab], Pages]] = {
    "project": lambda gitlab: source.projects(gitlab, gitlab.context.selector),
    "group": lambda gitlab: source.groups(gitlab, gitlab.context.selector),
    "group-with-members": lambda gitlab: source.groups_with_members(gitlab, gitlab.context.selector),
    "member": lambda gitlab: source.members(gitlab, gitlab.context.selector),
    "merge-request": lambda gitlab: source.merge_requests(gitlab, gitlab.context.selector),
    "issue": lambda gitlab: source.issues(gitlab, gitlab.context.selector),
}


@integration.on_probe()
async def reachable(context: Context) -> None:
    """The token is somebody's."""
    await GitLab(context).http.get_json("/user")


async def items(context: Context) -> AsyncIterator[Page]:
    """Those of whatever kind is asked for."""
    gitlab, kind = GitLab(context), str(context.kind)
    if kind in _WHOLE:
        pages = _WHOLE[kind](gitlab)
    else:
        active = context.selector.include_only_active_projects
        pages = source.of_projects(gitlab, _OF_PROJECTS[kind](gitlab), active=active)
    async for page in pages:
        yield page


for _kind in SELECTORS:
    integration.on_resync(_kind)(items)

for _processor in (
    live.ProjectProcessor,
    live.GroupProcessor,
    live.MemberProcessor,
    live.MergeRequestProcessor,
    live.IssueProcessor,
    live.PipelineProcessor,
    live.JobProcessor,
    live.DeploymentProcessor,
    live.ReleaseProcessor,
    pushes.BranchProcessor,
    pushes.TagProcessor,
    pushes.IncludedFilesProcessor,
    pushes.FileProcessor,
):
    integration.webhook(live.PATH, _processor)

"""What the kinds of SonarQube take in ``selector`` beside ``query``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

METRICS = (
    "code_smells", "coverage", "bugs", "vulnerabilities", "duplicated_files", "security_hotspots",
    "new_violations", "new_coverage", "new_duplicated_lines_density",
)  # fmt: skip


class Selector(BaseModel):
    """Base: camelCase names, nothing unknown."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class ProjectFilters(Selector):
    """Which projects."""

    filter: str | None = None
    """An expression of ``api/components/search_projects``: ``tags = java and coverage < 80``."""
    qualifier: tuple[Literal["TRK", "APP"], ...] = ("TRK",)
    projects: tuple[str, ...] = ()
    """Keys; without them all."""

    def chooses(self, project: dict[str, object]) -> bool:
        """Whether qualifier and key are wanted."""
        return project.get("qualifier", "TRK") in self.qualifier and (
            not self.projects or project["key"] in self.projects
        )


class IssueFilters(Selector):
    """Parameters of ``api/issues/search``."""

    resolved: bool | None = None
    assigned: bool | None = None
    assignees: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    issue_statuses: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    impact_severities: tuple[str, ...] = ()
    impact_software_qualities: tuple[str, ...] = ()
    in_new_code_period: bool | None = None

    def params(self) -> dict[str, str]:
        """As the API wants them."""
        found = self.model_dump(by_alias=True, exclude_defaults=True)
        return {
            name: ",".join(value) if isinstance(value, tuple | list) else str(value).lower()
            for name, value in found.items()
        }


class ProjectSelector(Selector):
    """Projects, with measures and the quality gate."""

    api_filters: ProjectFilters = ProjectFilters()
    metrics: tuple[str, ...] = METRICS
    """Added as ``__measures``; none asks for none."""


class IssueSelector(Selector):
    """Issues."""

    api_filters: IssueFilters = IssueFilters(resolved=False)
    project_api_filters: ProjectFilters = ProjectFilters()


class AnalysisSelector(Selector):
    """Analyses of main branches."""

    days: int = Field(90, ge=1, le=3650)
    project_api_filters: ProjectFilters = ProjectFilters()


SELECTORS: dict[str, type[BaseModel]] = {
    "projects_ga": ProjectSelector,
    "issues": IssueSelector,
    "analysis": AnalysisSelector,
    "portfolios": Selector,
}

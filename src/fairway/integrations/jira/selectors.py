"""What the kinds of Jira take in ``selector`` beside ``query``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

OPEN_OR_RECENT = "(statusCategory != Done) OR (created >= -1w) OR (updated >= -1w)"
RECENT_WORK = "worklogDate >= -4w"


class Selector(BaseModel):
    """Base: camelCase names, nothing unknown."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class ProjectSelector(Selector):
    """Projects."""

    expand: str = "insight"
    """More of each project: ``description``, ``lead``, ``issueTypes``, ``url``, ``projectKeys``, ``insight``."""


class IssueSelector(Selector):
    """Issues."""

    jql: str = Field(OPEN_OR_RECENT, min_length=1)
    fields: str = "*all"
    """Fields to fetch, separated by commas."""
    expand: str | None = None


class TeamSelector(Selector):
    """Teams of the organisation."""

    include_members: bool = False
    """Members are added as ``__members``, a list of ``{accountId}``."""


class BoardSelector(Selector):
    """Boards."""

    type: Literal["scrum", "kanban", "simple"] | None = None


class SprintSelector(Selector):
    """Sprints."""

    state: tuple[Literal["future", "active", "closed"], ...] = ("active", "future")


class EpicSelector(Selector):
    """Epics of boards."""

    done: bool | None = None
    """Only epics that are done, or that are not; without it both."""


class ReleaseSelector(Selector):
    """Versions of projects."""

    status: tuple[Literal["released", "unreleased", "archived"], ...] = ()
    """Without it all of them."""


class WorklogSelector(Selector):
    """Work logged on the issues of ``jql``."""

    jql: str = Field(RECENT_WORK, min_length=1)


SELECTORS: dict[str, type[BaseModel]] = {
    "project": ProjectSelector,
    "issue": IssueSelector,
    "user": Selector,
    "team": TeamSelector,
    "board": BoardSelector,
    "sprint": SprintSelector,
    "epic": EpicSelector,
    "release": ReleaseSelector,
    "component": Selector,
    "worklog": WorklogSelector,
}

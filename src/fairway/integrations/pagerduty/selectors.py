"""What the kinds of PagerDuty take in ``selector`` beside ``query``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Status = Literal["triggered", "acknowledged", "resolved"]
Urgency = Literal["high", "low"]


def instant(text: str, now: datetime) -> datetime:
    """``90d`` is ninety days before ``now``; anything else is a date or time of ISO 8601, in UTC unless it says.

    Raises:
        ValueError: it is neither.
    """
    if text.endswith("d") and text[:-1].isdecimal():
        return now - timedelta(days=min(int(text[:-1]), 20_000))
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _since(text: str) -> str:
    try:
        instant(text, datetime.now(UTC))
    except ValueError:
        raise ValueError("must be a number of days such as 90d, or a time of ISO 8601") from None
    return text


class Selector(BaseModel):
    """Base: camelCase names, nothing unknown."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    include: tuple[str, ...] = ()
    """More of each object, as ``include[]`` of the API."""


class ServiceSelector(Selector):
    """Services."""

    team_ids: tuple[str, ...] = ()
    attach_oncall_users: bool = True
    """Who is on call for the escalation policy is added as ``__oncall_user``."""


class IncidentSelector(Selector):
    """Incidents."""

    since: Annotated[str, AfterValidator(_since)] = "90d"
    statuses: tuple[Status, ...] = ()
    urgencies: tuple[Urgency, ...] = ()
    service_ids: tuple[str, ...] = ()
    team_ids: tuple[str, ...] = ()


class PolicySelector(Selector):
    """Escalation policies."""

    team_ids: tuple[str, ...] = ()
    attach_oncall_users: bool = True
    """Who is on call is added as ``__oncall_users``."""


class OncallSelector(Selector):
    """Who is on call."""

    include: tuple[str, ...] = ("users",)
    days: int = Field(0, ge=0, le=90)
    """How many days ahead; 0 is now."""
    schedule_ids: tuple[str, ...] = ()
    escalation_policy_ids: tuple[str, ...] = ()


class PeopleSelector(Selector):
    """Users."""

    team_ids: tuple[str, ...] = ()


SELECTORS: dict[str, type[BaseModel]] = {
    "services": ServiceSelector,
    "incidents": IncidentSelector,
    "escalation_policies": PolicySelector,
    "schedules": Selector,
    "oncalls": OncallSelector,
    "users": PeopleSelector,
    "teams": Selector,
}

"""Raw items of PagerDuty by kind: as the API gives them, and ``__`` fields for who is on call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from fairway.integration.definition import Context
from fairway.integration.model import RawItem
from fairway.integrations.pagerduty.client import PagerDutyClient
from fairway.integrations.pagerduty.selectors import instant

Pages = AsyncIterator[list[RawItem]]


async def services(context: Context) -> Pages:
    """Services, with ``__oncall_user``."""
    client, selector = PagerDutyClient(context), context.selector
    async for page in client.all("services", include=selector.include, team_ids=selector.team_ids):
        yield await with_oncall(client, page) if selector.attach_oncall_users else page


async def with_oncall(client: PagerDutyClient, services_: list[RawItem]) -> list[RawItem]:
    """Services with who is on call for their escalation policies."""
    policies = sorted({service["escalation_policy"]["id"] for service in services_ if service.get("escalation_policy")})
    found = await client.oncalls_of(policies)
    return [
        {**service, "__oncall_user": found.get(str((service.get("escalation_policy") or {}).get("id")), [])}
        for service in services_
    ]


async def incidents(context: Context) -> Pages:
    """Incidents since the time of the selector."""
    selector, now = context.selector, context.clock.now()
    params = {
        "include": selector.include,
        "statuses": selector.statuses,
        "urgencies": selector.urgencies,
        "service_ids": selector.service_ids,
        "team_ids": selector.team_ids,
    }
    async for page in PagerDutyClient(context).incidents(instant(selector.since, now), now, **params):
        yield page


async def escalation_policies(context: Context) -> Pages:
    """Escalation policies, with ``__oncall_users``."""
    client, selector = PagerDutyClient(context), context.selector
    async for page in client.all("escalation_policies", include=selector.include, team_ids=selector.team_ids):
        if selector.attach_oncall_users:
            found = await client.oncalls_of([policy["id"] for policy in page])
            yield [{**policy, "__oncall_users": found[policy["id"]]} for policy in page]
        else:
            yield page


async def schedules(context: Context) -> Pages:
    """Schedules; their users get ``__email``."""
    client = PagerDutyClient(context)

    async def emails() -> dict[str, Any]:
        return {user["id"]: user.get("email") async for page in client.all("users") for user in page}

    known: dict[str, Any] = await context.cache.result("pagerduty-emails", emails)
    async for page in client.all("schedules", include=context.selector.include):
        for schedule in page:
            people = schedule.get("users") or []
            schedule["users"] = [
                {**user, "__email": known[user["id"]]} if known.get(user["id"]) else user for user in people
            ]
        yield page


async def oncalls(context: Context) -> Pages:
    """Who is on call, now or in the days ahead."""
    selector, now = context.selector, context.clock.now()
    span = {"since": now.isoformat(), "until": (now + timedelta(days=selector.days)).isoformat()}
    async for page in PagerDutyClient(context).all(
        "oncalls",
        include=selector.include,
        schedule_ids=selector.schedule_ids,
        escalation_policy_ids=selector.escalation_policy_ids,
        **(span if selector.days else {}),
    ):
        yield page


async def users(context: Context) -> Pages:
    """People."""
    selector = context.selector
    async for page in PagerDutyClient(context).all("users", include=selector.include, team_ids=selector.team_ids):
        yield page


async def teams(context: Context) -> Pages:
    """Teams."""
    async for page in PagerDutyClient(context).all("teams", include=context.selector.include):
        yield page

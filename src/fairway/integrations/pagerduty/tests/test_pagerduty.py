"""PagerDuty on a socket, and the integration against it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fairway.integration.folder import load_integration
from fairway.integration.http import ThirdPartyBroken, ThirdPartyRefused
from fairway.integration.testing import Collected, Delivered, context_for, deliver_event, only, run_resync
from fairway.integrations.pagerduty.hooks import EVENTS, TOKEN_HEADER
from fairway.integrations.pagerduty.tests.server import HOOKS, TOKEN, PagerDutyServer
from fairway.kit.clock import ManualClock
from fairway.kit.errors import InvalidRequest, MalformedBody, Unauthorized

LOADED = load_integration(Path(__file__).parents[1])
INTEGRATION = LOADED.integration
MAPPING = LOADED.resources.mapping or {}
CLOCK = ManualClock(datetime(2026, 11, 26, 12, tzinfo=UTC))
SECRET = "hush"


@pytest.fixture
async def pagerduty() -> AsyncIterator[PagerDutyServer]:
    async with PagerDutyServer() as server:
        yield server


def config(server: PagerDutyServer, **more: Any) -> Any:
    return LOADED.config_model.model_validate({"token": TOKEN, "apiUrl": server.url, **more})


async def resync(server: PagerDutyServer, *kinds: str, mapping: Any = None) -> Collected:
    given = mapping or only(MAPPING, *kinds)
    return await run_resync(INTEGRATION, given, config=config(server), clock=CLOCK)


def one(kind: str, **selector: Any) -> dict[str, Any]:
    """The default mapping of a kind with another selector."""
    resource = only(MAPPING, kind)["resources"][0]
    return {"resources": [{**resource, "selector": {"query": "true", **selector}}]}


async def test_the_default_mapping_makes_an_entity_of_everything(pagerduty: PagerDutyServer) -> None:
    found = await resync(pagerduty, mapping=MAPPING)
    assert found.problems == []
    assert {name: len(items) for name, items in found.raw.items()} == {
        "teams-0": 1, "users-1": 2, "schedules-2": 1, "escalation_policies-3": 1,
        "oncalls-4": 2, "services-5": 2, "incidents-6": 2,
    }  # fmt: skip
    assert pagerduty.unknown == []
    by_key = {(entity.blueprint, entity.identifier): entity.document for entity in found.entities}
    service = by_key["pagerdutyService", "PIJ90N7"]
    assert service["properties"]["oncall"] == "ada@example.com"
    assert service["properties"]["secondaryOncall"] == "ben@example.com"
    assert service["relations"] == {"pagerdutyEscalationPolicy": "PT20YPA", "pagerdutyTeams": ["PQ9K7I8"]}
    assert by_key["pagerdutyIncident", "Q1M4SIFM2EPAH5"]["relations"] == {"pagerdutyService": "PIJ90N7"}
    assert by_key["pagerdutySchedule", "PI7DH85"]["properties"]["users"] == ["ada@example.com"]
    assert by_key["pagerdutyEscalationPolicy", "PT20YPA"]["relations"] == {"schedules": ["PI7DH85"]}
    names = {identifier for blueprint, identifier in by_key if blueprint == "pagerdutyOncall"}
    assert names == {"PXPGF42-PI7DH85-2026-11-23T08:00:00Z", "PAM4FGS-PT20YPA"}


async def test_pages_are_as_long_as_the_server_says(pagerduty: PagerDutyServer) -> None:
    await resync(pagerduty, "users")
    assert [asked.query["offset"] for asked in pagerduty.requests("/users")] == ["0", "1"]


async def test_a_listing_beyond_the_cap_fails_instead_of_being_cut(pagerduty: PagerDutyServer) -> None:
    pagerduty.cap = 100
    pagerduty.items["users"] = [{"id": f"P{number}", "name": "x"} for number in range(10_001)]
    with pytest.raises(ThirdPartyBroken, match="more than 10000 users"):
        await resync(pagerduty, "users")


async def test_incidents_beyond_the_cap_are_all_read(pagerduty: PagerDutyServer) -> None:
    pagerduty.cap = 100
    template = pagerduty.items["incidents"][0]
    pagerduty.items["incidents"] = [
        {**template, "id": f"Q{n}", "created_at": f"2026-11-{1 + n // 1000:02}T{n // 60 % 24:02}:{n % 60:02}:00Z"}
        for n in range(10_500)
    ]
    found = await resync(pagerduty, "incidents")
    assert {entity.identifier for entity in found.entities} == {f"Q{n}" for n in range(10_500)}


@pytest.mark.parametrize("count", [4, 5])
async def test_incidents_that_are_resolved_meanwhile_hide_no_other(pagerduty: PagerDutyServer, count: int) -> None:
    template = {**pagerduty.items["incidents"][0], "status": "triggered"}
    pagerduty.items["incidents"] = [
        {**template, "id": f"Q{n}", "created_at": f"2026-11-01T00:0{n}:00Z"} for n in range(count)
    ]
    pagerduty.cap, pagerduty.resolving = 2, True
    found = await resync(pagerduty, mapping=one("incidents", statuses=["triggered"]))
    assert {entity.identifier for entity in found.entities} >= {f"Q{n}" for n in range(1, count)}


async def test_too_many_incidents_in_a_second_fail_the_kind(pagerduty: PagerDutyServer) -> None:
    pagerduty.cap = 100
    template = pagerduty.items["incidents"][0]
    pagerduty.items["incidents"] = [{**template, "id": f"Q{n}"} for n in range(10_001)]
    with pytest.raises(ThirdPartyBroken, match="more than 10000 incidents"):
        await resync(pagerduty, "incidents")


async def test_incidents_are_asked_for_in_spans(pagerduty: PagerDutyServer) -> None:
    pagerduty.items["incidents"][0]["created_at"] = "2025-12-24T00:00:00Z"
    assert len((await resync(pagerduty, mapping=one("incidents", since="2025-12-01"))).entities) == 2
    assert len({asked.query["since"] for asked in pagerduty.requests("/incidents")}) == 3
    chosen = await resync(pagerduty, mapping=one("incidents", since="400d", statuses=["resolved"]))
    assert [entity.identifier for entity in chosen.entities] == ["Q2FTXHWVJ8XQZ1"]
    wrong = await resync(pagerduty, mapping=one("incidents", since="yesterday"))
    assert "number of days" in wrong.problems[0].message


async def test_a_failure_in_the_middle_fails_the_kind(pagerduty: PagerDutyServer) -> None:
    pagerduty.broken = "users"
    with pytest.raises(ThirdPartyRefused, match="403"):
        await resync(pagerduty, "users")


async def test_limits_are_waited_for_and_bad_keys_told(pagerduty: PagerDutyServer) -> None:
    pagerduty.limited = 1
    assert len((await resync(pagerduty, "teams")).entities) == 1
    bad = config(pagerduty, token="other")
    with pytest.raises(ThirdPartyRefused, match="401"):
        await run_resync(INTEGRATION, only(MAPPING, "teams"), config=bad)
    none = LOADED.config_model.model_validate({"apiUrl": pagerduty.url})
    with pytest.raises(InvalidRequest, match="`token`"):
        await run_resync(INTEGRATION, only(MAPPING, "teams"), config=none)


async def test_who_is_on_call_need_not_be_asked_for(pagerduty: PagerDutyServer) -> None:
    await resync(pagerduty, mapping=one("services", attachOncallUsers=False, teamIds=["PQ9K7I8"]))
    assert pagerduty.requests("/oncalls") == []
    assert pagerduty.requests("/services")[0].query["team_ids[]"] == "PQ9K7I8"


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-PagerDuty-Signature": "v1=00ff,v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


async def deliver(
    server: PagerDutyServer, kind: str, data: Any, mapping: Any = MAPPING, headers: dict[str, str] | None = None
) -> Delivered:
    body = json.dumps({"event": {"id": "01", "event_type": kind, "data": data}}).encode()
    settings = config(server, webhookSecret=SECRET)
    given = signed(body) if headers is None else headers
    return await deliver_event(INTEGRATION, mapping, "webhook", body, headers=given, config=settings, clock=CLOCK)


def keys(found: Delivered) -> tuple[list[Any], list[str]]:
    return [each.identifier for each in found.upserted], [each.identifier for each in found.deleted]


INCIDENT = {"id": "Q1M4SIFM2EPAH5", "type": "incident", "service": {"id": "PIJ90N7"}}


async def test_an_incident_refreshes_itself_and_its_service(pagerduty: PagerDutyServer) -> None:
    assert keys(await deliver(pagerduty, "incident.triggered", INCIDENT)) == (["Q1M4SIFM2EPAH5", "PIJ90N7"], [])
    note = {"id": "PNOTE", "type": "incident_note", "incident": {"id": "Q1M4SIFM2EPAH5"}}
    assert keys(await deliver(pagerduty, "incident.annotated", note)) == (["Q1M4SIFM2EPAH5"], [])


async def test_what_the_selector_does_not_choose_is_deleted(pagerduty: PagerDutyServer) -> None:
    mapping = one("incidents", statuses=["triggered"])
    assert keys(await deliver(pagerduty, "incident.acknowledged", INCIDENT, mapping)) == ([], ["Q1M4SIFM2EPAH5"])
    mapping = one("incidents", since="1d")
    assert keys(await deliver(pagerduty, "incident.acknowledged", INCIDENT, mapping)) == ([], ["Q1M4SIFM2EPAH5"])
    mapping = one("services", teamIds=["POTHER1"])
    found = await deliver(pagerduty, "service.updated", {"id": "PIJ90N7", "type": "service"}, mapping)
    assert keys(found) == ([], ["PIJ90N7"])


async def test_a_service_that_is_gone_is_deleted(pagerduty: PagerDutyServer) -> None:
    assert keys(await deliver(pagerduty, "service.deleted", {"id": "PGONE", "type": "service"})) == ([], ["PGONE"])


async def test_events_need_a_signature_or_the_token(pagerduty: PagerDutyServer) -> None:
    assert (await deliver(pagerduty, "incident.triggered", INCIDENT, headers={TOKEN_HEADER: SECRET})).wanted
    for headers in ({}, {TOKEN_HEADER: "guess"}, signed(b"another body"), {"x-pagerduty-signature": "v1="}):
        with pytest.raises(Unauthorized):
            await deliver(pagerduty, "incident.triggered", INCIDENT, headers=headers)
    with pytest.raises(MalformedBody):
        await deliver(pagerduty, "service.updated", {"id": "../users", "type": "service"})
    assert not (await deliver(pagerduty, "pagey.ping", {"message": "hello"})).wanted


async def test_there_is_one_subscription_and_it_is_kept_in_repair(pagerduty: PagerDutyServer) -> None:
    context = context_for(INTEGRATION, config=config(pagerduty, webhookSecret=SECRET))
    await INTEGRATION.start_hooks[0](context)
    assert pagerduty.asked == []  # events cannot arrive
    context.base_url = "https://fairway.example.com"
    for _ in range(2):
        await INTEGRATION.start_hooks[0](context)
    assert pagerduty.counts[f"POST {HOOKS}"] == 1
    sent = pagerduty.requests(HOOKS, "POST")[0].json["webhook_subscription"]["delivery_method"]
    assert sent["custom_headers"] == [{"name": TOKEN_HEADER, "value": SECRET}]
    pagerduty.hooks[0]["events"] = ["service.created"]
    pagerduty.keep("POTHER", {"description": "Not ours", "delivery_method": {"url": "https://other.example.com"}})
    await INTEGRATION.start_hooks[0](context)
    context.config = config(pagerduty, webhookSecret="another")
    await INTEGRATION.start_hooks[0](context)
    assert sorted(len(hook.get("events", [])) for hook in pagerduty.hooks) == [0, len(EVENTS)]
    assert pagerduty.counts[f"POST {HOOKS}"] == 3
    pagerduty.admin = False
    await INTEGRATION.start_hooks[0](context)
    await context.http.aclose()


async def test_without_a_secret_nothing_is_deleted_on_anybodys_word(pagerduty: PagerDutyServer) -> None:
    body = {"event": {"event_type": "service.deleted", "data": {"id": "PGONE", "type": "service"}}}
    found = await deliver_event(INTEGRATION, MAPPING, "webhook", body, config=config(pagerduty))
    assert (found.wanted, found.deleted) == (True, [])

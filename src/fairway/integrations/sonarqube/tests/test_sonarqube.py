"""SonarQube on a socket, Server and Cloud, and the integration against it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fairway.integration.folder import load_integration
from fairway.integration.http import ThirdPartyBroken, ThirdPartyRefused
from fairway.integration.testing import Collected, Delivered, context_for, deliver_event, only, run_resync
from fairway.integrations.sonarqube.tests.server import TOKEN, SonarServer
from fairway.kit.clock import ManualClock
from fairway.kit.errors import InvalidRequest, MalformedBody, Unauthorized

LOADED = load_integration(Path(__file__).parents[1])
INTEGRATION = LOADED.integration
MAPPING = LOADED.resources.mapping or {}
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
CLOCK = ManualClock(NOW)
SECRET = "hush"


@pytest.fixture
async def sonar() -> AsyncIterator[SonarServer]:
    async with SonarServer() as server:
        yield server


def config(server: SonarServer, **more: Any) -> Any:
    return LOADED.config_model.model_validate({"sonarUrl": server.url, "sonarApiToken": TOKEN, **more})


async def resync(server: SonarServer, *kinds: str, mapping: Any = None, **more: Any) -> Collected:
    given = mapping or only(MAPPING, *kinds)
    return await run_resync(INTEGRATION, given, config=config(server, **more), clock=CLOCK)


def one(kind: str, **selector: Any) -> dict[str, Any]:
    """The default mapping of a kind with another selector."""
    resource = only(MAPPING, kind)["resources"][0]
    return {"resources": [{**resource, "selector": {"query": "true", **selector}}]}


def many(server: SonarServer, count: int, seconds: int) -> None:
    """So many issues, created one after the other in so many seconds."""
    template, start = server.issues[0], NOW - timedelta(days=3)
    server.issues = [
        {**template, "key": f"I{n}", "creationDate": (start + timedelta(seconds=n * seconds // count)).isoformat()}
        for n in range(count)
    ]


async def test_the_default_mapping_makes_an_entity_of_everything(sonar: SonarServer) -> None:
    sonar.with_portfolios()
    found = await resync(sonar, mapping=MAPPING)
    assert found.problems == []
    assert [len(items) for items in found.raw.values()] == [2, 1, 2, 1]
    assert sonar.unknown == []
    by_key = {(entity.blueprint, entity.identifier): entity.document for entity in found.entities}
    ledger = by_key["sonarQubeProject", "acme_ledger"]["properties"]
    assert (ledger["numberOfBugs"], ledger["coverage"], ledger["qualityGateStatus"]) == (3, 81.4, "ERROR")
    assert ledger["link"] == f"{sonar.url}/dashboard?id=acme_ledger"
    assert by_key["sonarQubeProject", "acme_empty"]["properties"]["numberOfBugs"] is None
    issue = by_key["sonarQubeIssue", "AZissue1"]
    assert issue["relations"] == {"sonarQubeProject": "acme_ledger"}
    assert issue["properties"]["file"] == "src/main/java/Ledger.java"
    assert by_key["sonarQubeAnalysis", "AZanalysis1"]["relations"] == {"sonarQubeProject": "acme_ledger"}
    assert by_key["sonarQubePortfolio", "payments"]["relations"] == {"subPortfolios": ["payments_core"]}
    assert ("sonarQubePortfolio", "payments_core") in by_key


async def test_cloud_takes_a_bearer_and_an_organisation() -> None:
    async with SonarServer(cloud=True) as sonar:
        cloud = {"sonarIsOnPremise": False, "sonarOrganizationId": "acme"}
        found = await resync(sonar, "projects_ga", "issues", "portfolios", **cloud)
        assert len(found.entities) == 4
        assert sonar.requests("/api/components/search_projects")[0].query["organization"] == "acme"
        assert "componentKeys" in sonar.requests("/api/issues/search")[0].query
        with pytest.raises(InvalidRequest, match="sonarOrganizationId"):
            await resync(sonar, "issues", sonarIsOnPremise=False)


@pytest.mark.parametrize(
    ("version", "name"), [("9.9.8.100196", "componentKeys"), ("10.4.1.88267", "components"), ("2025.1", "components")]
)
async def test_versions_call_projects_of_issues_differently(version: str, name: str) -> None:
    async with SonarServer(version=version) as sonar:
        await resync(sonar, "issues")
        assert {name in asked.query for asked in sonar.requests("/api/issues/search")} == {True}


async def test_more_issues_than_the_index_gives_are_read_in_spans(sonar: SonarServer) -> None:
    many(sonar, 10_100, seconds=5000)
    found = await resync(sonar, "issues")
    assert {item["key"] for item in found.raw["issues-0"]} == {f"I{n}" for n in range(10_100)}


async def test_issues_that_are_closed_meanwhile_hide_no_other(sonar: SonarServer) -> None:
    many(sonar, 1200, seconds=5000)
    sonar.closing = 1
    found = await resync(sonar, "issues")
    assert {item["key"] for item in found.raw["issues-0"]} >= {f"I{n}" for n in range(1, 1200)}
    sonar.closing = 100
    with pytest.raises(ThirdPartyBroken, match="became fewer while they were read"):
        await resync(sonar, "issues")


async def test_too_many_issues_of_one_second_fail_the_kind(sonar: SonarServer) -> None:
    many(sonar, 10_001, seconds=1)
    with pytest.raises(ThirdPartyBroken, match="More than 10000 issues were created at"):
        await resync(sonar, "issues")


async def test_fewer_results_than_promised_fail_the_kind(sonar: SonarServer) -> None:
    sonar.promised, sonar.cap = 3, 1
    with pytest.raises(ThirdPartyBroken, match="3 components are promised"):
        await resync(sonar, "projects_ga")
    sonar.promised, sonar.cap = 12_000, 500
    sonar.projects = [{**sonar.projects[0], "key": f"p{n}"} for n in range(10_000)]
    with pytest.raises(ThirdPartyBroken, match="12000 components, and SonarQube gives 10000"):
        await resync(sonar, mapping=one("projects_ga", apiFilters={"projects": ["none"]}))


async def test_limits_are_waited_for_and_bad_tokens_told(sonar: SonarServer) -> None:
    sonar.limited = 1
    assert len((await resync(sonar, "analysis")).entities) == 1
    sonar.authorization = "Basic other"
    with pytest.raises(ThirdPartyRefused, match="401"):
        await resync(sonar, "projects_ga")


async def test_selectors_decide_what_is_asked_for(sonar: SonarServer) -> None:
    chosen = one("projects_ga", metrics=["bugs"], apiFilters={"filter": "tags = java", "projects": ["acme_ledger"]})
    assert [entity.identifier for entity in (await resync(sonar, mapping=chosen)).entities] == ["acme_ledger"]
    assert sonar.requests("/api/components/search_projects")[0].query["filter"] == "tags = java"
    assert sonar.requests("/api/measures/component")[0].query["metricKeys"] == "bugs"
    await resync(sonar, mapping=one("issues", apiFilters={"severities": ["MAJOR", "MINOR"], "assigned": False}))
    asked = sonar.requests("/api/issues/search")[-1].query
    assert (asked["severities"], asked["assigned"]) == ("MAJOR,MINOR", "false")
    await resync(sonar, mapping=one("analysis", days=10))
    assert sonar.requests("/api/project_analyses/search")[-1].query["from"] == "2026-11-16"


async def test_an_edition_without_portfolios_has_none(sonar: SonarServer) -> None:
    assert (await resync(sonar, "portfolios")).raw == {"portfolios-0": []}


def payload(key: str = "acme_ledger", *, main: bool = True) -> dict[str, Any]:
    return {
        "taskId": "AZtask",
        "status": "SUCCESS",
        "analysedAt": "2026-11-26T11:00:00+0000",
        "project": {"key": key, "name": "Ledger"},
        "branch": {"name": "main" if main else "feature", "isMain": main},
    }


async def deliver(server: SonarServer, content: Any, mapping: Any = MAPPING, secret: str = SECRET) -> Delivered:
    body = json.dumps(content).encode()
    headers = {"X-Sonar-Webhook-HMAC-SHA256": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
    settings = config(server, webhookSecret=SECRET)
    return await deliver_event(INTEGRATION, mapping, "webhook", body, headers=headers, config=settings, clock=CLOCK)


def keys(found: Delivered) -> tuple[list[Any], list[str]]:
    return [each.identifier for each in found.upserted], [each.identifier for each in found.deleted]


async def test_an_analysis_refreshes_project_issues_and_analyses(sonar: SonarServer) -> None:
    template = sonar.issues[0]
    sonar.closed = [
        {**template, "key": "new", "closeDate": "2026-11-26T11:00:00+0000"},
        {**template, "key": "old", "closeDate": "2026-11-01T11:00:00+0000"},
    ]
    found = await deliver(sonar, payload())
    assert keys(found) == (["acme_ledger", "AZissue1", "AZissue2", "AZanalysis1"], ["new"])


async def test_an_analysis_of_another_branch_refreshes_the_project_only(sonar: SonarServer) -> None:
    assert keys(await deliver(sonar, payload(main=False))) == (["acme_ledger"], [])


async def test_a_project_that_is_gone_or_not_chosen_is_deleted(sonar: SonarServer) -> None:
    assert keys(await deliver(sonar, payload("acme_gone"))) == ([], ["acme_gone"])
    other = one("projects_ga", apiFilters={"projects": ["acme_empty"]})
    assert keys(await deliver(sonar, payload(), other)) == ([], ["acme_ledger"])
    chosen = one("projects_ga", apiFilters={"filter": "tags = java"})
    assert keys(await deliver(sonar, payload(), chosen)) == (["acme_ledger"], [])
    expression = 'tags = java and query = "acme_ledger"'
    assert sonar.requests("/api/components/search_projects")[0].query["filter"] == expression


async def test_events_need_the_signature_and_a_key(sonar: SonarServer) -> None:
    with pytest.raises(Unauthorized):
        await deliver(sonar, payload(), secret="guess")
    with pytest.raises(MalformedBody):
        await deliver(sonar, payload('x" or tags = "y'))
    assert not (await deliver(sonar, {"hello": 1})).wanted
    assert sonar.asked == []


async def test_the_hook_is_created_once_and_kept_in_repair(sonar: SonarServer) -> None:
    context = context_for(INTEGRATION, config=config(sonar, webhookSecret=SECRET))
    await INTEGRATION.start_hooks[0](context)
    assert sonar.asked == []  # events cannot arrive
    context.base_url = "https://fairway.example.com"
    for _ in range(2):
        await INTEGRATION.start_hooks[0](context)
    assert sonar.counts["POST /api/webhooks/create"] == 1
    url = "https://fairway.example.com/integration/webhook"
    sonar.hooks += [{"key": "twin", "url": url}, {"key": "other", "url": "https://other.example.com"}]
    context.config = config(sonar, webhookSecret="another")
    await INTEGRATION.start_hooks[0](context)
    assert [(hook["url"], hook.get("secret")) for hook in sonar.hooks] == [
        (url, "another"),
        ("https://other.example.com", None),
    ]
    sonar.admin = False
    await INTEGRATION.start_hooks[0](context)
    await context.http.aclose()


async def test_without_a_secret_nothing_is_deleted_on_anybodys_word(sonar: SonarServer) -> None:
    body = payload("acme_gone")
    found = await deliver_event(INTEGRATION, MAPPING, "webhook", body, config=config(sonar), clock=CLOCK)
    assert (found.wanted, found.deleted) == (True, [])

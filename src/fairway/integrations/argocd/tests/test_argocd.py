"""Argo CD on a socket, and the integration against it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fairway.integration.folder import load_integration
from fairway.integration.http import ThirdPartyBroken, ThirdPartyRefused
from fairway.integration.testing import Collected, Delivered, context_for, deliver_event, only, run_resync
from fairway.integrations.argocd.live import labelled
from fairway.integrations.argocd.tests.server import TOKEN, ArgoServer
from fairway.kit.errors import InvalidRequest, MalformedBody, Unauthorized

LOADED = load_integration(Path(__file__).parents[1])
INTEGRATION = LOADED.integration
MAPPING = LOADED.resources.mapping or {}
SECRET = "hush"
LEDGER = "d0c5b7c3-1f0f-4b70-9c3b-3c7a2c4d5e6f"


@pytest.fixture
async def argo() -> AsyncIterator[ArgoServer]:
    async with ArgoServer() as server:
        yield server


def config(server: ArgoServer, **more: Any) -> Any:
    return LOADED.config_model.model_validate({"serverUrl": server.url, "token": TOKEN, **more})


async def resync(server: ArgoServer, *kinds: str, mapping: Any = None) -> Collected:
    return await run_resync(INTEGRATION, mapping or only(MAPPING, *kinds), config=config(server))


def one(kind: str, **selector: Any) -> dict[str, Any]:
    """The default mapping of a kind with another selector."""
    resource = only(MAPPING, kind)["resources"][0]
    return {"resources": [{**resource, "selector": {"query": "true", **selector}}]}


async def test_the_default_mapping_makes_an_entity_of_everything(argo: ArgoServer) -> None:
    found = await resync(argo, mapping=MAPPING)
    assert found.problems == []
    assert [len(items) for items in found.raw.values()] == [2, 2, 2, 2, 2, 2, 2]
    assert argo.unknown == []
    by_key = {(entity.blueprint, entity.identifier): entity.document for entity in found.entities}
    assert {identifier for blueprint, identifier in by_key if blueprint == "argocdNamespace"} == {
        "in-cluster-ledger",
        "in-cluster-exports",
    }
    relations = by_key["argocdApplication", LEDGER]["relations"]
    assert relations == {"project": "payments", "namespace": "in-cluster-ledger", "cluster": "in-cluster"}
    assert by_key["argocdDeploymentHistory", f"{LEDGER}-5"]["properties"]["initiatedBy"] == "ada"
    deployment = by_key["argocdKubernetesResource", f"{LEDGER}-Deployment-ledger"]
    assert deployment["properties"]["image"] == "registry.example.com/ledger:5"
    assert deployment["relations"] == {"application": LEDGER}
    assert by_key["argocdKubernetesResource", f"{LEDGER}-Service-ledger"]["properties"]["labels"] is None
    assert ("argocdResourceStatus", f"{LEDGER}-Service-ledger-ledger") in by_key
    charts = next(document for document in by_key.values() if document.get("title") == "exports")
    assert charts["properties"]["gitRepo"] == "https://charts.example.com"


async def test_applications_are_read_project_by_project(argo: ArgoServer) -> None:
    template = argo.applications[0]
    argo.applications = [
        {
            **template,
            "metadata": {**template["metadata"], "uid": f"u{n}", "name": f"a{n}"},
            "spec": {**template["spec"], "project": f"p{n % 3}"},
        }
        for n in range(330)
    ]
    found = await resync(argo, "application")
    assert {entity.identifier for entity in found.entities} == {f"u{n}" for n in range(330)}
    assert argo.largest == 110
    chosen = await resync(argo, mapping=one("application", projects=["p1"], labels="team=payments"))
    assert len(chosen.entities) == 110
    assert argo.requests("/api/v1/applications")[-1].query["selector"] == "team=payments"


async def test_no_applications_are_null(argo: ArgoServer) -> None:
    argo.applications = []
    assert (await resync(argo, "application", "managed-resource")).entities == []


async def test_a_list_that_breaks_off_fails_the_kind(argo: ArgoServer) -> None:
    argo.broken = "payments"  # the second project: the first has been read by then
    with pytest.raises(ThirdPartyBroken, match="something else than JSON"):
        await resync(argo, "application")


async def test_an_answer_that_is_no_list_fails_the_kind(argo: ArgoServer) -> None:
    argo.on("GET", "/api/v1/clusters", {"message": "maintenance"})
    with pytest.raises(ThirdPartyBroken, match='"clusters" of Argo CD has no items'):
        await resync(argo, "cluster")


async def test_limits_are_waited_for_and_bad_tokens_told(argo: ArgoServer) -> None:
    argo.limited = 1
    assert len((await resync(argo, "project")).entities) == 2
    with pytest.raises(ThirdPartyRefused, match="401"):
        await run_resync(INTEGRATION, only(MAPPING, "project"), config=config(argo, token="other"))
    none = LOADED.config_model.model_validate({"serverUrl": argo.url})
    with pytest.raises(InvalidRequest, match="`token`"):
        await run_resync(INTEGRATION, only(MAPPING, "project"), config=none)


def event(name: str = "ledger", **more: Any) -> dict[str, Any]:
    found = {"application_name": name, "application_namespace": "argocd", "application_project": "payments"}
    return {**found, "application_uid": LEDGER if name == "ledger" else f"uid-of-{name}", **more}


async def deliver(server: ArgoServer, payload: Any, mapping: Any = MAPPING, secret: str = SECRET) -> Delivered:
    headers, settings = {"Authorization": f"Bearer {secret}"}, config(server, webhookSecret=SECRET)
    body = json.dumps(payload).encode()
    return await deliver_event(INTEGRATION, mapping, "webhook", body, headers=headers, config=settings)


def keys(found: Delivered) -> tuple[list[Any], list[str]]:
    return [each.identifier for each in found.upserted], [each.identifier for each in found.deleted]


async def test_an_application_is_fetched_again_with_what_belongs_to_it(argo: ArgoServer) -> None:
    argo.applications[0]["status"]["health"]["status"] = "Degraded"
    found = await deliver(argo, event())
    assert keys(found) == (
        [
            LEDGER,
            f"{LEDGER}-4",
            f"{LEDGER}-5",
            f"{LEDGER}-Deployment-ledger-ledger",
            f"{LEDGER}-Service-ledger-ledger",
            f"{LEDGER}-Deployment-ledger",
            f"{LEDGER}-Service-ledger",
        ],
        [],
    )
    assert found.upserted[0].document["properties"]["healthStatus"] == "Degraded"


async def test_an_application_that_is_gone_is_deleted(argo: ArgoServer) -> None:
    assert keys(await deliver(argo, event("gone"))) == ([], ["uid-of-gone"])
    assert keys(await deliver(argo, event("gone", application_uid=None))) == ([], [])
    with pytest.raises(ThirdPartyRefused):  # without a project nobody can tell whether it is gone
        await deliver(argo, event("gone", application_project=None))


@pytest.mark.parametrize("selector", [{"projects": ["other"]}, {"labels": "team!=payments"}, {"appNamespace": "x"}])
async def test_an_application_that_is_not_chosen_is_deleted(argo: ArgoServer, selector: dict[str, Any]) -> None:
    assert keys(await deliver(argo, event(), one("application", **selector))) == ([], [LEDGER])


async def test_events_need_the_token_and_names(argo: ArgoServer) -> None:
    with pytest.raises(Unauthorized):
        await deliver(argo, event(), secret="guess")
    with pytest.raises(MalformedBody):
        await deliver(argo, event("../clusters"))
    assert not (await deliver(argo, {"hello": 1})).wanted
    assert argo.asked == []


@pytest.mark.parametrize(
    ("selector", "met"),
    [
        ("team=payments", True),
        ("team==payments,env", True),
        ("team!=payments", False),
        ("other!=x", True),
        ("env in (prod, test),team", True),
        ("env notin (prod)", False),
        ("!other", True),
        ("!env", False),
        ("other", False),
    ],
)
def test_label_selectors(selector: str, met: bool) -> None:
    assert labelled({"team": "payments", "env": "prod"}, selector) is met


async def test_without_a_secret_nothing_is_deleted_on_anybodys_word(argo: ArgoServer) -> None:
    body = event("gone", application_uid=LEDGER)
    found = await deliver_event(INTEGRATION, MAPPING, "webhook", body, config=config(argo))
    assert (found.wanted, found.deleted) == (True, [])


async def test_the_probe_tells_whether_the_token_is_good(argo: ArgoServer) -> None:
    context = context_for(INTEGRATION, config=config(argo))
    try:
        argo.on("GET", "/api/v1/session/userinfo", {"loggedIn": True, "username": "fairway"})
        assert (await INTEGRATION.probes[0](context))["username"] == "fairway"
        argo.on("GET", "/api/v1/session/userinfo", {"loggedIn": False})
        with pytest.raises(ThirdPartyRefused):
            await INTEGRATION.probes[0](context)
    finally:
        await context.http.aclose()

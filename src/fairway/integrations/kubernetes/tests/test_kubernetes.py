"""An API server on a socket, and the integration against it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fairway.integration.folder import load_integration
from fairway.integration.http import ThirdPartyMissing, ThirdPartyRefused, ThirdPartyRejected
from fairway.integration.testing import Collected, backgrounds, context_for, only, run_resync
from fairway.integrations.kubernetes.kinds import ObjectKind
from fairway.integrations.kubernetes.tests.server import EXAMPLES, TOKEN, ApiServer
from fairway.kit.errors import InvalidRequest

LOADED = load_integration(Path(__file__).parents[1])
MAPPING = LOADED.resources.mapping or {}


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    async with ApiServer() as made:
        made.fill()
        yield made


def settings(server: ApiServer, **more: Any) -> Any:
    given = {"apiUrl": server.url, "token": TOKEN, "clusterName": "prod", **more}
    return LOADED.config_model.model_validate(given)


async def resync(server: ApiServer, mapping: Any = MAPPING, **more: Any) -> Collected:
    return await run_resync(LOADED.integration, mapping, config=settings(server, **more))


def one(kind: str, query: str = "true", **selector: Any) -> dict[str, Any]:
    mappings = {"identifier": '(.metadata.namespace // "") + "/" + .metadata.name', "blueprint": '"thing"'}
    selected = {"query": query, **selector}
    return {"resources": [{"kind": kind, "selector": selected, "port": {"entity": {"mappings": mappings}}}]}


def example(kind: str, index: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EXAMPLES / f"{kind}.json").read_text())[index]
    return {name: value for name, value in found.items() if not name.startswith("__")}


def crontab(name: str, namespace: str = "shop", **labels: str) -> dict[str, Any]:
    return {
        "apiVersion": "stable.example.com/v1", "kind": "CronTab",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
    }  # fmt: skip


async def test_the_default_mapping_makes_an_entity_of_everything(server: ApiServer) -> None:
    found = await resync(server)
    assert found.problems == []
    entities = {each.identifier: each.document for each in found.entities}
    assert set(entities) == {
        "prod", "shop-prod", "node-1-prod", "web-Deployment-shop-prod", "db-StatefulSet-shop-prod",
        "logs-DaemonSet-shop-prod", "web-6c5f8b9d7-x2x4z-shop-prod", "db-0-shop-prod", "debug-shop-prod",
        "web-shop-prod",
    }  # fmt: skip
    assert entities["prod"]["properties"] == {"version": "v1.31.4", "platform": "linux/amd64"}
    pod = entities["web-6c5f8b9d7-x2x4z-shop-prod"]
    assert pod["relations"] == {"Node": "node-1-prod", "Workload": "web-Deployment-shop-prod"}
    assert entities["debug-shop-prod"]["relations"]["Workload"] is None
    ingress = next(each.document for each in found.entities if each.blueprint == "kubernetesIngress")
    assert ingress["relations"]["Services"] == ["web-shop-prod"]
    assert entities["db-StatefulSet-shop-prod"]["properties"]["healthy"] is False


async def test_raw_items_are_those_of_the_examples(server: ApiServer) -> None:
    found = await resync(server, only(MAPPING, "v1/pods"))
    expected = {each["metadata"]["name"]: each for each in json.loads((EXAMPLES / "v1/pods.json").read_text())}
    for item in found.raw["v1/pods-0"]:
        item["metadata"]["resourceVersion"] = "4211"
        assert item == expected[item["metadata"]["name"]]


async def test_selectors_are_the_api_servers(server: ApiServer) -> None:
    for name, space in (("a", "shop"), ("b", "billing"), ("c", "kube-system")):
        server.put("stable.example.com/v1/crontabs", crontab(name, space, app=name))
    kind = "stable.example.com/v1/crontabs"
    assert len((await resync(server, one(kind))).entities) == 3
    found = await resync(server, one(kind, namespaces=["shop", "billing", "empty"]))
    assert {each.identifier for each in found.entities} == {"shop/a", "billing/b"}
    found = await resync(server, one(kind, labelSelector="app=c"))
    assert {each.identifier for each in found.entities} == {"kube-system/c"}
    found = await resync(server, one(kind, fieldSelector="metadata.name=b"))
    assert {each.identifier for each in found.entities} == {"billing/b"}
    with pytest.raises(InvalidRequest, match="in no namespace"):
        await resync(server, one("v1/nodes", namespaces=["shop"]))


@pytest.mark.parametrize("bad", ["pods", "apps/deployments/v1/x", "V1/Pods", "v1/../secrets", "v1/pods/log?x"])
def test_kinds_that_are_none(bad: str) -> None:
    with pytest.raises(InvalidRequest, match="no kind of Kubernetes"):
        ObjectKind.of(bad)


async def test_a_kind_that_the_cluster_lacks_fails(server: ApiServer) -> None:
    with pytest.raises(ThirdPartyMissing, match="not installed"):
        await resync(server, one("v1/widgets"))
    with pytest.raises(ThirdPartyMissing, match="not installed"):
        await resync(server, one("absent.example.com/v1/widgets"))


@pytest.mark.parametrize("good_pages", [0, 1])
async def test_a_listing_that_expires_begins_again(server: ApiServer, good_pages: int) -> None:
    for number in range(7):
        server.put("stable.example.com/v1/crontabs", crontab(f"tab-{number}"))
    server.expire_after = good_pages
    found = await resync(server, one("stable.example.com/v1/crontabs"))
    assert {each.identifier for each in found.entities} == {f"shop/tab-{number}" for number in range(7)}


async def test_a_failure_in_the_middle_of_a_listing_fails_the_kind(server: ApiServer) -> None:
    server.broken_page = True
    with pytest.raises(ThirdPartyRejected):
        await resync(server, only(MAPPING, "v1/pods"))
    server.forbidden.add("v1/nodes")
    with pytest.raises(ThirdPartyRefused):
        await resync(server, only(MAPPING, "v1/nodes"))


async def test_contents_of_secrets_stay_in_the_cluster(server: ApiServer) -> None:
    applied = {"kubectl.kubernetes.io/last-applied-configuration": '{"data": {"key": "aHVzaA=="}}', "owner": "web"}
    metadata = {"name": "keys", "namespace": "shop", "annotations": applied}
    server.put("v1/secrets", {"kind": "Secret", "apiVersion": "v1", "metadata": metadata, "data": {"key": "aHVzaA=="}})
    found = await resync(server, one("v1/secrets"))
    assert "aHVzaA" not in json.dumps(found.raw)
    (item,) = found.raw["v1/secrets-0"]
    assert (item["kind"], item["apiVersion"]) == ("Secret", "v1")
    assert item["metadata"]["annotations"] == {"owner": "web"}
    assert "as=PartialObjectMetadataList" in server.requests("/api/v1/secrets")[0].headers["accept"]


async def test_watches_become_live_events(server: ApiServer) -> None:
    mapping = one("v1/pods", labelSelector="app=web")
    async with backgrounds(LOADED.integration, mapping, config=settings(server)) as heard:
        await heard.until(lambda _: server.watched == ["v1/pods"])
        assert heard.resyncs == [frozenset({"v1/pods"})]
        pod = example("v1/pods")
        name = pod["metadata"]["name"]
        pod["status"]["phase"] = "Succeeded"
        server.put("v1/pods", pod)
        server.put("v1/pods", {**pod, "metadata": {**pod["metadata"], "name": "other", "labels": {"app": "db"}}})
        await heard.until(lambda now: bool(now.upserted))
        server.end_watches()
        await heard.until(lambda _: len(server.requests("/api/v1/pods")) == 3 and server.watched == ["v1/pods"])
        server.remove("v1/pods", name)
        await heard.until(lambda now: bool(now.deleted))
        assert {each.identifier for each in heard.upserted} == {f"shop/{name}"}
        assert [each.identifier for each in heard.deleted] == [f"shop/{name}"]
        assert len(heard.resyncs) == 1


async def test_a_position_that_is_too_old_asks_for_a_resync(server: ApiServer) -> None:
    server.expire_watch = True
    async with backgrounds(LOADED.integration, one("v1/nodes"), config=settings(server)) as heard:
        await heard.until(lambda now: len(now.resyncs) == 2 and bool(server.watched))
        status = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}
        server.say("v1/nodes", "ERROR", status)
        await heard.until(lambda now: len(now.resyncs) == 3 and bool(server.watched))
        server.put("v1/nodes", {"metadata": {"name": "node-2"}})
        await heard.until(lambda now: [each.identifier for each in now.upserted] == ["/node-2"])


async def test_each_kind_and_selector_has_its_watch(server: ApiServer) -> None:
    mapping = {
        "resources": one("v1/pods", namespaces=["shop", "billing"])["resources"]
        + one("v1/services")["resources"]
        + one("v1/services", labelSelector="app=web")["resources"]
    }
    async with backgrounds(LOADED.integration, mapping, config=settings(server)) as heard:
        await heard.until(lambda _: server.watched == ["v1/pods", "v1/pods", "v1/services"])
    async with backgrounds(LOADED.integration, mapping, config=settings(server, watch=False)) as heard:
        await heard.until(lambda now: now.duties is not None and now.duties.document()[0]["state"] == "ended")


def kubeconfig(folder: Path, cluster: dict[str, Any], user: dict[str, Any]) -> Path:
    document = {
        "current-context": "work",
        "contexts": [{"name": "work", "context": {"cluster": "blue", "user": "me"}}],
        "clusters": [{"name": "blue", "cluster": cluster}],
        "users": [{"name": "me", "user": user}],
    }
    path = folder / "config"
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.mark.parametrize(
    ("user", "context", "said"),
    [
        ({"exec": {"command": "aws"}}, None, 'program ("aws"), which is not run here'),
        ({"auth-provider": {"name": "gcp"}}, None, "not run here"),
        ({"as": "root"}, None, "not supported"),
        ({"client-certificate-data": "%%"}, None, "no base64"),
        ({}, "play", 'has no "play" in its contexts'),
    ],
)
async def test_a_kubeconfig_that_cannot_be_used(tmp_path: Path, user: Any, context: Any, said: str) -> None:
    path = kubeconfig(tmp_path, {"server": "https://127.0.0.1:1"}, user)
    config = LOADED.config_model.model_validate({"kubeconfig": str(path), "context": context})
    with pytest.raises(InvalidRequest) as caught:
        await run_resync(LOADED.integration, only(MAPPING, "cluster"), config=config)
    assert said in str(caught.value)


async def test_a_token_that_the_cluster_renews(server: ApiServer, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    config = LOADED.config_model.model_validate({"apiUrl": server.url, "tokenFile": str(file)})
    await run_resync(LOADED.integration, only(MAPPING, "cluster"), config=config)
    server.token = "another"
    file.write_text("another")
    await run_resync(LOADED.integration, only(MAPPING, "cluster"), config=config)


async def test_the_service_account_of_a_pod_is_the_last_resort(tmp_path: Path) -> None:
    config = LOADED.config_model.model_validate({"serviceAccountFolder": str(tmp_path)})
    with pytest.raises(InvalidRequest, match="this is no pod"):
        await run_resync(LOADED.integration, only(MAPPING, "cluster"), config=config)


async def test_the_probe_tells_whether_the_credentials_are_good(server: ApiServer) -> None:
    for token, good in ((TOKEN, True), ("guess", False)):
        context = context_for(LOADED.integration, config=settings(server, token=token))
        try:
            if good:
                assert (await LOADED.integration.probes[0](context))["gitVersion"] == "v1.31.4"
            else:
                with pytest.raises(ThirdPartyRefused):
                    await LOADED.integration.probes[0](context)
        finally:
            await context.http.aclose()

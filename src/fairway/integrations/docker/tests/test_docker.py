"""An engine on a unix socket, and the integration against it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fairway.integration.folder import load_integration
from fairway.integration.http import ThirdPartyUnavailable
from fairway.integration.testing import Collected, Reply, backgrounds, context_for, only, run_resync
from fairway.integrations.docker.access import address_of
from fairway.integrations.docker.listening import changed
from fairway.integrations.docker.tests.server import EXAMPLES, VERSION, Engine
from fairway.kit.errors import InvalidRequest

LOADED = load_integration(Path(__file__).parents[1])
MAPPING = LOADED.resources.mapping or {}
WEB, DB, OLD = "8dfafdbc3a40", "9cd87474be90", "3176a2479c92"


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with Engine(tmp_path / "docker.sock") as made:
        yield made


def settings(engine: Engine, **more: Any) -> Any:
    return LOADED.config_model.model_validate({"dockerHost": engine.url, **more})


async def resync(engine: Engine, mapping: Any = MAPPING, **more: Any) -> Collected:
    return await run_resync(LOADED.integration, mapping, config=settings(engine, **more))


def selected(kind: str, **selector: Any) -> dict[str, Any]:
    resource = only(MAPPING, kind)["resources"][0]
    return {"resources": [{**resource, "selector": {"query": "true", **selector}}]}


async def test_the_default_mapping_makes_an_entity_of_everything(engine: Engine) -> None:
    found = await resync(engine)
    assert found.problems == []
    entities = {each.identifier: each.document for each in found.entities}
    assert set(entities) == {
        "dock-1", "dock-1/3f8a00f137a0", "dock-1/b90cbbd4c24f", "dock-1/7d86d31b1478", "dock-1/shop_data",
        "dock-1/shop", f"dock-1/{WEB}", f"dock-1/{DB}", f"dock-1/{OLD}",
    }  # fmt: skip
    assert entities[f"dock-1/{WEB}"]["properties"]["ports"] == ["8080:80/tcp"]
    assert entities[f"dock-1/{DB}"]["relations"] == {
        "engine": "dock-1", "image": "dock-1/b90cbbd4c24f", "stack": "dock-1/shop",
        "networks": ["dock-1/7d86d31b1478"], "volumes": ["dock-1/shop_data"],
    }  # fmt: skip
    assert entities[f"dock-1/{OLD}"]["relations"]["stack"] is None
    assert entities["dock-1/shop"]["properties"]["services"] == ["db", "web"]
    routes = ("info", "containers/json", "images/json", "networks", "volumes")
    assert {each.path for each in engine.asked} == {"/version", *(f"{VERSION}/{route}" for route in routes)}


async def test_raw_items_are_those_of_the_examples(engine: Engine) -> None:
    for kind in ("container", "image", "volume", "network", "stack"):
        found = await resync(engine, only(MAPPING, kind))
        assert found.raw[f"{kind}-0"] == json.loads((EXAMPLES / f"{kind}.json").read_text())


async def test_an_older_engine_is_spoken_to_in_its_version(engine: Engine) -> None:
    engine.api_version = "1.41"
    engine.on("GET", "/v1.41/networks", [])
    engine.on("GET", "/v1.41/info", engine.info)
    assert (await resync(engine, only(MAPPING, "network"))).entities == []


async def test_a_manager_of_a_swarm_tells_of_it(engine: Engine) -> None:
    engine.swarm("active", manager=True)
    found = await resync(engine, only(MAPPING, "service", "node", "stack"))
    entities = {each.identifier: each.document for each in found.entities}
    service = entities["dock-1/9mnpnzenvg8p8tdbtq4wvbkcz"]
    assert service["relations"]["stack"] == "dock-1/mail"
    assert entities["dock-1/24ifsmvkjbyhk"]["properties"]["leader"] is True
    assert entities["dock-1/mail"]["properties"]["orchestrator"] == "swarm"
    assert "hush" not in json.dumps(found.raw)


@pytest.mark.parametrize("state", ["inactive", "active"])
async def test_without_a_swarm_and_on_workers_swarm_kinds_are_empty(engine: Engine, state: str) -> None:
    engine.swarm(state, manager=False)
    assert (await resync(engine, only(MAPPING, "service", "node"))).entities == []


async def test_a_locked_swarm_fails_the_kind(engine: Engine) -> None:
    engine.swarm("locked", manager=False)
    with pytest.raises(ThirdPartyUnavailable, match="locked"):
        await resync(engine, only(MAPPING, "service"))


async def test_selectors_are_the_engines(engine: Engine) -> None:
    for selector, wanted in (
        ({"states": ["exited"]}, {OLD}),
        ({"labels": ["com.docker.compose.service=web"]}, {WEB}),
        ({"labels": ["com.docker.compose.project", "com.docker.compose.service=db"]}, {DB}),
    ):
        found = await resync(engine, selected("container", **selector))
        assert {each.identifier for each in found.entities} == {f"dock-1/{each}" for each in wanted}
    engine.objects["image"].append({"Id": "sha256:77", "RepoTags": [], "RepoDigests": [], "Created": 1, "Size": 1})
    assert len((await resync(engine, selected("image"))).entities) == 2
    assert len((await resync(engine, selected("image", dangling=True))).entities) == 3
    assert len((await resync(engine, selected("image", reference=["nginx:*"]))).entities) == 1


async def test_details_are_without_values_of_variables(engine: Engine) -> None:
    gone = engine.objects["container"][2]["Id"]
    engine.on("GET", f"{VERSION}/containers/{gone}/json", Reply({"message": "No such container"}, 404))
    found = await resync(engine, selected("container", includeDetails=True), engineName="mine")
    assert {each.identifier for each in found.entities} == {f"mine/{WEB}", f"mine/{DB}"}
    assert found.raw["container-0"][0]["__details"]["Config"]["Env"] == ["PASSWORD", "PATH"]
    assert "hush" not in json.dumps(found.raw)


async def test_volumes_that_the_engine_could_not_list_fail_the_kind(engine: Engine) -> None:
    engine.warnings = ["driver nfs: connection refused"]
    with pytest.raises(ThirdPartyUnavailable, match="driver nfs"):
        await resync(engine, only(MAPPING, "volume"))


async def test_events_become_upserts_and_deletes(engine: Engine) -> None:
    web, _, old = engine.objects["container"]
    async with backgrounds(LOADED.integration, MAPPING, config=settings(engine)) as heard:
        await heard.until(lambda now: bool(engine.listeners) and now.resyncs == [None])
        web["State"] = "exited"
        labels = {key: str(value) for key, value in web["Labels"].items()}
        engine.happen("container", "exec_start: sh", web["Id"], name="shop-web-1")
        for action in ("kill", "die"):
            engine.happen("container", action, web["Id"], name="shop-web-1", **labels)
        await heard.until(lambda now: len(now.upserted) == 3)
        states = {each.blueprint: each.document["properties"] for each in heard.upserted}
        assert states["dockerContainer"]["state"] == "exited"
        assert states["dockerStack"]["running"] == 1
        assert "dockerEngine" in states
        engine.objects["container"].remove(old)
        engine.happen("container", "destroy", old["Id"], name="old_job")
        engine.objects["volume"].clear()
        engine.happen("volume", "destroy", "shop_data", driver="local")
        engine.happen("image", "untag", engine.objects["image"].pop()["Id"])
        await heard.until(lambda now: len(now.deleted) == 3)
        assert {each.identifier for each in heard.deleted} == {
            f"dock-1/{OLD}", "dock-1/shop_data", "dock-1/b90cbbd4c24f",
        }  # fmt: skip


async def test_a_container_that_no_selector_wants_any_more_is_deleted(engine: Engine) -> None:
    mapping = selected("container", states=["running"])
    async with backgrounds(LOADED.integration, mapping, config=settings(engine)) as heard:
        await heard.until(lambda _: bool(engine.listeners))
        engine.objects["container"][0]["State"] = "exited"
        engine.happen("container", "die", engine.objects["container"][0]["Id"])
        await heard.until(lambda now: [each.identifier for each in now.deleted] == [f"dock-1/{WEB}"])


async def test_a_stream_that_ends_is_opened_again_and_a_resync_asked_for(engine: Engine) -> None:
    async with backgrounds(LOADED.integration, MAPPING, config=settings(engine)) as heard:
        await heard.until(lambda now: bool(engine.listeners) and len(now.resyncs) == 1)
        engine.end_streams()
        await heard.until(lambda now: len(now.resyncs) == 2 and bool(engine.listeners))
    assert heard.duties is not None
    assert "ended its stream" in heard.duties.document()[0]["error"]
    async with backgrounds(LOADED.integration, MAPPING, config=settings(engine, watch=False)) as heard:
        await heard.until(lambda now: now.duties is not None and now.duties.document()[0]["state"] == "ended")


def test_events_that_change_nothing_are_left_out() -> None:
    def event(kind: str, action: str, **attributes: str) -> Any:
        return changed({"Type": kind, "Action": action, "Actor": {"ID": "x", "Attributes": attributes}}, "e")

    assert event("container", "top") == event("network", "connect") == event("plugin", "enable") == []
    assert [each["kind"] for each in event("container", "health_status: healthy")] == ["container"]
    assert [each["kind"] for each in event("daemon", "reload")] == ["engine"]
    assert changed({"Type": "image", "Action": "prune", "Actor": {"ID": ""}}, "e") == []


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "unix:///var/run/docker.sock"),
        ({"dockerHost": "tcp://10.0.0.5:2375"}, "http://10.0.0.5:2375"),
        ({"dockerHost": "tcp://10.0.0.5:2376/", "caCertificate": "x"}, "https://10.0.0.5:2376"),
        ({"dockerHost": "https://engine.example.com"}, "https://engine.example.com"),
    ],
)
def test_addresses(given: Any, address: str) -> None:
    assert address_of(LOADED.config_model.model_validate(given))[0] == address


@pytest.mark.parametrize("given", [{"dockerHost": "ssh://me@host"}, {"certificatesFolder": "/nowhere"}])
def test_addresses_that_are_not_understood(given: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"dockerHost|lacks"):
        address_of(LOADED.config_model.model_validate(given))


async def test_the_probe_tells_whether_the_engine_answers(engine: Engine) -> None:
    context = context_for(LOADED.integration, config=settings(engine))
    assert (await LOADED.integration.probes[0](context))["Version"] == "27.4.1"
    await context.http.aclose()

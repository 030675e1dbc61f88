"""Workflows that call the portal's own API, over a socket."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi import FastAPI

from fairway.kit.settings import Settings
from support.actions import self_service
from support.catalog import SERVICE
from support.flow import Flow, call
from support.relay import served


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Where the portal will listen."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        yield bound


@pytest.fixture
def settings(settings: Settings, listener: socket.socket) -> Settings:
    """The portal knows its address."""
    return settings.model_copy(update={"base_url": f"http://127.0.0.1:{listener.getsockname()[1]}"})


@pytest.fixture(autouse=True)
async def own(app: FastAPI, listener: socket.socket) -> AsyncIterator[str]:
    """The portal on its socket."""
    async with served(app, listener.dup()) as url:
        yield url


async def test_a_node_starts_an_action(flow: Flow, own: str) -> None:
    """Nobody configured a token; what is done is done for the node run."""
    await flow.done("POST", "/v1/blueprints", SERVICE, status=201)
    mapping = {"identifier": "made"}
    upsert = {"type": "UPSERT_ENTITY", "blueprintIdentifier": "service", "mapping": mapping}
    await flow.done("POST", "/v1/actions", {**self_service("make"), "invocationMethod": upsert}, status=201)
    start = call("make", f"{own}/v1/actions/make/runs", body={"properties": {}})
    await flow.define(start, arrows=[("start", "make")])
    run = await flow.start(env="x")
    assert (await flow.run(run))["result"] == "SUCCESS"
    made = (await flow.nodes(run))["make"]["output"]["response"]
    assert made["status"] == 202
    assert made["data"]["run"]["action"]["identifier"] == "make"
    await flow.done("GET", "/v1/blueprints/service/entities/made")


async def test_a_workflow_does_not_start_itself_for_ever(flow: Flow, own: str) -> None:
    again = call("again", f"{own}/v1/fairway/workflows/flow/runs", body={"inputs": {"env": "x"}})
    await flow.define(again, arrows=[("start", "again")])
    await flow.start(env="x")
    runs = await flow.runs(limit=100)
    assert 2 <= len(runs) <= 12
    assert {each["status"] for each in runs} == {"COMPLETED"}
    assert "in a row of runs that started one another" in runs[0]["summary"]

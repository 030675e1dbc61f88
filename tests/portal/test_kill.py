"""Kill -9 during ingestion loses nothing that was answered; a client that goes away half way writes nothing."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import httpx
import pytest

from support.live import LivePortal

BLUEPRINT = {"identifier": "thing", "title": "Thing", "schema": {"properties": {"n": {"type": "number"}}}}
_BATCHES = 400


def _ingest(portal: LivePortal, answered: list[str]) -> None:
    with portal.login() as client:
        for batch in range(_BATCHES):
            names = [f"e{batch}-{number}" for number in range(20)]
            body = {"entities": [{"identifier": name, "properties": {"n": batch}} for name in names]}
            try:
                answer = client.post("/v1/blueprints/thing/entities/bulk", json=body)
            except httpx.TransportError:
                return
            assert answer.status_code == 200, answer.text
            answered.extend(names)


@pytest.mark.slow
def test_nothing_answered_is_lost(live_portal: LivePortal) -> None:
    with live_portal.login() as client:
        assert client.post("/v1/blueprints", json=BLUEPRINT).status_code == 201
    answered: list[list[str]] = [[], []]
    threads = [threading.Thread(target=_ingest, args=(live_portal, each)) for each in answered[:1]]
    for thread in threads:
        thread.start()
    time.sleep(1.0)
    live_portal.kill()
    for thread in threads:
        thread.join(30)
    names = {name for each in answered for name in each}
    assert names, "something was answered before the kill"
    live_portal.start()
    with live_portal.login() as client:
        found = client.get("/v1/blueprints/thing/entities").json()["entities"]
        stored = {each["identifier"] for each in found}
        assert names <= stored
        assert len(stored) % 20 == 0, "a batch is written whole or not at all"
        log = client.get("/v1/audit-log", params={"blueprint": "thing", "resources": "entity", "limit": 1000}).json()
        assert {each["context"]["entity"] for each in log["audits"]} <= stored


@pytest.mark.slow
def test_a_client_that_leaves_half_way_writes_nothing(live_portal: LivePortal) -> None:
    with live_portal.login() as client:
        assert client.post("/v1/blueprints", json=BLUEPRINT).status_code == 201
        token = client.headers["authorization"]
        host, port = live_portal.url.removeprefix("http://").split(":")
        body = b'{"identifier": "half", "properties": {"n": 1}}'
        head = (
            f"POST /v1/blueprints/thing/entities HTTP/1.1\r\nHost: {host}\r\nAuthorization: {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body) + 10}\r\n\r\n"
        )
        with socket.create_connection((host, int(port)), timeout=5) as raw:
            raw.sendall(head.encode() + body)
        asyncio.run(asyncio.sleep(0.3))
        assert client.get("/v1/blueprints/thing/entities/half").status_code == 404
        assert client.get("/health/live").status_code == 200

"""The server as a process: it starts, answers, drains and stops."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from support.catalog import SERVICE
from support.live import LivePortal


def test_it_starts_answers_and_stops(live_portal: LivePortal) -> None:
    assert httpx.get(f"{live_portal.url}/health/ready").json()["ok"] is True
    assert httpx.get(f"{live_portal.url}/openapi.json").json()["openapi"].startswith("3.")
    live_portal.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{live_portal.url}/health/live")


@pytest.mark.slow
def test_a_request_under_way_is_answered_while_stopping(live_portal: LivePortal) -> None:
    host, _, port = live_portal.url.removeprefix("http://").partition(":")
    body = b'{"clientId": "a", "clientSecret": "b"}'
    with socket.create_connection((host, int(port)), timeout=30) as connection, ThreadPoolExecutor(1) as pool:
        head = f"POST /v1/auth/access_token HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body[:10])
        time.sleep(0.5)
        stopped = pool.submit(live_portal.stop)
        time.sleep(0.5)
        connection.sendall(body[10:])
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
        stopped.result()
    assert b"401" in answer.split(b"\r\n", 1)[0]
    assert b"invalid_credentials" in answer


@pytest.mark.slow
def test_background_work_can_run_apart(live_portal: LivePortal) -> None:
    live_portal.stop()
    live_portal.start(FAIRWAY_WORKER="false")
    mapping = {"blueprint": "service", "entity": {"identifier": ".body.name"}}
    with live_portal.login() as client:
        client.post("/v1/blueprints", json=SERVICE).raise_for_status()
        webhook = client.post(
            "/v1/webhooks", json={"identifier": "hook", "title": "Hook", "mappings": [mapping]}
        ).json()
        assert httpx.post(webhook["webhook"]["url"], json={"name": "shop"}).status_code == 202
        path = "/v1/blueprints/service/entities/shop"
        time.sleep(2)
        assert client.get(path).status_code == 404
        worker = live_portal.worker()
        ends = time.monotonic() + 40
        while client.get(path).status_code == 404 and time.monotonic() < ends:
            time.sleep(0.2)
        assert client.get(path).status_code == 200
        worker.terminate()
        assert worker.wait(20) == 0

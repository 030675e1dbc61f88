"""The server as a process: start, drain, and what a SIGKILL in the middle of ingestion leaves."""

from __future__ import annotations

import socket
import threading
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


def test_a_request_under_way_is_answered_while_stopping(live_portal: LivePortal) -> None:
    host, _, port = live_portal.url.removeprefix("http://").partition(":")
    body = b'{"clientId": "a", "clientSecret": "b"}'
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        head = f"POST /v1/auth/access_token HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body[:10])
        time.sleep(0.3)
        stopping = threading.Thread(target=live_portal.stop)
        stopping.start()
        time.sleep(0.3)
        connection.sendall(body[10:])
        answer = connection.recv(4096)
        assert b"401" in answer.split(b"\r\n", 1)[0]
        assert b"invalid_credentials" in answer
    stopping.join()


def test_a_client_that_goes_away_half_way_leaves_nothing(live_portal: LivePortal) -> None:
    with live_portal.login() as client:
        client.post("/v1/blueprints", json=SERVICE).raise_for_status()
        host, _, port = live_portal.url.removeprefix("http://").partition(":")
        body = b'{"identifier": "half", "properties": {}}'
        for cut in (1, len(body) // 2, len(body) - 1):
            with socket.create_connection((host, int(port))) as connection:
                head = (
                    "POST /v1/blueprints/service/entities HTTP/1.1\r\nhost: x\r\n"
                    f"authorization: {client.headers['authorization']}\r\ncontent-length: {len(body)}\r\n\r\n"
                )
                connection.sendall(head.encode() + body[:cut])
        time.sleep(0.3)
        assert client.get("/v1/blueprints/service/entities-count").json()["count"] == 0


def test_a_kill_during_ingestion_loses_nothing_that_was_answered(live_portal: LivePortal) -> None:
    client = live_portal.login()
    client.post("/v1/blueprints", json=SERVICE).raise_for_status()
    answered: list[str] = []
    lock = threading.Lock()

    def ingest(worker: int) -> None:
        for number in range(10_000):
            names = [f"w{worker}-{number}-{item}" for item in range(20)]
            entities = [{"identifier": name, "properties": {"tier": "gold"}} for name in names]
            try:
                answer = client.post("/v1/blueprints/service/entities/bulk?upsert=true", json={"entities": entities})
            except httpx.TransportError:
                return
            with lock:
                answered.extend(item["identifier"] for item in answer.json()["entities"])

    with ThreadPoolExecutor(4) as pool:
        for worker in range(4):
            pool.submit(ingest, worker)
        time.sleep(2)
        live_portal.kill()
    assert len(answered) > 100
    live_portal.start()
    with live_portal.login() as again:
        listed = again.get("/v1/blueprints/service/entities?include=identifier").json()["entities"]
        present = {entity["identifier"] for entity in listed}
        assert set(answered) <= present
        assert again.get("/v1/blueprints/service/entities-count").json()["count"] == len(present)
        audits = again.get("/v1/audit-log", params={"resources[]": "entity", "limit": 5}).json()["audits"]
        assert audits[0]["context"]["entity"] in present
    client.close()

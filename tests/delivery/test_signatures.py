"""Every request is signed so that any receiver can check it: over its bytes, or over what it parsed (contract 7.7)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from fairway.kit.clock import ManualClock
from fairway.kit.settings import Settings
from fairway.portal.worker import Background
from support.actions import ENRICH
from support.catalog import DOMAIN, SERVICE, TO_DOMAIN
from support.forges.server import Forge, Reply, Seen
from support.runs import Runs

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NODE = Path(sys.executable).with_name("node")
EXPRESS = """
const crypto = require('crypto')
const {headers, body, secret} = JSON.parse(require('fs').readFileSync(0, 'utf8'))
const signed = crypto.createHmac('sha256', secret)
  .update(`${headers['x-port-timestamp']}.${JSON.stringify(JSON.parse(body))}`).digest('base64')
process.stdout.write(String(`v1,${signed}` === headers['x-port-signature']))
"""
"""How Port's documentation has receivers check a signature, in an Express handler."""


@pytest.fixture
def secret(settings: Settings) -> str:
    """The organisation's client secret."""
    assert settings.client_secret is not None
    return settings.client_secret.get_secret_value()


def over_bytes(seen: Seen, secret: str) -> bool:
    """A receiver that has the raw body."""
    stamp = seen.headers["x-port-timestamp"]
    assert stamp.isdigit()
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + seen.body, hashlib.sha256).digest()
    return seen.headers["x-port-signature"] == "v1," + base64.b64encode(digest).decode()


def over_parsed(seen: Seen, secret: str) -> bool:
    """A receiver that has only what its framework parsed."""
    told = {"headers": dict(seen.headers), "body": seen.body.decode(), "secret": secret}
    done = subprocess.run([NODE, "-e", EXPRESS], input=json.dumps(told).encode(), capture_output=True, check=True)
    return done.stdout == b"true"


BODIES: list[Any] = [
    {},
    {"text": "Zoë “東京” \u2028 🚀 </script>", "tab": "\t\n\x1b\x7f"},
    {"whole": 1.0, "part": 0.1, "tiny": 1e-9, "huge": 1e22, "zero": -0.0, "long": 2**53},
    {"10": "ten", "b": 1, "9": {"1": [], "0": {}}, "__proto__": {"x": 1}},
    {"list": [None, True, "", [[]], {"": ""}]},
]


@pytest.mark.parametrize(
    ("body", "method"),
    [*((body, "POST") for body in BODIES), *((BODIES[1], each) for each in ("PUT", "PATCH", "DELETE"))],
)
async def test_bytes_and_parsed_bodies_verify(
    runs: Runs, receiver: Forge, background: Background, secret: str, body: Any, method: str
) -> None:
    await runs.start({"type": "WEBHOOK", "url": f"{receiver.url}/hook", "method": method, "body": body})
    await background.settle()
    [seen] = receiver.requests
    assert seen.method == method
    assert seen.json == body
    assert over_bytes(seen, secret)
    assert over_parsed(seen, secret)
    assert not over_bytes(seen, "another-secret")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_without_a_body_the_timestamp_alone_is_signed(
    runs: Runs, receiver: Forge, background: Background, secret: str, method: str
) -> None:
    await runs.start({"type": "WEBHOOK", "url": f"{receiver.url}/hook?a=b%20c", "method": method})
    await background.settle()
    [seen] = receiver.requests
    assert (seen.method, seen.body) == (method, b"")
    assert seen.query == {"a": "b c"}
    assert "content-type" not in seen.headers
    assert over_bytes(seen, secret)


async def test_without_a_body_of_its_own_it_tells_of_the_run(
    runs: Runs, receiver: Forge, background: Background, secret: str
) -> None:
    run = await runs.start({"type": "WEBHOOK", "url": f"{receiver.url}/hook", "headers": {"x-key": "k"}}, size=3)
    await background.settle()
    [seen] = receiver.requests
    assert over_bytes(seen, secret)
    assert over_parsed(seen, secret)
    told = seen.json
    assert (told["resourceType"], told["status"]) == ("run", "TRIGGERED")
    assert told["context"] == {"entity": None, "blueprint": None, "runId": run["id"]}
    assert told["payload"]["properties"] == {"size": 3}
    assert told["payload"]["action"]["invocationMethod"]["url"] == f"{receiver.url}/hook"
    assert "x-key" not in seen.body.decode(), "headers go to the target anyway; they may hold credentials"


async def test_each_attempt_is_signed_for_its_own_time(
    runs: Runs, receiver: Forge, background: Background, clock: ManualClock, secret: str
) -> None:
    receiver.first = [Reply(503)]
    await runs.start({"type": "WEBHOOK", "url": f"{receiver.url}/hook", "body": {}})
    await background.settle()
    clock.advance(minutes=5)
    await background.settle()
    first, second = receiver.requests
    assert int(second.headers["x-port-timestamp"]) - int(first.headers["x-port-timestamp"]) == 300
    assert over_bytes(first, secret)
    assert over_bytes(second, secret)
    assert first.body == second.body


async def test_the_newest_secret_signs(
    runs: Runs, receiver: Forge, background: Background, client: httpx.AsyncClient, secret: str
) -> None:
    """Contract 15.11: after rotation it is the new one, for runs that wait already, too."""
    await runs.start({"type": "WEBHOOK", "url": f"{receiver.url}/hook", "body": {}})
    rotated = await client.post("/v1/apps/testclient/rotate-secret")
    assert rotated.status_code == 200, rotated.text
    renewed = rotated.json()["app"]["secret"]
    await background.settle()
    [seen] = receiver.requests
    assert over_bytes(seen, renewed)
    assert not over_bytes(seen, secret)


async def test_conformance_scenario_14(
    client: httpx.AsyncClient, receiver: Forge, background: Background, secret: str
) -> None:
    for blueprint in (DOMAIN, {**SERVICE, "relations": TO_DOMAIN}):
        assert (await client.post("/v1/blueprints", json=blueprint)).status_code == 201
    for blueprint, identifier in (("domain", "payments"), ("service", "svc-a")):
        entity = {"identifier": identifier, "title": identifier.title()}
        assert (await client.post(f"/v1/blueprints/{blueprint}/entities", json=entity)).status_code == 201
    action = {**ENRICH, "invocationMethod": {**ENRICH["invocationMethod"], "url": f"{receiver.url}/hook"}}
    assert (await client.post("/v1/actions", json=action)).status_code == 201
    inputs = {"domain": "payments", "type": "backend", "lifecycle": "Production"}
    answer = await client.post(
        "/v1/actions/service_enrich_service/runs", json={"properties": inputs, "entity": "svc-a"}
    )
    assert answer.status_code == 202
    run = answer.json()["run"]
    await background.settle()
    [seen] = receiver.requests
    assert seen.json == {
        "port_context": {"entity": "svc-a", "runId": run["id"]}, "domain": "payments", "type": "backend"
    }  # fmt: skip
    assert seen.headers["run_id"] == run["id"]
    assert over_bytes(seen, secret)
    assert over_parsed(seen, secret)

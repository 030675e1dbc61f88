"""Approvers and requesters are told: by mail over SMTP, by webhook, as Slack blocks (contract 7.8)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from fairway.kit.clock import ManualClock
from fairway.kit.settings import Settings
from support.approvals import ANN, BOB, EVE, Court
from support.forges.server import Reply, Seen
from support.people import Login
from support.smtp import MailBox

TEAM = "tess@example.com"
NEW = "new@example.com"


@pytest.fixture
def settings(settings: Settings, box: MailBox) -> Settings:
    """With a mail server."""
    return settings.model_copy(update={"smtp_url": SecretStr(box.url)})


async def _invite(client: httpx.AsyncClient, email: str, *teams: str) -> None:
    invitee = {"email": email, "roles": ["Member"], "teams": list(teams)}
    assert (await client.post("/v1/users/invite", json={"invitee": invitee})).is_success


async def test_everybody_is_told_however_they_were_found(court: Court, login: Login, box: MailBox) -> None:
    eve = await login(EVE, "Member", "approver")
    await login(ANN)
    await login(BOB, "Member", "approver")
    assert (await court.client.post("/v1/teams", json={"name": "sre"})).is_success
    await _invite(court.client, TEAM, "sre")
    policy = {"queries": {}, "conditions": [f'["{NEW}", .user.email]']}
    panel = {"users": [ANN], "roles": ["approver"], "teams": ["sre"], "policy": policy}
    inputs = {"version": {"type": "string"}, "token": {"type": "string", "encryption": "aes256-gcm"}}
    trigger = {"type": "self-service", "operation": "CREATE", "userInputs": {"properties": inputs}}
    await court.action({"type": "ANY", "expiresInSeconds": 3600}, approve=panel, trigger=trigger)
    run = await court.start(eve, properties={"version": "1.2.3", "token": "hush-5511"})
    await court.background.settle()
    assert sorted(box.recipients) == sorted([ANN, BOB, TEAM, NEW])
    assert all([each["To"] for each in box.messages].count(name) == 1 for name in box.recipients)
    for message in box.messages:
        assert message["Subject"] == "Approve: Deploy"
        text = message.get_content()
        assert f'{EVE} started "Deploy", which needs approval.' in text
        assert "version: 1.2.3" in text
        assert "token: ***" in text
        assert "Approve or decline until 20" in text
        assert f"http://portal/runs/{run['id']}" in text
    assert "hush-5511" not in "".join(raw.decode() for raw in box.raw)
    log = await court.log(run)
    assert f"nobody has this e-mail yet, so they cannot decide: {NEW}" in log


@pytest.mark.slow
async def test_who_asked_is_told_what_was_decided(court: Court, login: Login, box: MailBox) -> None:
    ann, eve = await login(ANN), await login(EVE)
    await court.action(approve={"users": [ANN]})
    for status, word in (("APPROVE", "approved"), ("DECLINE", "declined")):
        run = await court.start(eve)
        await court.background.settle()
        box.messages.clear()
        await court.decide(ann, run, status, description="because")
        await court.background.settle()
        (message,) = box.messages
        assert (message["To"], message["Subject"]) == (EVE, f"{word.capitalize()}: Deploy")
        assert f'"Deploy" was {word} by {ANN}.' in message.get_content()
        assert "because" in message.get_content()


async def test_a_bad_address_holds_up_nobody_else(court: Court, login: Login, box: MailBox, clock: ManualClock) -> None:
    await login(ANN)
    await login(BOB)
    box.refusals = {ANN: "550 no such user", BOB: "451 later"}
    await court.action(approve={"users": [ANN, BOB, NEW]})
    run = await court.start()
    await court.background.settle()
    assert box.recipients == [NEW]
    log = await court.log(run)
    assert f"Could not tell {ANN}: " in log
    assert "550 no such user" in log
    assert f"Could not tell {BOB}: " in log
    assert "451 later; it is tried again" in log
    box.refusals = {}
    clock.advance(minutes=5)
    await court.background.settle()
    assert sorted(box.recipients) == sorted([NEW, BOB])
    assert (await court.read(run))["status"] == "WAITING_FOR_APPROVAL"


async def test_nobody_is_told_about_what_is_decided_already(
    court: Court, login: Login, box: MailBox, clock: ManualClock
) -> None:
    ann = await login(ANN)
    await login(BOB)
    box.refusals = {BOB: "451 later"}
    await court.action(approve={"users": [ANN, BOB]})
    run = await court.start()
    await court.background.settle()
    await court.approve(ann, run)
    box.refusals = {}
    clock.advance(hours=1)
    await court.background.settle()
    assert box.recipients == [ANN]


def _signed(seen: Seen) -> bool:
    stamp = seen.headers["x-port-timestamp"].encode()
    digest = hmac.new(b"s" * 64, stamp + b"." + seen.body, hashlib.sha256).digest()
    return seen.headers["x-port-signature"] == f"v1,{base64.b64encode(digest).decode()}"


async def _told(court: Court) -> list[Seen]:
    await court.background.settle()
    return [seen for seen in court.target.requests if seen.path == "/approvals"]


async def test_a_webhook_gets_the_run_and_who_is_asked(court: Court, login: Login, box: MailBox) -> None:
    await login(ANN)
    eve = await login(EVE)
    notification = {"type": "webhook", "url": f"{court.target.url}/approvals"}
    inputs = {"token": {"type": "string", "encryption": "aes256-gcm"}}
    trigger = {"type": "self-service", "operation": "CREATE", "userInputs": {"properties": inputs}}
    await court.action(approve={"users": [ANN]}, approvalNotification=notification, trigger=trigger)
    run = await court.start(eve, properties={"token": "hush-5511"})
    (seen,) = await _told(court)
    assert _signed(seen)
    body = seen.json
    assert body["event"] == "approval_requested"
    assert (body["run"]["id"], body["run"]["status"]) == (run["id"], "WAITING_FOR_APPROVAL")
    assert body["action"]["identifier"] == "deploy"
    assert [each["email"] for each in body["approvers"]] == [ANN]
    assert body["links"]["run"] == f"http://portal/runs/{run['id']}"
    assert b"hush-5511" not in seen.body
    assert box.recipients == []


async def test_slack_gets_blocks(court: Court, login: Login) -> None:
    await login(ANN)
    eve = await login(EVE)
    notification = {"type": "webhook", "url": f"{court.target.url}/approvals", "format": "slack"}
    trigger: dict[str, Any] = {
        "type": "self-service", "operation": "CREATE", "userInputs": {"properties": {"why": {"type": "string"}}},
    }  # fmt: skip
    await court.action(approve={"users": [ANN]}, approvalNotification=notification, trigger=trigger)
    await court.start(eve, properties={"why": "<!channel> & more"})
    (seen,) = await _told(court)
    assert _signed(seen)
    assert seen.json["text"].startswith(f"{EVE} asks for approval of Deploy")
    kinds = [block["type"] for block in seen.json["blocks"]]
    assert kinds == ["header", "section", "section", "context", "actions"]
    assert "*why*: &lt;!channel&gt; &amp; more" in seen.json["blocks"][2]["text"]["text"]
    assert "<!channel>" not in seen.body.decode()


async def test_a_webhook_that_is_down_is_tried_again(court: Court, login: Login, clock: ManualClock) -> None:
    ann = await login(ANN)
    court.target.first = [Reply(503), Reply(429), Reply(200)]
    notification = {"type": "webhook", "url": f"{court.target.url}/approvals"}
    await court.action(approve={"users": [ANN]}, approvalNotification=notification)
    run = await court.start()
    assert len(await _told(court)) == 1
    assert "the receiver answered 503; it is tried again" in await court.log(run)
    for _ in range(2):
        clock.advance(minutes=5)
        await court.background.settle()
    told = await _told(court)
    assert len(told) == 3
    assert all(_signed(seen) for seen in told)
    clock.advance(hours=1)
    assert len(await _told(court)) == 3
    assert (await court.approve(ann, run))["status"] == "IN_PROGRESS"


async def test_a_webhook_that_refuses_is_told_in_the_log(court: Court, login: Login, clock: ManualClock) -> None:
    await login(ANN)
    court.target.first = [Reply(404, text="hush-5511")]
    notification = {"type": "webhook", "url": f"{court.target.url}/approvals"}
    await court.action(approve={"users": [ANN]}, approvalNotification=notification)
    run = await court.start()
    assert len(await _told(court)) == 1
    clock.advance(hours=1)
    assert len(await _told(court)) == 1
    log = await court.log(run)
    assert "Could not tell the approval webhook: the receiver answered 404" in log
    assert "hush-5511" not in log


async def test_addresses_that_may_not_be_called_are_not(court: Court, login: Login) -> None:
    await login(ANN)
    notification = {"type": "webhook", "url": "http://169.254.169.254/latest"}
    await court.action(approve={"users": [ANN]}, approvalNotification=notification)
    run = await court.start()
    await court.background.settle()
    assert "Could not tell the approval webhook: " in await court.log(run)
    assert (await court.read(run))["status"] == "WAITING_FOR_APPROVAL"


async def test_a_message_that_is_sent_twice_has_one_identity(court: Court, login: Login, box: MailBox) -> None:
    await login(ANN)
    await court.action(approve={"users": [ANN]})
    runs = [await court.start(), await court.start()]
    await asyncio.gather(court.background.settle())
    identities = {message["Message-ID"] for message in box.messages}
    assert len(identities) == len(runs) == 2
    assert all(any(run["id"] in identity for identity in identities) for run in runs)

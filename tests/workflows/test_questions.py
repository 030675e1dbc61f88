"""INPUT nodes: who is asked, what they may say, when enough have, and what becomes of questions nobody answers."""

from __future__ import annotations

from typing import Any

import pytest

from fairway.kit.clock import ManualClock
from fairway.portal.caller import system_caller
from fairway.portal.services import Portal
from support.flow import Flow, call, node
from support.forges.server import Forge
from support.people import Login

OUTLETS = [{"identifier": "yes", "title": "Yes", "numOfResponders": 2}, {"identifier": "no", "title": "No"}]


def _ask(**config: Any) -> dict[str, Any]:
    asked = {"users": ["ann@example.com", "bob@example.com"], "roles": ["Judge"]}
    return node("ask", "INPUT", **{"userInputs": {"properties": {}}, "responders": asked, "outlets": OUTLETS, **config})


async def _put(flow: Flow, target: Forge, **config: Any) -> tuple[str, str]:
    """A run that asks; the run and the node run."""
    await flow.define(
        _ask(**config), call("go", f"{target.url}/go"), call("stop", f"{target.url}/stop"),
        arrows=[
            ("start", "ask"), ("ask", "go", {"sourceOutletIdentifier": "yes"}),
            ("ask", "stop", {"sourceOutletIdentifier": "no"}),
        ],
    )  # fmt: skip
    run = await flow.start(env="x")
    return run, (await flow.nodes(run))["ask"]["identifier"]


async def test_an_outlet_waits_for_as_many_as_it_asks_for(flow: Flow, target: Forge, login: Login) -> None:
    run, asked = await _put(flow, target)
    ann, bob = await login("ann@example.com"), await login("bob@example.com")
    first = await flow.respond(ann, asked, button="yes")
    assert first.status_code == 200, first.text
    assert first.json()["nodeRun"]["status"] == "IN_PROGRESS"
    again = await flow.respond(ann, asked, button="yes")
    assert again.status_code == 409
    assert target.requests == []
    second = await flow.respond(bob, asked, button="yes")
    shown = second.json()["nodeRun"]
    assert (shown["result"], shown["selectedOutlet"]) == ("SUCCESS", "yes")
    assert [each["submitterInfo"]["submittedBy"] for each in shown["output"]["responses"]] == [
        "ann@example.com", "bob@example.com",
    ]  # fmt: skip
    assert [seen.path for seen in target.requests] == ["/go"]
    assert (await flow.run(run))["result"] == "SUCCESS"
    late = await flow.respond(await login("zoe@example.com", "Judge"), asked, button="no")
    assert late.status_code == 409


async def test_one_no_is_enough(flow: Flow, target: Forge, login: Login) -> None:
    _, asked = await _put(flow, target)
    await flow.respond(await login("ann@example.com"), asked, button="yes")
    await flow.respond(await login("bob@example.com"), asked, button="no")
    assert [seen.path for seen in target.requests] == ["/stop"]


async def test_who_and_what_is_refused(flow: Flow, target: Forge, login: Login) -> None:
    properties = {"why": {"type": "string", "minLength": 3}}
    form = {"properties": properties, "required": ["why"]}
    _, asked = await _put(flow, target, userInputs=form)
    eve, ann = await login("eve@example.com"), await login("ann@example.com")
    judge = await login("zoe@example.com", "Judge")
    right = {"button": "no", "inputs": {"why": "because"}}
    assert (await flow.respond(eve, asked, **right)).status_code == 403
    assert (await flow.respond(flow.client, asked, **right)).status_code == 403, "an Admin who is not asked"
    for wrong, said in (
        ({**right, "button": "perhaps"}, '"button" must be one of yes, no'),
        ({"inputs": {"why": "because"}}, '"button"'),
        ({**right, "inputs": {}}, '"why"'),
        ({**right, "inputs": {"why": "x"}}, '"why"'),
        ({**right, "inputs": {"why": "because", "more": 1}}, '"more"'),
    ):
        refused = await flow.respond(ann, asked, **wrong)
        assert refused.status_code == 422
        assert said in refused.json()["message"]
    form_path = f"/v1/fairway/workflows/nodes/runs/{asked}/form"
    assert (await ann.post(form_path, json={"form": {}})).status_code == 200
    assert (await eve.post(form_path, json={"form": {}})).status_code == 403
    assert target.requests == []
    assert (await flow.respond(judge, asked, **right)).status_code == 200
    assert [seen.path for seen in target.requests] == ["/stop"]


async def test_no_machine_answers_for_people(flow: Flow, target: Forge) -> None:
    """Neither agents nor Admins end a question by the routes of reports."""
    run, asked = await _put(flow, target)
    refused = await flow.report(asked, status="COMPLETED", result="SUCCESS", output={"selectedOutlet": "yes"})
    assert refused.status_code == 422
    assert "of type INPUT" in refused.json()["message"]
    [result] = (
        await flow.done(
            "POST", "/v1/fairway/runs/reports", {"reports": [{"nodeRunIdentifier": asked, "status": "SUCCESS"}]}
        )
    )["results"]
    assert result["ok"] is False
    assert await flow.claim() == []
    assert (await flow.run(run))["status"] == "IN_PROGRESS"


async def test_a_question_that_names_nobody_goes_to_who_started_the_run(
    flow: Flow, target: Forge, login: Login
) -> None:
    run, asked = await _put(flow, target, responders={}, outlets=[{"identifier": "yes"}, {"identifier": "no"}])
    assert (await flow.respond(await login("eve@example.com"), asked, button="yes")).status_code == 403
    assert (await flow.respond(flow.client, asked, button="yes")).status_code == 200
    assert (await flow.run(run))["result"] == "SUCCESS"


async def test_a_question_may_expire(flow: Flow, target: Forge, login: Login, clock: ManualClock) -> None:
    run, asked = await _put(flow, target, expiresInSeconds=600)
    await flow.respond(await login("ann@example.com"), asked, button="yes")
    clock.advance(seconds=599)
    await flow.background.settle()
    assert (await flow.run(run))["status"] == "IN_PROGRESS"
    clock.advance(seconds=2)
    await flow.background.settle()
    ended = await flow.run(run)
    assert (ended["status"], ended["result"]) == ("COMPLETED", "FAILED")
    assert "Within 600 s 1 responded" in ended["summary"]
    assert (await flow.nodes(run))["ask"]["statusLabel"] == {"text": "Expired"}
    assert (await flow.respond(await login("bob@example.com"), asked, button="yes")).status_code == 409


async def test_an_answer_in_time_keeps_it_from_expiring(
    flow: Flow, target: Forge, login: Login, clock: ManualClock
) -> None:
    run, asked = await _put(flow, target, expiresInSeconds=600)
    await flow.respond(await login("ann@example.com"), asked, button="no")
    clock.advance(hours=1)
    await flow.background.settle()
    assert (await flow.run(run))["result"] == "SUCCESS"
    assert [seen.path for seen in target.requests] == ["/stop"]


@pytest.mark.parametrize("seconds", [0, -1, "600", 1.5, 31_536_001])
async def test_how_long_it_waits_is_checked(flow: Flow, seconds: Any) -> None:
    body = {"identifier": "flow", "nodes": [{"identifier": "t", "config": {"type": "SELF_SERVE_TRIGGER"}},
                                            _ask(expiresInSeconds=seconds)]}  # fmt: skip
    refused = await flow.client.post("/v1/workflows", json=body)
    assert refused.status_code == 422
    assert '"expiresInSeconds" in the config of node "ask"' in refused.json()["message"]


async def test_a_portal_that_dies_behind_the_last_answer_goes_on(flow: Flow, target: Forge, portal: Portal) -> None:
    """The answer is stored and the node has not ended yet: whoever comes next ends it."""
    run, asked = await _put(flow, target)
    by = {"submittedBy": "bob@example.com", "userId": "user_bob", "submittedAt": "2026-01-01T00:00:00.000Z"}
    answer = {"inputs": {}, "button": "no", "submitterInfo": by}
    caller = system_caller(portal.org.id)
    await portal.db.write(lambda tx: portal.workflows.inputs._add(tx, caller, asked, answer))
    assert target.requests == []
    await flow.background.settle()
    assert [seen.path for seen in target.requests] == ["/stop"]
    assert (await flow.run(run))["result"] == "SUCCESS"

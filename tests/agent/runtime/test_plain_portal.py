"""An agent at a portal of the contract, without our additions: polling, acknowledging, reporting, and the portal's
troubles (execution agent contract, sections 4, 6, 11)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path

import pytest
from aiohttp import web

from fairway.agent.model import Invocation
from fairway.agent.runtime.placing import Place, Placer
from support.agents import polling
from support.plain_portal import PlainPortal, Trouble, answering, breaking, hanging
from support.targets import Received, Target, never, serving


async def test_a_run_is_delivered_and_reported(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    target.text = '{"id": 7}'
    plain.add("r_1", target.url + "/ci", headers={"X-Mine": "yes"})
    async with polling(plain.url, tmp_path) as agent:
        await plain.until_done()
        assert agent.metric("delivered_total") == 1
    assert plain.status("r_1") == "SUCCESS"
    assert plain.runs["r_1"].response == {"id": 7}
    assert target.last.headers["idempotency-key"] == "r_1"
    assert target.last.headers["x-mine"] == "yes", "headers of the action reach the target"
    assert target.last.json == {"run": "r_1"}, "the body of the action is what is sent"
    assert "The target answered 200 OK" in plain.runs["r_1"].logs[0]


async def test_a_fault_in_finding_the_place_of_a_run_does_not_stop_the_work(
    plain: PlainPortal, target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception that nobody foresaw: the run is carried out without a place, and others come after it."""

    async def broken(placer: Placer, invocation: Invocation) -> Place:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(Placer, "place", broken)
    for number in range(3):
        plain.add(f"r_{number}", target.url)
    async with polling(plain.url, tmp_path):
        await plain.until_done()
    assert {plain.status(f"r_{number}") for number in range(3)} == {"SUCCESS"}


async def test_many_runs_cost_few_calls_on_kept_connections(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    for number in range(50):
        plain.add(f"r_{number}", target.url)
    async with polling(plain.url, tmp_path):
        await plain.until_done()
    assert plain.count("token") == 1, "one token until it expires"
    assert plain.count("ack") <= 5, "many runs are acknowledged in a call"
    assert plain.count("log") <= 50, "the lines of a run are one call"
    connections = {call.connection for call in plain.calls}
    assert len(connections) <= 40 < len(plain.calls), "connections are kept"
    claims = [call for call in plain.calls if call.purpose == "claim"]
    assert all(call.headers["x-port-reserved-usage"] == "true" for call in claims)
    assert all(call.headers["user-agent"] == "port-agent" for call in plain.calls)


async def test_a_portal_that_knows_no_lease_gets_none(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    plain.lists_extras = False
    plain.add("r_1", target.url)
    async with polling(plain.url, tmp_path):
        await plain.until_done()
    bodies = [call.body for call in plain.calls if call.purpose == "claim"]
    assert bodies[-1] == {"installationId": "_PORT_EXEC_AGENT", "limit": 100, "invocationMethod": "WEBHOOK"}
    assert sum("visibilityTimeoutMs" in body for body in bodies) == 1, "asked once"


async def test_node_runs_get_their_body_and_headers(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    target.text = '{"ok": true}'
    plain.add_node("wfnr_1", target.url, body={"n": 1}, headers={"X-Node": "a"})
    async with polling(plain.url, tmp_path):
        await plain.until_done()
    assert target.last.json == {"n": 1}
    assert target.last.headers["x-node"] == "a"
    document = plain.nodes["wfnr_1"].document
    assert (document["status"], document["result"]) == ("COMPLETED", "SUCCESS")
    assert document["output"]["response"] == {"status": 200, "data": {"ok": True}}


async def test_a_portal_without_workflows_does_not_slow_action_runs(
    plain: PlainPortal, target: Target, tmp_path: Path
) -> None:
    plain.workflows = False
    async with polling(plain.url, tmp_path) as agent:
        await plain.until(lambda: plain.count("claim") >= 10)
        plain.add("r_1", target.url)
        await plain.until_done()
        assert plain.count("claim_nodes") == 1, "not asked again for minutes"
        assert agent.agent.condition().streamer.connected


async def test_somebody_elses_run_is_left_alone(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    """Another agent was faster with the acknowledgement."""
    for number in range(3):
        plain.add(f"r_{number}", target.url)
    plain.troubles["ack"] = [_taken(plain, "r_1")]
    async with polling(plain.url, tmp_path):
        await plain.until(lambda: plain.open == ["r_1"])
    assert sorted(each.headers["idempotency-key"] for each in target.requests) == ["r_0", "r_2"]


def _taken(plain: PlainPortal, run_id: str) -> Trouble:
    async def before(request: web.Request) -> web.StreamResponse | None:
        plain.runs[run_id].acked = True
        return None

    return before


async def test_an_expired_token_is_renewed(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    async with polling(plain.url, tmp_path):
        await plain.until(lambda: plain.count("claim") > 2)
        plain.tokens.clear()
        plain.add("r_1", target.url)
        await plain.until_done()
    assert plain.count("token") == 2, "many calls at once that were refused fetch one token"


async def test_a_short_token_is_renewed_without_being_refused(plain: PlainPortal, tmp_path: Path) -> None:
    plain.token_life = 0.4
    async with polling(plain.url, tmp_path):
        await plain.until(lambda: plain.count("token") >= 3)
    assert len(plain.tokens) >= 3
    assert plain.count("claim") > 3, "not one for each call"


async def test_429_is_obeyed_by_every_call(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    async with polling(plain.url, tmp_path):
        await plain.until(lambda: plain.count("claim") > 2)
        plain.troubles["claim"] = [answering(429, retry_after="1")]
        await plain.until(lambda: not plain.troubles["claim"])
        refused_at = plain.calls[-1].at
        plain.add("r_1", target.url)
        await plain.until_done()
    later = [call.at for call in plain.calls if call.at > refused_at + 0.1]
    assert min(later) >= refused_at + 0.99


async def test_a_nearly_used_up_rate_window_slows_claims(plain: PlainPortal, tmp_path: Path) -> None:
    plain.rate = {
        "x-ratelimit-limit": "1000", "x-ratelimit-remaining": "1", "x-ratelimit-reset": "4", "x-ratelimit-period": "60"
    }  # fmt: skip
    async with polling(plain.url, tmp_path):
        await plain.until(lambda: plain.count("claim") >= 2)
    first, second = [call.at for call in plain.calls if call.purpose == "claim"][:2]
    assert second - first >= 1.9, "two calls are left for four seconds"


async def test_a_portal_that_was_away_gets_every_report(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    """Down while the target worked: the delivery counts, and is reported once the portal is back (contract 11)."""
    for number in range(10):
        plain.add(f"r_{number}", target.url)
    plain.troubles["status"] = [500, 503, breaking, 429, 401, 502] * 3
    plain.troubles["response"] = [500, 401, breaking]
    plain.troubles["log"] = [500] * 5
    async with polling(plain.url, tmp_path):
        await plain.until_done()
    assert {plain.status(f"r_{number}") for number in range(10)} == {"SUCCESS"}
    assert len(target.requests) == 10, "reporting again is not delivering again"


async def test_logs_are_never_on_the_path_to_the_target(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    plain.troubles["log"] = [hanging() for _ in range(10)]
    plain.add("r_1", target.url)
    async with polling(plain.url, tmp_path, FAIRWAY_AGENT_DRAIN_SECONDS="0"):
        await plain.until(lambda: bool(target.requests))


async def test_a_silent_portal_does_not_stop_the_agent(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    """It accepts and never answers: calls end, and others go on meanwhile."""
    plain.troubles["claim_nodes"] = [hanging()]
    plain.troubles["organization"] = [hanging()]
    plain.add("r_1", target.url)
    async with polling(plain.url, tmp_path):
        await plain.until_done()


async def test_an_unanswered_acknowledgement_is_resolved(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    """The portal took it, and the answer was lost: the runs are ours, and are delivered once."""
    for number in range(3):
        plain.add(f"r_{number}", target.url)

    async def lost(request: web.Request) -> web.StreamResponse | None:
        for run_id in (await request.json())["runIds"]:
            plain.runs[run_id].acked = True
        return await breaking(request)

    plain.troubles["ack"] = [lost]
    async with polling(plain.url, tmp_path):
        await plain.until_done()
    assert sorted(each.headers["idempotency-key"] for each in target.requests) == ["r_0", "r_1", "r_2"]


async def test_claims_back_off_and_come_back(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    plain.troubles["claim"] = [500, 502, breaking, 401, 429]
    async with polling(plain.url, tmp_path) as agent:
        await plain.until(lambda: not plain.troubles["claim"])
        plain.add("r_1", target.url)
        await plain.until_done()
        assert agent.agent.condition().streamer.connected
    gaps = [call.at for call in plain.calls if call.purpose == "claim"]
    assert gaps[1] - gaps[0] >= 0.05


async def test_the_transport_is_announced_once(plain: PlainPortal, tmp_path: Path) -> None:
    plain.settings.clear()
    for _ in range(2):
        async with polling(plain.url, tmp_path):
            await plain.until(lambda: plain.settings == {"portAgentStreamerName": "POLLING"})
            await plain.until(lambda: plain.count("claim") > 0)
    changes = [call for call in plain.calls if call.purpose == "organization" and call.body]
    assert len(changes) == 1, "the flag is the organisation's: it is not written needlessly"


async def test_the_transport_is_announced_when_the_portal_is_back(plain: PlainPortal, tmp_path: Path) -> None:
    """Until then the portal sends no runs over Kafka, and nobody else would tell it."""
    plain.settings.clear()
    plain.troubles["organization"] = [503] * 2
    async with polling(plain.url, tmp_path):
        await plain.until(lambda: plain.settings == {"portAgentStreamerName": "POLLING"})


async def test_a_run_whose_mapping_is_broken_ends_with_the_cause(
    plain: PlainPortal, target: Target, tmp_path: Path
) -> None:
    """Its filter fails, so that nobody knows whose it is; it was given to this agent."""
    (tmp_path / "mapping.json").write_text('[{"name": "m", "enabled": ".run | startswith(5)"}]')
    plain.add("r_1", target.url)
    async with polling(plain.url, tmp_path):
        await plain.until_done()
    assert plain.status("r_1") == "FAILURE"
    assert 'in mapping "m", enabled failed: startswith() requires string inputs' in plain.summary("r_1")
    assert not target.requests


async def test_trouble_with_tokens_loses_nothing(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    plain.troubles["token"] = [500, 429, 401, breaking, 503]
    plain.add("r_1", target.url)
    async with polling(plain.url, tmp_path):
        await plain.until_done()
    assert plain.status("r_1") == "SUCCESS"
    assert len(target.requests) == 1


async def test_what_no_mapping_wants_is_not_acknowledged(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    """Another agent has to be able to claim it: such a portal takes nothing back."""
    enabled = '.payload.action.invocationMethod.url | endswith("mine")'
    (tmp_path / "mapping.json").write_text(json.dumps([{"enabled": enabled}]))
    plain.add("r_1", target.url + "/theirs", action="theirs")
    plain.add("r_2", target.url + "/mine", action="mine")
    async with polling(plain.url, tmp_path):
        await plain.until(lambda: plain.open == ["r_1"])
    assert not plain.runs["r_1"].acked
    excluded = [call.body.get("exclude") for call in plain.calls if call.purpose == "claim"]
    assert ["theirs"] in excluded, "it is not asked for again at once"


async def test_a_run_that_is_offered_twice_is_done_once(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    going = asyncio.Event()

    async def slowly(request: web.Request, received: Received) -> web.StreamResponse:
        plain.runs["r_1"].claimed_until = 0.0
        plain.runs["r_1"].acked = False
        await asyncio.wait_for(going.wait(), 60)
        return web.Response()

    target.answers = [slowly]
    plain.add("r_1", target.url)
    async with polling(plain.url, tmp_path) as agent:
        await plain.until(lambda: agent.metric("duplicates_total") > 0)
        going.set()
        await plain.until_done()
    assert len(target.requests) == 1


async def test_a_busy_action_does_not_starve_others(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    """Hundreds of runs of one action wait at a service that does not answer; a run of another one comes behind them."""
    async with serving() as stuck:
        stuck.answers = [never] * 1000
        for number in range(1500):
            plain.add(f"r_{number}", stuck.url, action="busy")
        changes = {"FAIRWAY_AGENT_PARALLEL": "8", "FAIRWAY_AGENT_PER_HOST": "2", "FAIRWAY_AGENT_DRAIN_SECONDS": "0"}
        async with polling(plain.url, tmp_path, **changes):
            await plain.until(lambda: len(stuck.requests) >= 2)
            plain.add("r_other", target.url, action="other")
            await plain.until(lambda: plain.status("r_other") == "SUCCESS")


async def test_an_answer_without_end_is_cut(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    async def endless(request: web.Request, received: Received) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b"x" * 65536)
        return response

    target.answers = [endless]
    plain.add("r_1", target.url)
    async with polling(plain.url, tmp_path):
        await plain.until_done()
    assert plain.status("r_1") == "SUCCESS"
    assert len(str(plain.runs["r_1"].response)) < 1_048_577


async def test_runs_of_an_entity_are_in_order(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    for number in range(12):
        plain.add(f"r_{number}", target.url, entity=f"e{number % 2}")
    async with polling(plain.url, tmp_path):
        await plain.until_done()
    keys = [each.headers["idempotency-key"] for each in target.requests]
    for entity in (0, 1):
        assert [key for key in keys if int(key[2:]) % 2 == entity] == [f"r_{n}" for n in range(entity, 12, 2)]

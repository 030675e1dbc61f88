"""What operators use: probes, metrics, checks, dry runs, dead letters, files that change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fairway.agent.operations.health import Condition, HealthServer
from fairway.agent.operations.metrics import AgentMetrics
from fairway.agent.runtime.streamer import StreamerHealth
from support.agents import polling, variables
from support.own_portal import until
from support.plain_portal import PlainPortal
from support.targets import Target


async def _get(port: int, path: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as response:
        return response.status, await (response.json() if path != "/metrics" else response.text())


async def test_probes_tell_a_stalled_agent_from_a_portal_that_is_away() -> None:
    now = 1000.0
    health, draining = StreamerHealth(due=1010.0, connected=True, lag=4), False
    server = HealthServer(lambda: Condition(health, draining), AgentMetrics(), lambda: now)
    await server.start("127.0.0.1", 0)
    try:
        assert (await _get(server.port, "/health"))[0] == 200
        assert (await _get(server.port, "/ready"))[0] == 200
        assert "fairway_agent_lag 4.0" in (await _get(server.port, "/metrics"))[1]
        health = StreamerHealth(due=1010.0, connected=False, problem="the portal does not answer")
        assert (await _get(server.port, "/health"))[0] == 200, "restarting the agent would not help"
        status, document = await _get(server.port, "/ready")
        assert (status, document["problem"]) == (503, "the portal does not answer")
        health, now = StreamerHealth(due=1010.0, connected=True), 1011.0
        status, document = await _get(server.port, "/health")
        assert (status, document["stalled"]) == (503, True)
        draining = True
        assert (await _get(server.port, "/health"))[0] == 200, "a draining agent is not restarted"
        assert (await _get(server.port, "/ready"))[0] == 503
    finally:
        await server.aclose()


async def test_an_agent_serves_its_metrics(
    plain: PlainPortal, target: Target, tmp_path: Path, unused_tcp_port: int
) -> None:
    target.answers = [503, 200]
    plain.add("r_1", target.url)
    async with polling(
        plain.url, tmp_path, FAIRWAY_AGENT_HEALTH_PORT=str(unused_tcp_port), FAIRWAY_AGENT_HEALTH_HOST="127.0.0.1"
    ):
        await plain.until_done()
        assert (await _get(unused_tcp_port, "/ready"))[0] == 200
        _, text = await _get(unused_tcp_port, "/metrics")
    for line in ("claimed_total 1.0", "delivered_total 1.0", "retried_total 1.0", "delay_seconds_count 1.0"):
        assert f"fairway_agent_{line}" in text
    assert 'portal_calls_total{purpose="claim",result="2xx"}' in text


async def test_a_changed_mapping_file_takes_effect_and_a_wrong_one_does_not(
    plain: PlainPortal, target: Target, tmp_path: Path
) -> None:
    mapping = tmp_path / "mapping.json"
    mapping.write_text('[{"url": "\\"' + target.url + '/old\\""}]')
    async with polling(plain.url, tmp_path) as agent:
        plain.add("r_1", "http://unused.invalid")
        await plain.until_done()
        mapping.write_text('[{"url": "nonsense ("}]')
        agent.agent.watcher.look()
        plain.add("r_2", "http://unused.invalid")
        await plain.until_done()
        mapping.write_text('[{"url": "\\"' + target.url + '/new\\""}]')
        agent.agent.watcher.look()
        plain.add("r_3", "http://unused.invalid")
        await plain.until_done()
    assert [each.path for each in target.requests] == ["/old", "/old", "/new"]


async def test_a_rotated_secret_takes_effect(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "PORT_CLIENT_SECRET").write_text("the first secret, of some length\n")
    changes = {"FAIRWAY_AGENT_SECRETS_DIR": str(secrets), "PORT_CLIENT_SECRET": ""}
    async with polling(plain.url, tmp_path, **changes) as agent:
        await until(lambda: plain.count("claim") > 0)
        (secrets / "PORT_CLIENT_SECRET").write_text("the second secret, of another length\n")
        agent.agent.watcher.look()
        plain.tokens.clear()
        plain.add("r_1", target.url)
        await plain.until_done()
    sent = [call.body["clientSecret"] for call in plain.calls if call.purpose == "token"]
    assert sent == ["the first secret, of some length", "the second secret, of another length"]


def _fairway(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, "-m", "fairway", "agent", *arguments],
        cwd=folder, env={**kept, **environment}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def _environment(url: str, folder: Path, **changes: str) -> dict[str, str]:
    given = variables(url, folder, **changes)
    if not (folder / "mapping.json").exists():
        del given["CONTROL_THE_PAYLOAD_CONFIG_PATH"]
    return given


async def _run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    import asyncio

    return await asyncio.to_thread(_fairway, folder, *arguments, **environment)


@pytest.mark.slow
async def test_a_dry_run_sends_nothing(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    plain.add("r_1", target.url + "/ci?token=hush-hush", headers={"Authorization": "Bearer hush-hush"})
    (tmp_path / "message.json").write_text(json.dumps(plain.runs["r_1"].document))
    (tmp_path / "answer.json").write_text('{"statusCode": 500, "text": "broken"}')
    environment = _environment(plain.url, tmp_path)
    done = await _run(tmp_path, "--explain", "message.json", "--response", "answer.json", **environment)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["matched"] == "webhook"
    assert document["request"]["method"] == "POST"
    assert document["report"]["status"] == "FAILURE"
    assert "500" in document["report"]["summary"]
    assert not target.requests
    assert not plain.calls
    refused = await _run(tmp_path, "--explain", "absent.json", **environment)
    assert refused.returncode == 1
    assert "absent.json" in refused.stderr


@pytest.mark.slow
async def test_check_finds_what_is_wrong(plain: PlainPortal, tmp_path: Path) -> None:
    def findings(done: subprocess.CompletedProcess[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for line in done.stdout.splitlines():
            record = json.loads(line)
            found.setdefault(record["level"], []).append(f"{record['check']}: {record['message']}")
        return found

    good = await _run(tmp_path, "check", **_environment(plain.url, tmp_path))
    assert (good.returncode, "error" in findings(good)) == (0, False), good.stdout
    assert good.stdout == (await _run(tmp_path, "--check", **_environment(plain.url, tmp_path))).stdout
    (tmp_path / "mapping.json").write_text('[{"enabled": ".a ==", "url": "env.ABSENT", "metod": "x"}]')
    plain.troubles["token"] = [401] * 5
    bad = await _run(tmp_path, "check", **_environment(plain.url, tmp_path))
    assert bad.returncode == 1
    errors = findings(bad)["error"]
    assert any(error.startswith("mapping:") and "[0].enabled" in error for error in errors)
    assert any(error.startswith("portal:") and "PORT_CLIENT_SECRET" in error for error in errors)
    (tmp_path / "mapping.json").write_text('[{"url": "env.ABSENT", "metod": "x"}]')
    plain.troubles.clear()
    doubtful = await _run(tmp_path, "check", **_environment(plain.url, tmp_path, PORT_ORG_ID="other"))
    assert doubtful.returncode == 0
    warnings = findings(doubtful)["warning"]
    assert any("metod" in warning and "method" in warning for warning in warnings)
    assert any("ABSENT" in warning for warning in warnings)
    assert any("PORT_ORG_ID" in warning for warning in warnings)


@pytest.mark.slow
async def test_dead_letters_are_kept_listed_and_redriven(plain: PlainPortal, target: Target, tmp_path: Path) -> None:
    target.status = 503
    plain.add("r_1", target.url)
    plain.add("r_2", target.url)
    async with polling(plain.url, tmp_path, FAIRWAY_AGENT_RETRIES="1") as agent:
        await plain.until_done()
        assert agent.metric("dead_lettered_total") == 2
    assert plain.status("r_1") == "FAILURE"
    assert "503" in plain.summary("r_1")
    kept = list((tmp_path / "state" / "dead-letters").iterdir())
    assert len(kept) == 2
    assert all(b"r_1" not in path.read_bytes() and path.stat().st_mode & 0o077 == 0 for path in kept), "sealed"
    environment = _environment(plain.url, tmp_path)
    listed = [json.loads(line) for line in (await _run(tmp_path, "dead-letters", **environment)).stdout.splitlines()]
    assert sorted(record["runId"] for record in listed) == ["r_1", "r_2"]
    target.status = 200
    sent = await _run(tmp_path, "dead-letters", "--redrive", "r_1", **environment)
    assert json.loads(sent.stdout)["delivered"] is True
    assert target.last.headers["idempotency-key"] == "r_1"
    removed = await _run(tmp_path, "dead-letters", "--remove", "all", **environment)
    assert json.loads(removed.stdout)["runId"] == "r_2"
    assert not list((tmp_path / "state" / "dead-letters").iterdir())

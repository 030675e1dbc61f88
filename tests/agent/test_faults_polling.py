"""Portal, worker and agents are killed -9 at random while runs are started, delivered and reported: none is lost, all
end, and whatever is delivered twice carries the same idempotency key."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.agents import AgentProcess, variables
from support.live import LivePortal

_TESTS = Path(__file__).parents[1]
_CREATORS = 8
_AGENTS = 2
_VISIBILITY_SECONDS = "3"


class World:
    """A portal, its worker, agents and a target: processes, and what is known of the runs."""

    def __init__(self, portal: LivePortal, folder: Path) -> None:
        self.portal = portal
        self.folder = folder
        self.received = folder / "received.jsonl"
        self.kills: Counter[str] = Counter()
        self.answered: list[str] = []
        self._processes: list[subprocess.Popen[Any]] = []
        self._worker: subprocess.Popen[bytes] | None = None
        self._agents: list[AgentProcess] = []
        self.lock = threading.Lock()

    def begin(self) -> None:
        """Starts everything, and makes the action."""
        self.portal.start(**_PORTAL)
        target = subprocess.Popen(
            [sys.executable, "-m", "support.recording_target", str(self.received), "0.005"],
            cwd=_TESTS,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._processes.append(target)
        assert target.stdout is not None
        url = f"http://127.0.0.1:{target.stdout.readline().strip()}/"
        method = {"type": "WEBHOOK", "agent": True, "synchronized": True, "url": url, "body": {"run": "{{ .run.id }}"}}
        trigger = {"type": "self-service", "operation": "CREATE", "userInputs": {"properties": {}, "required": []}}
        action = {"identifier": "deploy", "trigger": trigger, "invocationMethod": method}
        with self.portal.login() as client:
            answer = client.post("/v1/actions", json=action)
            assert answer.status_code == 201, answer.text
        self._worker = self.portal.worker()
        settings = self.portal.settings
        assert settings.client_secret is not None
        for number in range(_AGENTS):
            folder = self.folder / f"agent-{number}"
            folder.mkdir()
            environment = variables(
                self.portal.url, folder,
                PORT_CLIENT_ID=settings.client_id, PORT_CLIENT_SECRET=settings.client_secret.get_secret_value(),
                FAIRWAY_AGENT_VISIBILITY_SECONDS=_VISIBILITY_SECONDS, LOG_LEVEL="WARNING",
            )  # fmt: skip
            del environment["CONTROL_THE_PAYLOAD_CONFIG_PATH"]
            self._agents.append(AgentProcess(folder, **environment))
            self._agents[-1].start()

    def end(self) -> None:
        """Ends everything."""
        for agent in self._agents:
            if agent.running:
                agent.kill()
        for process in [*self._processes, self._worker]:
            if process is not None:
                process.kill()
                process.wait()
        self.portal.kill()

    def strike(self, victim: str) -> None:
        """Kills one process and starts it again."""
        self.kills[victim] += 1
        if victim == "portal":
            self.portal.kill()
            self.portal.start(**_PORTAL)
        elif victim == "worker":
            assert self._worker is not None
            self._worker.kill()
            self._worker.wait()
            self._worker = self.portal.worker()
        else:
            agent = random.choice(self._agents)
            agent.kill()
            agent.start()

    def create(self, count: int) -> None:
        """Starts so many runs, whatever happens to the portal; runs of requests without answer may exist, too."""
        left = iter(range(count))

        def worker() -> None:
            client = self._login()
            while True:
                with self.lock:
                    if next(left, None) is None:
                        return
                client = self._create_one(client)

        threads = [threading.Thread(target=worker, daemon=True) for _ in range(_CREATORS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _create_one(self, client: httpx.Client) -> httpx.Client:
        while True:
            try:
                answer = client.post("/v1/actions/deploy/runs", json={"properties": {}})
            except httpx.TransportError:
                client = self._login()
                continue
            if answer.status_code in (200, 201, 202):
                with self.lock:
                    self.answered.append(answer.json()["run"]["id"])
                return client
            assert answer.status_code in (401, 503), answer.text
            client = self._login()

    def _login(self) -> httpx.Client:
        while True:
            with suppress(httpx.TransportError):
                return self.portal.login()
            time.sleep(0.05)

    def runs(self) -> dict[str, dict[str, Any]]:
        """All runs that the portal has."""
        found: dict[str, dict[str, Any]] = {}
        with self.portal.login() as client:
            query: dict[str, Any] = {"limit": 1000}
            while True:
                page = client.get("/v1/fairway/runs", params=query).json()
                found |= {run["id"]: run for run in page["runs"]}
                if not page.get("next"):
                    return found
                query["from"] = page["next"]

    def wait_until_done(self, seconds: float) -> None:
        """Until the portal has no open run."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with self.portal.login() as client:
                page = client.get("/v1/actions/runs", params={"limit": 1, "active": "true"}).json()
            if not page["runs"]:
                return
            time.sleep(0.2)
        raise AssertionError(f"runs are still open: {page['runs']}")

    def deliveries(self) -> list[dict[str, Any]]:
        """What the target wrote down."""
        return [json.loads(line) for line in self.received.read_text().splitlines()]


_PORTAL = {"FAIRWAY_WORKER": "false", "FAIRWAY_RATE_LIMIT": "100000000", "FAIRWAY_LOG_LEVEL": "ERROR"}


@pytest.fixture
def world(settings: Any, tmp_path: Path) -> Iterator[World]:
    """A world in ruins afterwards."""
    built = World(LivePortal(settings.model_copy(update={"base_url": ""})), tmp_path)
    try:
        built.begin()
        yield built
    finally:
        built.end()


def _suffer(world: World, count: int, pause: tuple[float, float], victims: Iterator[str], at_least: int) -> None:
    creating = threading.Thread(target=world.create, args=(count,), daemon=True)
    creating.start()
    for victim in victims:
        time.sleep(random.uniform(*pause))
        world.strike(victim)
        if not creating.is_alive() and world.kills.total() >= at_least:
            break
    creating.join()
    world.wait_until_done(120)
    runs, deliveries = world.runs(), world.deliveries()
    times = Counter(each["run"] for each in deliveries)
    lost = [run_id for run_id in runs if not times[run_id]]
    duplicates = sum(count - 1 for count in times.values())
    print(  # noqa: T201 figures for people
        f"{len(runs)} runs, {len(deliveries)} deliveries, {len(lost)} lost, {duplicates} duplicates of "
        f"{sum(1 for count in times.values() if count > 1)} runs, killed: {dict(world.kills)}"
    )
    assert len(world.answered) == count
    assert set(world.answered) <= set(runs), "a run that was answered for exists"
    assert not lost
    assert Counter(run["status"] for run in runs.values()) == {"SUCCESS": len(runs)}
    assert all(each["key"] == each["run"] for each in deliveries), "a repeated delivery can be recognised"
    assert set(times) <= set(runs), "nothing was delivered that the portal does not know"


def _anybody() -> Iterator[str]:
    while True:
        yield random.choice(["portal", "worker", "agent", "agent"])


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.timeout(240)
def test_500_runs_survive(world: World) -> None:
    victims = ["portal", "worker", "agent", "agent"]
    _suffer(world, 500, (0.2, 0.6), iter(random.sample(victims, len(victims))), at_least=len(victims))


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.timeout(900)
def test_2000_runs_survive_on_postgresql(world: World) -> None:
    _suffer(world, 2_000, (0.2, 2.0), _anybody(), at_least=15)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.timeout(1800)
def test_10000_runs_survive(world: World) -> None:
    _suffer(world, 10_000, (0.5, 3.0), _anybody(), at_least=40)

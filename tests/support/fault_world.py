"""A portal, its worker, agents and a target: processes to be killed, and what is known of the runs."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import httpx

from support.agents import AgentProcess, variables
from support.live import LivePortal

_TESTS = Path(__file__).parents[1]
_CREATORS = 8
_PORTAL = {"FAIRWAY_WORKER": "false", "FAIRWAY_RATE_LIMIT": "100000000", "FAIRWAY_LOG_LEVEL": "ERROR"}


@dataclass(frozen=True)
class Figures:
    """What became of the runs."""

    runs: int
    deliveries: int
    lost: int
    duplicates: int
    """Deliveries beyond the first of a run."""
    statuses: dict[str, int]
    foreign_keys: int
    """Deliveries whose idempotency key is not their run's."""
    kills: dict[str, int]


class FaultWorld(ABC):
    """Subclasses say how agents learn of runs."""

    webhook: ClassVar[dict[str, Any]] = {"type": "WEBHOOK", "agent": True, "synchronized": True}
    """How the action is carried out, without the address of the target."""

    def __init__(self, portal: LivePortal, folder: Path, *, agents: int = 2) -> None:
        self.portal = portal
        self.folder = folder
        self.received = folder / "received.jsonl"
        self.kills: Counter[str] = Counter()
        self.answered: list[str] = []
        self._count = agents
        self._target: subprocess.Popen[str] | None = None
        self._worker: subprocess.Popen[bytes] | None = None
        self._agents: list[AgentProcess] = []
        self._lock = threading.Lock()
        self.strikes: dict[str, Callable[[], None]] = {
            "portal": self._strike_portal, "worker": self._strike_worker, "agent": self._strike_agent,
        }  # fmt: skip

    def prepare(self, client: httpx.Client) -> None:
        """What the organisation needs besides the action: nothing."""
        return

    @abstractmethod
    def environment(self, folder: Path) -> dict[str, str]:
        """Variables of an agent besides portal and credentials; the folder is its own."""

    def begin(self) -> None:
        """Starts everything, and makes the action."""
        self.portal.start(**_PORTAL)
        command = [sys.executable, "-m", "support.recording_target", str(self.received), "0.005"]
        self._target = subprocess.Popen(command, cwd=_TESTS, stdout=subprocess.PIPE, text=True)
        assert self._target.stdout is not None
        url = f"http://127.0.0.1:{self._target.stdout.readline().strip()}/"
        trigger = {"type": "self-service", "operation": "CREATE", "userInputs": {"properties": {}, "required": []}}
        action = {"identifier": "deploy", "trigger": trigger, "invocationMethod": {**self.webhook, "url": url}}
        with self.portal.login() as client:
            self.prepare(client)
            answer = client.post("/v1/actions", json=action)
            assert answer.status_code == 201, answer.text
        self._worker = self.portal.worker()
        for number in range(self._count):
            self._agents.append(self._agent(number))
            self._agents[-1].start()

    def _agent(self, number: int) -> AgentProcess:
        folder = self.folder / f"agent-{number}"
        folder.mkdir()
        settings = self.portal.settings
        assert settings.client_secret is not None
        own = self.environment(folder)
        given = variables(
            self.portal.url, folder,
            PORT_CLIENT_ID=settings.client_id, PORT_CLIENT_SECRET=settings.client_secret.get_secret_value(),
            LOG_LEVEL="WARNING", **own,
        )  # fmt: skip
        if not (folder / "mapping.json").exists():
            del given["CONTROL_THE_PAYLOAD_CONFIG_PATH"]
        return AgentProcess(folder, **given)

    def end(self) -> None:
        """Ends everything."""
        for agent in self._agents:
            if agent.running:
                agent.kill()
        for process in (self._target, self._worker):
            if process is not None:
                process.kill()
                process.wait()
        self.portal.kill()

    def strike(self, victim: str) -> None:
        """Kills one process and starts it again."""
        self.kills[victim] += 1
        self.strikes[victim]()

    def _strike_portal(self) -> None:
        self.portal.kill()
        self.portal.start(**_PORTAL)

    def _strike_worker(self) -> None:
        assert self._worker is not None
        self._worker.kill()
        self._worker.wait()
        self._worker = self.portal.worker()

    def _strike_agent(self) -> None:
        agent = random.choice(self._agents)
        agent.kill()
        agent.start()

    def create(self, count: int) -> None:
        """Starts so many runs, whatever happens to the portal; runs of requests without answer may exist, too."""
        left = iter(range(count))

        def worker() -> None:
            client = self._login()
            while True:
                with self._lock:
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
                with self._lock:
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

    @property
    def delivered(self) -> int:
        """Requests that the target got."""
        return self.received.read_bytes().count(b"\n") if self.received.exists() else 0

    def wait_for_deliveries(self, count: int, seconds: float) -> None:
        """Until the target got so many more, or for so long."""
        wanted, deadline = self.delivered + count, time.monotonic() + seconds
        while self.delivered < wanted and time.monotonic() < deadline:
            time.sleep(0.05)

    def figures(self) -> Figures:
        """What the portal and the target know."""
        deliveries = [json.loads(line) for line in self.received.read_text().splitlines()]
        times, runs = Counter(each["run"] for each in deliveries), self.runs()
        assert set(times) <= set(runs), "nothing was delivered that the portal does not know"
        assert set(self.answered) <= set(runs), "a run that was answered for exists"
        return Figures(
            len(runs), len(deliveries), sum(1 for run_id in runs if not times[run_id]), len(deliveries) - len(times),
            dict(Counter(run["status"] for run in runs.values())),
            sum(1 for each in deliveries if each["key"] != each["run"]), dict(self.kills),
        )  # fmt: skip

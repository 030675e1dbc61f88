"""Agents under test: in this process, or as ``fairway agent`` in one of their own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fairway.agent.environment import Environment
from fairway.agent.identity import Identity
from fairway.agent.program import Agent
from fairway.agent.settings import load_settings

SECRET = "a client secret of more than thirty-two characters"
_STOP_SECONDS = 40


def variables(url: str, folder: Path, **changes: str) -> dict[str, str]:
    """The environment of an agent that polls quickly."""
    return {
        "PORT_ORG_ID": "org",
        "PORT_CLIENT_ID": "agent",
        "PORT_CLIENT_SECRET": SECRET,
        "PORT_API_BASE_URL": url,
        "STREAMER_NAME": "POLLING",
        "POLLING_INTERVAL_SECONDS": "0.05",
        "POLLING_INITIAL_BACKOFF_SECONDS": "0.05",
        "POLLING_MAX_BACKOFF_SECONDS": "0.3",
        "FAIRWAY_AGENT_STATE_DIR": str(folder / "state"),
        "FAIRWAY_AGENT_RETRY_FIRST_SECONDS": "0.02",
        "FAIRWAY_AGENT_RETRY_MAX_SECONDS": "0.2",
        "CONTROL_THE_PAYLOAD_CONFIG_PATH": str(folder / "mapping.json"),
        **changes,
    }


def identity(url: str, folder: Path, **changes: str) -> Identity:
    """Who such an agent is; without a mapping file it has the built-in mappings."""
    given = variables(url, folder, **changes)
    if not Path(given["CONTROL_THE_PAYLOAD_CONFIG_PATH"]).exists():
        del given["CONTROL_THE_PAYLOAD_CONFIG_PATH"]
    environment = Environment(given, folder)
    return Identity(load_settings(environment), environment)


class Running:
    """An agent in this process."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.task = asyncio.create_task(agent.run())

    async def stop(self) -> None:
        """As SIGTERM does; raises what the agent ended with."""
        self.agent.stop()
        await asyncio.wait_for(self.task, _STOP_SECONDS)

    def metric(self, name: str) -> float:
        """A sample of the agent's metrics."""
        value = self.agent.metrics.registry.get_sample_value(f"fairway_agent_{name}")
        assert value is not None, name
        return value


@asynccontextmanager
async def polling(url: str, folder: Path, **changes: str) -> AsyncIterator[Running]:
    """A running agent; it is stopped afterwards."""
    running = Running(Agent(identity(url, folder, **changes)))
    try:
        yield running
    finally:
        if not running.task.done():
            await running.stop()


class AgentProcess:
    """``fairway agent`` as a child process; its log goes to a file."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = environment
        self.log = folder / "agent.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "fairway", "agent"],
                cwd=self.folder, env={**kept, **self.environment}, stdout=log, stderr=log,
            )  # fmt: skip

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def wait(self, seconds: float = _STOP_SECONDS) -> int:
        """The exit code of a process that ends by itself."""
        assert self._process is not None
        return self._process.wait(seconds)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        return self._process.wait(_STOP_SECONDS)

    def records(self) -> list[dict[str, Any]]:
        """The lines of its log."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

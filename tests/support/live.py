"""A portal in a process of its own, behind a real socket, to be stopped, killed and started again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import IO

import httpx

from fairway.kit.settings import Settings

_START_SECONDS = 30


class LivePortal:
    """``fairway serve`` as a child process on a free port."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.url = ""
        self.output: list[str] = []
        self._process: subprocess.Popen[str] | None = None

    def worker(self) -> subprocess.Popen[bytes]:
        """``fairway worker`` on the same database, for the test to end."""
        command = [sys.executable, "-m", "fairway", "worker"]
        return subprocess.Popen(command, env={**os.environ, **_environment(self.settings)})

    def start(self, **environment: str) -> None:
        """Starts the process and waits until it answers; keeps the port of the first start."""
        port = self.url.rpartition(":")[2] or "0"
        command = [sys.executable, "-m", "fairway", "serve", "--port", port]
        self._process = subprocess.Popen(
            command, env={**os.environ, **_environment(self.settings), **environment}, stdout=subprocess.PIPE, text=True
        )
        self.url = self._address(self._process.stdout)

    def _address(self, stdout: IO[str] | None) -> str:
        assert stdout is not None
        for line in stdout:
            self.output.append(line.rstrip())
            found = re.search(r"http://[\d.:a-z]+:\d+", line)
            if found:
                return found.group()
        raise AssertionError("the portal ended before it was ready: " + "\n".join(self.output))

    def wait_for(self, text: str) -> None:
        """Until the process prints a line with this text."""
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.output.append(line.rstrip())
            if text in line:
                return
        raise AssertionError(f'the portal ended before it said "{text}": ' + "\n".join(self.output))

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nothing is drained."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM, and waits for the end; the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        process.send_signal(number)
        code = process.wait(timeout=_START_SECONDS)
        if process.stdout is not None:
            self.output.extend(process.stdout.read().splitlines())
            process.stdout.close()
        self._process = None
        return code

    def login(self) -> httpx.Client:
        """A blocking client with the bootstrap credentials."""
        assert self.settings.client_secret is not None
        body = {"clientId": self.settings.client_id, "clientSecret": self.settings.client_secret.get_secret_value()}
        token = httpx.post(f"{self.url}/v1/auth/access_token", json=body).json()["accessToken"]
        return httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {token}"}, timeout=60)


def _environment(settings: Settings) -> dict[str, str]:
    secrets = {
        "FAIRWAY_CLIENT_SECRET": settings.client_secret,
        "FAIRWAY_ADMIN_PASSWORD": settings.admin_password,
        "FAIRWAY_SECRET_KEY": settings.secret_key,
    }
    return {
        "FAIRWAY_DATABASE_URL": settings.effective_database_url,
        "FAIRWAY_DATA_DIR": str(settings.data_dir),
        "FAIRWAY_CLIENT_ID": settings.client_id,
        "FAIRWAY_ADMIN_EMAIL": settings.admin_email,
        "FAIRWAY_KAFKA_BROKERS": settings.kafka_brokers,
        "FAIRWAY_OUTGOING_PRIVATE_NETWORKS": str(settings.outgoing_private_networks),
        **{name: value.get_secret_value() for name, value in secrets.items() if value is not None},
    }

"""The whole flow on this machine, without network: portal, agent, backend and a git repository.

python examples/enrich-service/demo.py        (or: make demo-enrich)

1. starts a portal with the catalog of this folder, the backend, and an execution agent;
2. makes a git repository for the service "checkout" and registers the service;
3. runs "Enrich Service" as a developer would, and prints the run's log as it grows;
4. merges the branch and ingests its ``port.yml``, and shows that the entity has changed.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import yaml

from fairway.apply import execute, load, make_plan, read_state
from fairway.client import Credentials, PortalClient
from repository import git

HERE = Path(__file__).parent
SERVICE = "checkout"
INPUTS = {"domain": "payments", "type": "backend", "lifecycle": "Production"}
_READY_SECONDS = 60
_RUN_SECONDS = 60


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def program(*command: str, ready: str, **environment: str) -> AsyncIterator[str]:
    """A program in a process of its own, from the line that says it is ready (which is given) to SIGTERM."""
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **environment}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(_READY_SECONDS):
            line = await _line_with(process, ready)
        drain = asyncio.create_task(_drain(process))
        yield line
        process.send_signal(signal.SIGTERM)
        await process.wait()
        await drain
    finally:
        if process.returncode is None:
            process.kill()


async def _line_with(process: asyncio.subprocess.Process, text: str) -> str:
    assert process.stdout is not None
    seen = []
    async for raw in process.stdout:
        seen.append(raw.decode())
        if text in seen[-1]:
            return seen[-1]
    raise SystemExit("".join(seen))


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    async for _ in process.stdout:
        pass


async def make_repository(folder: Path) -> str:
    """A bare repository with one commit, as a forge would hold it; its URL."""
    bare, clone = folder / f"{SERVICE}.git", folder / "first"
    await git("init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    await git("clone", "--quiet", str(bare), str(clone))
    (clone / "README.md").write_text(f"# {SERVICE}\n")
    await git("checkout", "--quiet", "-B", "main", cwd=clone)
    await git("add", "README.md", cwd=clone)
    await git("-c", "user.name=Dev", "-c", "user.email=dev@example.com", "commit", "--quiet", "-m", "Start", cwd=clone)
    await git("push", "--quiet", "origin", "main", cwd=clone)
    return bare.as_uri()


async def fill(portal: PortalClient, backend_port: int, repository: str) -> None:
    """The catalog of this folder, with the backend's port, and the service."""
    documents = load([HERE / "catalog"])
    for action in documents["actions"]:
        action["invocationMethod"]["url"] = f"http://127.0.0.1:{backend_port}/enrich"
    async for _ in execute(portal, make_plan(documents, await read_state(portal, with_entities=True))):
        pass
    service = {"identifier": SERVICE, "title": "Checkout", "properties": {"url": repository}}
    await portal.post("/blueprints/service/entities", service, upsert=True)


async def run_action(portal: PortalClient) -> dict[str, Any]:
    """Starts the action and prints its log until it ends; the run."""
    body = {"entity": SERVICE, "properties": INPUTS}
    run = (await portal.post("/actions/service_enrich_service/runs", body))["run"]
    print(f"run {run['id']} started")
    printed = 0
    async with asyncio.timeout(_RUN_SECONDS):
        while True:
            run = (await portal.get(f"/actions/runs/{run['id']}"))["run"]
            lines = (await portal.get(f"/actions/runs/{run['id']}/logs", limit=50))["runLogs"]
            for line in lines[printed:]:
                print(f"  | {line['message']}")
            printed = len(lines)
            if run["status"] != "IN_PROGRESS":
                return dict(run)
            await asyncio.sleep(0.2)


async def merge_and_ingest(portal: PortalClient, repository: str, branch: str, folder: Path) -> dict[str, Any]:
    """What happens after a person has merged the branch: the spec file becomes the entity. The entity after it."""
    clone = folder / "merge"
    await git("clone", "--quiet", repository, str(clone))
    await git("merge", "--quiet", "--ff-only", f"origin/{branch}", cwd=clone)
    await git("push", "--quiet", "origin", "main", cwd=clone)
    document = yaml.safe_load((clone / "port.yml").read_text())
    await portal.post(f"/blueprints/{document['blueprint']}/entities", document, upsert=True, merge=True)
    return dict((await portal.get(f"/blueprints/service/entities/{SERVICE}"))["entity"])


async def demo(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The flow; the run and the entity as they are in the end."""
    client_id, client_secret = "enrich-demo", secrets.token_hex(32)
    fairway = [sys.executable, "-m", "fairway"]
    backend_port = free_port()
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(
            program(*fairway, "serve", "--port", "0", "--data-dir", str(folder / "data"), ready="listens on",
                    FAIRWAY_CLIENT_ID=client_id, FAIRWAY_CLIENT_SECRET=client_secret)
        )  # fmt: skip
        found = re.search(r"http://\S+", line)
        assert found is not None
        url = found.group()
        shared = {"PORT_CLIENT_ID": client_id, "PORT_CLIENT_SECRET": client_secret}
        portal = await stack.enter_async_context(
            PortalClient(url, Credentials(client_id, client_secret), user_agent="enrich-demo")
        )
        organization = (await portal.get("/organization"))["organization"]
        await stack.enter_async_context(
            program(sys.executable, str(HERE / "backend.py"), ready="listening", PORT_API_URL=url,
                    ENRICH_PORT=str(backend_port), **shared)
        )  # fmt: skip
        await stack.enter_async_context(
            program(*fairway, "agent", ready="polling", PORT_API_BASE_URL=url, PORT_ORG_ID=organization["id"],
                    STREAMER_NAME="POLLING", POLLING_INTERVAL_SECONDS="1", **shared)
        )  # fmt: skip
        print(f"portal at {url}, backend and agent are running")
        repository = await make_repository(folder)
        await fill(portal, backend_port, repository)
        run = await run_action(portal)
        if run["status"] != "SUCCESS":
            raise SystemExit(f"the run ended {run['status']}: {run['summary']}")
        entity = await merge_and_ingest(portal, repository, f"enrich/{run['id']}", folder)
    return run, entity


def main() -> None:
    """Runs the flow in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="fairway-enrich-") as name:
        run, entity = asyncio.run(demo(Path(name)))
    print(f"run {run['id']}: {run['status']}, {run['link'][0]}")
    shown = {**entity["properties"], **entity["relations"]}
    print(f"{entity['title']} is now " + ", ".join(f"{name}: {value}" for name, value in shown.items()))


if __name__ == "__main__":
    main()

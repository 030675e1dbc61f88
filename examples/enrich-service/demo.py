"""The whole flow on this machine, without network: portal, agent, backend and a git repository.

python examples/enrich-service/demo.py        (or: make demo-enrich)

1. starts a portal with the catalog of this folder, the backend, and an execution agent;
2. makes a git repository for the service "checkout" and registers the service;
3. runs "Enrich Service" as a developer would, and prints the run's log as it grows;
4. merges the branch, runs ``fairway gitops sync``, and shows that the entity has changed.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # what demos share

from fairway.apply import execute, load, make_plan, read_state  # noqa: E402
from fairway.client import Credentials, PortalClient  # noqa: E402
from programs import FAIRWAY, Portal, free_port, git, portal, program  # noqa: E402

SERVICE = "checkout"
INPUTS = {"domain": "payments", "type": "backend", "lifecycle": "Production"}
_RUN_SECONDS = 60


async def make_repository(folder: Path) -> str:
    """A bare repository with one commit, as a forge would hold it; its URL."""
    bare, clone = folder / f"{SERVICE}.git", folder.parent / "first"
    await git("init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    await git("clone", "--quiet", str(bare), str(clone))
    (clone / "README.md").write_text(f"# {SERVICE}\n")
    await git("checkout", "--quiet", "-B", "main", cwd=clone)
    await git("add", "README.md", cwd=clone)
    await git("commit", "--quiet", "-m", "Start", cwd=clone)
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


async def merge(repository: str, branch: str, folder: Path) -> None:
    """What a person does who agrees with the change."""
    clone = folder / "merge"
    await git("clone", "--quiet", repository, str(clone))
    await git("merge", "--quiet", "--ff-only", f"origin/{branch}", cwd=clone)
    await git("push", "--quiet", "origin", "main", cwd=clone)


async def sync(at: Portal, folder: Path) -> None:
    """``fairway gitops sync`` over the folder of repositories, as a forge's event or a schedule would start it."""
    environment = {
        **os.environ, **at.environment, "PORT_API_URL": at.url, "GITOPS_FORGE": "git",
        "GITOPS_URL": str(folder / "repositories"), "GITOPS_STATE": str(folder / "ledger.db"),
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        *FAIRWAY, "gitops", "sync", env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(output.decode())


async def demo(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The flow; the run and the entity as they are in the end."""
    backend_port = free_port()
    (folder / "repositories").mkdir()
    async with AsyncExitStack() as stack:
        at = await stack.enter_async_context(portal(folder / "data"))
        client = await stack.enter_async_context(
            PortalClient(at.url, Credentials(at.client_id, at.client_secret), user_agent="enrich-demo")
        )
        organization = (await client.get("/organization"))["organization"]
        await stack.enter_async_context(
            program(sys.executable, str(HERE / "backend.py"), ready="listening", PORT_API_URL=at.url,
                    ENRICH_PORT=str(backend_port), ENRICH_FORGE="git", ENRICH_FORGE_URL=str(folder / "repositories"),
                    **at.environment)
        )  # fmt: skip
        await stack.enter_async_context(
            program(*FAIRWAY, "agent", ready="polling", PORT_API_BASE_URL=at.url, PORT_ORG_ID=organization["id"],
                    STREAMER_NAME="POLLING", POLLING_INTERVAL_SECONDS="1", **at.environment)
        )  # fmt: skip
        print(f"portal at {at.url}, backend and agent are running")
        repository = await make_repository(folder / "repositories")
        await fill(client, backend_port, repository)
        run = await run_action(client)
        if run["status"] != "SUCCESS":
            raise SystemExit(f"the run ended {run['status']}: {run['summary']}")
        await merge(repository, await new_branch(folder), folder)
        await sync(at, folder)
        entity = (await client.get(f"/blueprints/service/entities/{SERVICE}"))["entity"]
    return run, dict(entity)


async def new_branch(folder: Path) -> str:
    """The branch that the backend pushed."""
    bare = folder / "repositories" / f"{SERVICE}.git"
    return (await git("branch", "--list", "portal/*", "--format=%(refname:short)", cwd=bare)).strip()


def main() -> None:
    """Runs the flow in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="fairway-enrich-") as name:
        run, entity = asyncio.run(demo(Path(name)))
    print(f"run {run['id']}: {run['status']}, {run['link'][0]}")
    shown = {**entity["properties"], **entity["relations"]}
    print(f"{entity['title']} is now " + ", ".join(f"{name}: {value}" for name, value in shown.items()))


if __name__ == "__main__":
    main()

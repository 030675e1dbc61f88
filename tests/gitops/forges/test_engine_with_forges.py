"""The engine with real clients of the forge servers: passes, pushes and what they cost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from fairway.gitops.ledger.file_store import FileLedger
from fairway.gitops.options import SourceOptions
from fairway.gitops.patterns import Patterns
from fairway.gitops.sync import Engine, Hint
from support.gitops_bitbucket import FakeBitbucket
from support.gitops_clients import bitbucket, github, requests_of
from support.gitops_github import FakeGitHub
from support.gitops_memory_catalog import MemoryCatalog
from support.gitops_server import ForgeServer
from support.gitops_world import spec

OPTIONS = SourceOptions(patterns=Patterns(("port.yaml", "port.yml")), deletion_grace_seconds=0)


@asynccontextmanager
async def engine(kind: str, folder: Path) -> AsyncIterator[tuple[ForgeServer, Engine, MemoryCatalog, Any]]:
    server: ForgeServer = FakeBitbucket() if kind == "bitbucket" else FakeGitHub()
    opened = bitbucket if kind == "bitbucket" else github
    more = {} if kind == "bitbucket" else {"organisation": "PAY"}
    async with server, opened(server, **more) as client:
        store, catalog = FileLedger(folder / "ledger"), MemoryCatalog()
        await store.open()
        yield server, Engine(kind, client, catalog, store, OPTIONS, server.clock), catalog, client
        await store.close()


@pytest.mark.parametrize("kind", ["bitbucket", "github"])
async def test_a_cold_pass_a_warm_one_and_a_push(kind: str, tmp_path: Path) -> None:
    async with engine(kind, tmp_path) as (server, syncing, catalog, client):
        for number in range(120):
            files = {"port.yaml": spec(f"s{number}")} if number % 10 < 7 else {"README": "x"}
            server.add_repository(f"PAY/r{number}", files)
        await syncing.reconcile()
        assert len(catalog.entities) == 84
        assert client.figures.requests <= 1.45 * 120
        before = dict(catalog.entities)
        with requests_of(server) as asked:
            await syncing.reconcile()
        assert len(asked) <= 1.1 * 120
        assert catalog.entities == before
        server.commit("PAY/r1", {"port.yaml": spec("s1", "s1b")})
        with requests_of(server) as asked:
            pushed = await syncing.delta("PAY/r1", Hint(ref="refs/heads/main"))
        assert pushed.changed
        assert len([each for each in asked if each.startswith("GET")]) <= 3
        assert len(catalog.entities) == 85
        server.commit("PAY/r1", {"port.yaml": None})
        await syncing.delta("PAY/r1", Hint(ref="refs/heads/main"))
        assert len(catalog.entities) == 83
        with requests_of(server) as asked:
            await syncing.reconcile()
        assert len(asked) <= 1.1 * 120

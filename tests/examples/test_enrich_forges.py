"""The back end of the example on every forge: from a signed invocation to a pull request and a run that knows of it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from fairway.client import Credentials, PortalClient
from fairway.kit.errors import InvalidRequest
from support.forges.server import Receiver, Reply, Seen
from support.git_http import BareRepository
from support.gitops_gitea import FakeGitea
from support.gitops_gitlab import FakeGitLab
from support.gitops_server import ForgeServer
from support.gitops_writes import FakeBitbucketCloud, WritableBitbucket, WritableGitHub

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLE = Path(__file__).parents[2] / "examples" / "enrich-service"
FILE = "# ours\nidentifier: checkout # id\nblueprint: service\nproperties:\n  type: library\n"
ENRICHED = FILE.replace("library", "backend") + "  lifecycle: Production\nrelations:\n  domain: payments\n"
SERVICE = {
    "identifier": "service", "title": "Service",
    "schema": {"properties": {
        "type": {"type": "string", "enum": ["backend", "library"]}, "lifecycle": {"type": "string"},
    }},
    "relations": {"domain": {"target": "domain", "required": False, "many": False}},
}  # fmt: skip
DOMAIN = {"identifier": "domain", "title": "Domain", "schema": {"properties": {}}}
SECRET = "portal-secret"
FORGES: dict[str, tuple[Callable[[], ForgeServer], str, str]] = {
    "github": (WritableGitHub, "gh-token", "/team/a"),
    "gitlab": (FakeGitLab, "glpat-good", "/team/a/-/tree/main"),
    "gitea": (FakeGitea, "gitea-good", "/team/a.git"),
    "bitbucket-server": (WritableBitbucket, "http-token", "/projects/team/repos/a/browse"),
    "bitbucket-cloud": (FakeBitbucketCloud, "cloud-good", "/team/a"),
}


@pytest.fixture(autouse=True)
def example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    for name in ("backend", "repositories"):
        monkeypatch.delitem(sys.modules, name, raising=False)


class Portal(Receiver):
    """Blueprints, and runs that note what they are told."""

    def __init__(self) -> None:
        super().__init__(self._reply)
        self.logs: list[str] = []
        self.told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def _reply(self, seen: Seen) -> Reply:
        if seen.path == "/v1/auth/access_token":
            return Reply(json={"ok": True, "accessToken": "t", "expiresIn": 3600, "tokenType": "Bearer"})
        if seen.path == "/v1/blueprints":
            return Reply(json={"ok": True, "blueprints": [SERVICE, DOMAIN]})
        if seen.path.endswith("/logs"):
            self.logs.append(seen.json["message"])
        if seen.method == "PATCH":
            self.told.put_nowait(seen.json)
        return Reply(json={"ok": True})


@dataclass
class Place:
    """A back end, the portal that it tells, and how to reach it."""

    portal: Portal
    url: str
    session: aiohttp.ClientSession

    async def post(self, body: bytes, secret: str = SECRET) -> int:
        stamp = str(int(time.time()))
        digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).digest()
        headers = {"X-Port-Timestamp": stamp, "X-Port-Signature": "v1," + base64.b64encode(digest).decode()}
        async with self.session.post(f"{self.url}/enrich", data=body, headers=headers) as response:
            return response.status

    async def enrich(self, repository: str, run: str = "r_run00000001", **changes: object) -> dict[str, Any]:
        """What the run is told in the end."""
        assert await self.post(invocation(repository, run, **changes)) == 202
        async with asyncio.timeout(30):
            return await self.portal.told.get()


def invocation(repository: str, run: str = "r_run00000001", **changes: object) -> bytes:
    context = {"runId": run, "entity": "checkout", "repository": repository, "requestedBy": "kim@example.com"}
    document = {"port_context": context, "domain": "payments", "type": "backend", "lifecycle": "Production"}
    return json.dumps({**document, **changes}).encode()


@asynccontextmanager
async def backend(**environment: str) -> AsyncIterator[Place]:
    from backend import Backend
    from repositories import repositories

    places = repositories(environment)
    async with Portal.running() as portal, aiohttp.ClientSession() as session:
        async with PortalClient(portal.url, Credentials("id", SECRET)) as client:
            server = TestServer(Backend(client, portal.url, SECRET, places).app())
            await server.start_server()
            yield Place(portal, str(server.make_url("")).rstrip("/"), session)
            await server.close()
        await places.close()


@pytest.mark.parametrize("kind", FORGES)
async def test_a_pull_request_on_every_forge(kind: str) -> None:
    make, token, path = FORGES[kind]
    async with make() as server:
        repository = server.add_repository("team/a", {"port.yml": FILE})
        environment = {"ENRICH_FORGE": kind, "ENRICH_FORGE_URL": server.url, "ENRICH_FORGE_TOKEN": token}
        async with backend(**environment) as place:
            told = await place.enrich(server.url + path)
            assert told["status"] == "SUCCESS", place.portal.logs
            pulls = server.merge_requests if isinstance(server, FakeGitLab) else server.pulls
            assert len(pulls) == 1
            assert told["link"][0].endswith("/1")
            assert any("properties.lifecycle" in line for line in place.portal.logs)
            [branch] = [name for name in repository.branches if name != "main"]
            assert branch == "portal/enrich/checkout-00000001"
            assert repository.files(branch)["port.yml"].decode() == ENRICHED
            commit = repository.commits[repository.branches[branch]]
            assert "Co-authored-by: kim@example.com <kim@example.com>" in commit.message
            text = str(pulls[0].get("body") or pulls[0].get("description"))
            assert f"{place.portal.url}/runs/r_run00000001" in text

            again = await place.enrich(server.url + path)
            assert (again["status"], again["link"]) == ("SUCCESS", told["link"])
            later = await place.enrich(server.url + path, "r_run00000002", lifecycle="Deprecated")
            assert later["link"] == told["link"]
            assert len(pulls) == 1
            assert b"Deprecated" in repository.files(branch)["port.yml"]


async def test_a_branch_on_plain_git(tmp_path: Path) -> None:
    bare = BareRepository.create(tmp_path / "a.git")
    bare.commit({"port.yml": FILE})
    async with backend(ENRICH_FORGE="git", ENRICH_FORGE_URL=str(tmp_path)) as place:
        told = await place.enrich(bare.path.as_uri())
        assert (told["status"], told["link"]) == ("SUCCESS", [bare.path.as_uri()])
        assert bare.read("port.yml", "portal/enrich/checkout-00000001") + "\n" == ENRICHED
        elsewhere = await place.enrich((tmp_path / "other.git").as_uri())
        assert elsewhere["status"] == "FAILURE"


async def test_what_goes_wrong_is_told() -> None:
    async with WritableGitHub() as server:
        server.add_repository("team/a", {"port.yml": FILE})
        environment = {"ENRICH_FORGE": "github", "ENRICH_FORGE_URL": server.url, "ENRICH_FORGE_TOKEN": "gh-token"}
        async with backend(**environment) as place:
            for url, words in (
                ("https://evil.example/team/a", "is not a repository of"),
                (f"{server.url}.evil.example/team/a", "is not the address of a repository"),
                ("http://[evil/team/a", "is not the address of a repository"),
                (server.url.replace("://", "://x@evil.example#@") + "/team/a", "is not a repository of"),
                (f"{server.url}/team", "is not the address of a repository"),
                (f"{server.url}/team/b", "There is no repository"),
            ):
                told = await place.enrich(url)
                assert told["status"] == "FAILURE"
                assert words in told["message"]["message"]
            told = await place.enrich(f"{server.url}/team/a", type="monolith")
            assert told["message"]["error"] == "invalid_spec_file"
            assert server.pulls == []


async def test_only_signed_and_whole_invocations_are_taken() -> None:
    async with backend(ENRICH_FORGE="github", ENRICH_FORGE_TOKEN="t") as place:
        assert await place.post(invocation("https://github.com/team/a"), "wrong") == 401
        whole = json.loads(invocation("https://github.com/team/a"))
        for broken in (
            b"no json",
            b"[]",
            json.dumps({**whole, "domain": None}).encode(),
            json.dumps({name: value for name, value in whole.items() if name != "type"}).encode(),
            invocation("https://github.com/team/a", "../../evil"),
        ):
            assert await place.post(broken) == 422
        assert place.portal.requests == []


@pytest.mark.parametrize(
    ("kind", "root", "url", "label"),
    [
        ("github", "https://api.github.com", "https://github.com/team/a/tree/main", "team/a"),
        ("github", "https://git.example/api/v3", "https://git.example/team/a.git", "team/a"),
        ("gitlab", "https://git.example", "https://git.example/top/sub/a/-/blob/main/x", "top/sub/a"),
        ("gitea", "https://git.example/gitea", "https://git.example/gitea/team/a", "team/a"),
        ("bitbucket-server", "https://git.example/bb", "https://git.example/bb/scm/pay/a.git", "pay/a"),
        ("bitbucket-server", "https://git.example/bb", "https://git.example/bb/users/kim/repos/a", "~kim/a"),
    ],
)
def test_addresses(kind: str, root: str, url: str, label: str) -> None:
    from repositories import ForgeKind, label_of, parts_of

    assert label_of(ForgeKind(kind), parts_of(url, root), url) == label


def test_forges_that_are_not_there() -> None:
    from repositories import repositories

    with pytest.raises(InvalidRequest, match="ENRICH_FORGE"):
        repositories({"ENRICH_FORGE": "sourceforge"})
    with pytest.raises(InvalidRequest, match="address"):
        repositories({"ENRICH_FORGE": "gitea"})

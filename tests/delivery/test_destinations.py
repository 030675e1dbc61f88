"""Where webhooks may go: not into private networks unless the settings say so, and to metadata services never."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from fairway.kit.clock import ManualClock
from fairway.kit.settings import Settings
from fairway.portal.worker import Background
from support.actions import self_service
from support.forges.github import FakeGitHub, Repository, Workflow
from support.forges.server import Forge
from support.relay import served
from support.runs import Run, Runs

METADATA = [
    "http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "http://[fd00:ec2::254]/", "http://100.100.100.200/",
    "http://168.63.129.16/", "http://0xa9fea9fe/", "http://[::ffff:169.254.169.254]/",
    "http://[64:ff9b::a9fe:a9fe]/", "http://0.0.0.0/", "http://[::]/", "http://224.0.0.1/",
]  # fmt: skip
PRIVATE = [
    "http://127.0.0.1:{port}/", "http://localhost:{port}/",
    "http://[::1]:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://10.1.2.3/", "http://192.168.0.1/",
    "http://172.20.0.1/", "http://100.64.0.1/", "http://[fc00::1]/",
]  # fmt: skip
SPELLINGS = ["127.1", "2130706433", "0x7f000001", "017700000001", "127.0.0.1.nip.invalid"]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def _ended(runs: Runs, background: Background, urls: list[str]) -> list[Run]:
    """Runs of one action that goes where its input says."""
    hook = {"type": "WEBHOOK", "url": "{{ .inputs.url }}", "synchronized": True, "body": {}}
    started = [await runs.start(hook, url=urls[0]), *[await runs.another(url=url) for url in urls[1:]]]
    await background.settle()
    return [await runs.get(run) for run in started]


async def test_metadata_services_are_never_reached(runs: Runs, background: Background) -> None:
    for ended in await _ended(runs, background, METADATA):
        assert (ended["status"], ended["statusLabel"]) == ("FAILURE", "Not sent"), ended
        assert "may not be reached from here" in ended["summary"]


class TestByDefault:
    """With the setting left alone."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        default = Settings.model_fields["outgoing_private_networks"].default
        assert default is False
        return settings.model_copy(update={"outgoing_private_networks": default})

    async def test_private_networks_are_refused_with_the_name_of_the_setting(
        self, runs: Runs, receiver: Forge, background: Background
    ) -> None:
        port = receiver.url.rpartition(":")[2]
        for ended in await _ended(runs, background, [url.format(port=port) for url in PRIVATE]):
            assert (ended["status"], ended["statusLabel"]) == ("FAILURE", "Not sent"), ended
            assert "FAIRWAY_OUTGOING_PRIVATE_NETWORKS=true allows them" in ended["summary"]
        assert receiver.requests == []

    async def test_other_spellings_lead_nowhere_either(
        self, runs: Runs, receiver: Forge, background: Background, clock: ManualClock
    ) -> None:
        """Resolvers differ in what they take for an address; whatever comes out of them is checked."""
        port = receiver.url.rpartition(":")[2]
        started = await _ended(runs, background, [f"http://{spelling}:{port}/" for spelling in SPELLINGS])
        for _ in range(5):
            clock.advance(minutes=5)
            await background.settle()
        assert {(await runs.get(run))["status"] for run in started} == {"FAILURE"}
        assert receiver.requests == []

    async def test_forges_that_the_settings_name_are_reached(
        self, runs: Runs, background: Background, github: FakeGitHub
    ) -> None:
        github.repositories["acme/shop"] = shop = Repository(workflows={"deploy.yml": Workflow()})
        await runs.start({"type": "GITHUB", "org": "acme", "repo": "shop", "workflow": "deploy.yml"})
        await background.settle()
        assert len(shop.runs) == 1


class TestOwnApi:
    """The portal's own address is no private target: it is served at a socket whose address it knows."""

    @pytest.fixture
    def listener(self) -> Iterator[socket.socket]:
        with socket.create_server(("127.0.0.1", 0)) as found:
            yield found

    @pytest.fixture
    def settings(self, settings: Settings, listener: socket.socket) -> Settings:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        return settings.model_copy(update={"base_url": url, "outgoing_private_networks": False})

    @pytest.mark.parametrize("spelling", ["{base}", "{base}/", "https://portal.example", "HTTPS://Portal.Example:443"])
    async def test_a_run_starts_another_one(
        self, client: httpx.AsyncClient, app: FastAPI, background: Background, settings: Settings,
        listener: socket.socket, spelling: str,
    ) -> None:  # fmt: skip
        """With the organisation's credentials, and as somebody who is named."""
        await self._pair(client, spelling.format(base=settings.base_url).rstrip("/"))
        aliased = "example" in spelling.lower()
        async with served(app, listener):
            run = (await client.post("/v1/actions/first/runs", json={"properties": {"n": 4}})).json()["run"]
            await background.settle()
        ended = (await client.get(f"/v1/actions/runs/{run['id']}")).json()["run"]
        others = (await client.get("/v1/actions/runs", params={"action": "second"})).json()["runs"]
        if aliased:
            assert (ended["status"], others) == ("IN_PROGRESS", []), "nobody said that this is the portal"
            return
        assert ended["status"] == "SUCCESS", ended
        [started] = others
        assert started["properties"] == {"n": 4}
        assert ended["response"]["run"]["id"] == started["id"]

    @pytest.mark.parametrize(
        "lookalike",
        ["{host}.evil.example", "user@evil.example/{host}", "evil.example/?{base}", "evil.example#{base}"],
    )
    async def test_what_only_looks_like_it_gets_no_credentials(
        self, client: httpx.AsyncClient, app: FastAPI, background: Background, settings: Settings,
        listener: socket.socket, lookalike: str,
    ) -> None:  # fmt: skip
        host = settings.base_url.removeprefix("http://")
        url = "http://" + lookalike.format(host=host, base=settings.base_url)
        await self._pair(client, url)
        async with served(app, listener):
            await client.post("/v1/actions/first/runs", json={"properties": {"n": 4}})
            await background.settle()
        assert (await client.get("/v1/actions/runs", params={"action": "second"})).json()["runs"] == []

    async def _pair(self, client: httpx.AsyncClient, origin: str) -> None:
        number = {"n": {"type": "number"}}
        hook = {
            "type": "WEBHOOK", "synchronized": True, "url": f"{origin}/v1/actions/second/runs?run_as=admin@example.com",
            "body": {"properties": {"n": "{{ .inputs.n }}"}},
        }  # fmt: skip
        for action in (
            {**self_service("second", inputs=number), "invocationMethod": {"type": "WEBHOOK", "agent": True, "url": "http://x/"}},
            {**self_service("first", inputs=number), "invocationMethod": hook},
        ):  # fmt: skip
            assert (await client.post("/v1/actions", json=action)).status_code == 201

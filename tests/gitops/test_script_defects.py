"""The published Bitbucket Server script's defects, one test for each row of section 12: what ours does instead."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from fairway.client import Credentials, PortalClient
from fairway.client.retry import RetryPolicy
from fairway.gitops.forges.bitbucket_server import BitbucketServer
from fairway.gitops.ledger.file_store import FileLedger
from fairway.gitops.model import EntityKey
from fairway.gitops.options import SourceOptions
from fairway.gitops.patterns import ROOT, Patterns
from fairway.gitops.portal_api import PortalCatalog
from fairway.gitops.sync import Engine, PassReport, Status
from fairway.gitops.sync.running import exit_code
from fairway.kit.settings import Settings
from fairway.portal.app import create_app
from fairway.portal.services import Portal
from support.gitops_bitbucket import FakeBitbucket
from support.gitops_clients import bitbucket
from support.gitops_memory_catalog import MemoryCatalog
from support.gitops_server import TokenBucket, VirtualTime
from support.gitops_world import spec
from support.relay import served

OPTIONS = SourceOptions(patterns=Patterns(ROOT), deletion_grace_seconds=0)


class Script:
    """What the script was run against."""

    def __init__(self, forge: FakeBitbucket, client: BitbucketServer, store: FileLedger) -> None:
        self.forge, self.client, self.store = forge, client, store
        self.catalog = MemoryCatalog()
        assert isinstance(forge.clock, VirtualTime)
        self.time = forge.clock

    def add(self, label: str, **files: str) -> None:
        """A repository; ``yaml`` and ``yml`` are the two names."""
        named = {f"port.{name}" if name in ("yaml", "yml") else name: text for name, text in files.items()}
        self.forge.add_repository(label, named)

    async def run(self, catalog: Any = None, **options: Any) -> PassReport:
        self.time.advance(hours=2)
        chosen = SourceOptions(patterns=OPTIONS.patterns, deletion_grace_seconds=0, **options)
        return await Engine("bb", self.client, catalog or self.catalog, self.store, chosen, self.time).reconcile()

    def raw(self) -> list[str]:
        """Requests for contents."""
        return [str(each) for each in self.forge.requests if "/raw/" in each.path]


@asynccontextmanager
async def script(**more: Any) -> AsyncIterator[Script]:
    store = FileLedger(None)
    await store.open()
    async with FakeBitbucket() as forge, bitbucket(forge, **more) as client:
        yield Script(forge, client, store)
    await store.close()


@pytest.fixture
async def ran() -> AsyncIterator[Script]:
    async with script() as made:
        yield made


@pytest.mark.slow
async def test_01_no_quota_of_our_own(ran: Script) -> None:
    for number in range(1050):
        ran.add(f"PAY/r{number}", yaml=f"identifier: s{number}\nblueprint: service\n")
    report = await ran.run()
    assert report.entities.created == 1050
    assert ran.client.figures.requests > 1000
    assert ran.time.slept == []


async def test_02_a_broken_file_is_tried_a_few_times(ran: Script) -> None:
    ran.add("PAY/bad", yaml=spec("bad"))
    ran.add("PAY/good", yaml=spec("good"))
    ran.forge.fail("repos/bad/raw", status=500, times=10_000)
    report = await ran.run()
    assert report.status is Status.PARTIAL
    assert exit_code(report) == 2
    assert len([each for each in ran.raw() if "/bad/" in each]) <= 6
    assert list(ran.catalog.shown()) == ["service/good"]


async def test_03_a_wrong_password_is_tried_twice_at_most() -> None:
    async with script(username="kim", password="wrong") as ran:
        ran.add("PAY/one", yaml=spec("one"))
        report = await ran.run()
        assert exit_code(report) == 4
        assert ran.forge.failed_logins["kim"] <= 2
        assert ran.forge.locked == set()


async def test_04_a_server_that_is_down_is_left_in_peace() -> None:
    async with script() as ran:
        ran.forge.fail(status=503, times=100_000)
        report = await ran.run()
        assert exit_code(report) == 5
        assert len(ran.forge.requests) <= 6
        assert ran.time.slept, "attempts are apart"


async def test_05_rate_limits_are_kept_to(ran: Script) -> None:
    for number in range(400):
        ran.add(f"PAY/r{number}", yaml=f"identifier: s{number}\nblueprint: service\n")
    ran.forge.bucket = TokenBucket(ran.time)
    report = await ran.run()
    assert report.entities.created == 400
    rejected = ran.client.figures.rate_limited
    assert rejected <= 0.01 * len(ran.forge.requests) + 16, "those under way when the bucket first runs dry"


async def test_06_success_is_said_of_what_succeeded(ran: Script) -> None:
    ran.add("PAY/bad", yaml=spec("bad"))
    ran.forge.fail("repos/bad/", status=500, times=10_000)
    report = await ran.run()
    (failure,) = report.failures
    assert failure.repository == "PAY/bad"
    assert "success" not in json.dumps(report.document()).lower()


async def test_07_both_names_are_read(ran: Script) -> None:
    ran.add("PAY/one", yaml=spec("one"))
    ran.add("PAY/two", yml=spec("two"))
    await ran.run()
    assert list(ran.catalog.shown()) == ["service/one", "service/two"]


async def test_08_a_title_is_not_needed(ran: Script) -> None:
    ran.add("PAY/one", yaml="identifier: one\nblueprint: service\n")
    assert (await ran.run()).entities.created == 1


async def test_09_one_fault_loses_one_definition_and_is_told_where(ran: Script) -> None:
    ran.add(
        "PAY/one",
        yaml="identifier: 007\nblueprint: service\nproperties: {language: 2024-03-01}\n"
        "---\nidentifier: bad\nblueprint: service\nproperties:\n  tier: high\n---\n"
        "identifier: good\nblueprint: service\n",
    )
    report = await ran.run()
    assert ran.catalog.shown() == {"service/007": {"language": "2024-03-01"}, "service/good": {}}
    (found,) = report.findings.shown
    assert (found.repository, found.path, found.mark.line) == ("PAY/one", "port.yaml", 8)


async def test_11_an_unknown_key_and_a_blank_in_the_filter_stop_nothing() -> None:
    async with script(projects=(" pay", "NOPE", "sh*")) as ran:
        ran.add("PAY/one", yaml=spec("one"))
        ran.add("SHOP/two", yaml=spec("two"))
        ran.add("ELSE/three", yaml=spec("three"))
        report = await ran.run()
        assert report.status is Status.COMPLETE
        assert list(ran.catalog.shown()) == ["service/one", "service/two"]


async def test_12_what_git_removes_is_removed(ran: Script) -> None:
    ran.add("PAY/one", yaml=spec("a", "b", tier=1))
    ran.add("PAY/two", yaml=spec("c"))
    ran.add("PAY/three", yaml=spec("d"))
    await ran.run()
    ran.forge.commit("PAY/one", {"port.yaml": spec("a")})
    ran.forge.commit("PAY/two", {"port.yaml": None})
    ran.forge.repositories.delete("PAY/three")
    for _ in range(2):
        await ran.run()
    assert ran.catalog.shown() == {"service/a": {}}


@pytest.mark.parametrize("seed", range(3))
async def test_13_the_winner_is_the_same_every_time(ran: Script, seed: int) -> None:
    for number in range(30):
        ran.add(f"PAY/r{(number + seed) % 30}", yaml=spec("same", tier=number))
    report = await ran.run()
    assert ran.catalog.shown() == {"service/same": {"tier": 0}}
    assert report.entities.shadowed == 29


async def test_14_a_relation_to_a_later_definition_holds_at_once(ran: Script) -> None:
    ran.add("PAY/one", yaml=spec({"identifier": "s", "blueprint": "service", "relations": {"domain": "d"}}))
    ran.add("PAY/two", yaml=spec({"identifier": "d", "blueprint": "domain"}))
    await ran.run(create_missing_related=False)
    assert ran.catalog.shown()["service/s"] == {"domain": "d"}


async def test_15_long_lines_arrive_whole(ran: Script) -> None:
    ran.add("PAY/one", yaml=f"identifier: one\nblueprint: service\nproperties:\n  readme: {'x' * 20_000}\n")
    await ran.run()
    assert len(ran.catalog.shown()["service/one"]["readme"]) == 20_000


async def test_16_a_blueprint_never_leads_to_another_route(ran: Script) -> None:
    ran.add("PAY/one", yaml='identifier: x\nblueprint: "../webhooks#"\n')
    report = await ran.run()
    assert [each.code for each in report.findings.shown] == ["E_BLUEPRINT_NAME"]
    assert ran.catalog.batches == []


async def test_17_an_alias_bomb_is_a_short_message(ran: Script, caplog: pytest.LogCaptureFixture) -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    ran.add("PAY/one", yaml="\n".join(lines))
    report = await ran.run()
    assert [each.code for each in report.findings.shown] == ["E_ALIAS"]
    assert len(json.dumps(report.document())) < 5000
    assert "x,x,x" not in caplog.text


async def test_19_a_second_run_writes_nothing(ran: Script) -> None:
    for number in range(20):
        ran.add(f"PAY/r{number}", yaml=spec(f"s{number}", tier=number))
    await ran.run()
    ran.catalog.writes.clear()
    await ran.run()
    assert ran.catalog.writes == []


async def test_20_references_unknown_and_duplicate_keys(ran: Script) -> None:
    text = "identifier: one\nblueprint: service\npropertes: {}\nproperties:\n  readme: file://README.md\n"
    ran.forge.add_repository("PAY/one", {"port.yaml": text, "README.md": "hello"})
    ran.add("PAY/two", yaml="identifier: two\nblueprint: service\nidentifier: three\n")
    report = await ran.run()
    assert ran.catalog.shown() == {"service/one": {"readme": "hello"}}
    assert sorted(each.code for each in report.findings.shown) == ["E_DUP_KEY", "W_UNKNOWN_FIELD"]
    assert "propertes" not in ran.catalog.writes[0].document


async def test_21_listings_end_where_the_server_says() -> None:
    async with script() as ran:
        ran.forge.clamp = 7
        ran.forge.holes = {0, 5, 7, 8, 9, 10, 11, 12, 13, 20}  # gaps, and an empty page
        for number in range(30):
            ran.add(f"PAY/r{number}", yaml=spec(f"s{number}"))
        report = await ran.run()
        assert report.repositories.listed == 20
        listings = [each for each in ran.forge.requests if each.path.endswith("/repos")]
        assert {each.query["limit"] for each in listings} == {"1000"}
        ran.forge.stuck = True
        assert (await ran.run()).status is Status.FAILED


async def test_22_connections_are_kept(ran: Script) -> None:
    for number in range(100):
        ran.add(f"PAY/r{number}", yaml=spec(f"s{number}"))
    await ran.run()
    assert ran.forge.peak <= 16
    assert len(ran.forge.connections) <= 16


class Flapping:
    """A portal behind something that fails every tenth request, and counts tokens."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], every: int) -> None:
        self._app = app
        self._every = every
        self.count = 0
        self.tokens = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.count += 1
        self.tokens += scope.get("path") == "/v1/auth/access_token"
        if self._every and self.count % self._every == 0:
            start: Message = {"type": "http.response.start", "status": 503, "headers": []}
            await send(start)
            await send({"type": "http.response.body", "body": b"{}"})
            return
        await self._app(scope, receive, send)


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """One kind is enough: the portal's own tests try both."""
    shutil.copyfile(sqlite_template, tmp_path / "fairway.db")
    return f"sqlite:///{tmp_path / 'fairway.db'}"


@asynccontextmanager
async def own_catalog(
    portal: Portal, settings: Settings, *, every: int = 0, secret: str = "", known: bool = False
) -> AsyncIterator[tuple[PortalCatalog, Flapping]]:
    flapping = Flapping(create_app(portal), 0)
    assert settings.client_secret is not None
    credentials = Credentials(settings.client_id, secret or settings.client_secret.get_secret_value())
    retry = RetryPolicy(first_seconds=0.001, longest_seconds=0.01)
    async with served(flapping) as url, PortalClient(url, credentials, retry=retry) as client:  # type: ignore[arg-type]
        if not secret and not known:
            blueprint = {"identifier": "service", "title": "S", "schema": {"properties": {}, "required": []}}
            await client.post("/blueprints", blueprint)
        flapping._every = every
        yield PortalCatalog(client), flapping


async def test_10_failures_show_in_the_exit_code_and_flapping_loses_nothing(
    ran: Script, portal: Portal, settings: Settings
) -> None:
    for number in range(60):
        ran.add(f"PAY/r{number}", yaml=f"identifier: s{number}\nblueprint: service\n")
    async with own_catalog(portal, settings, every=3) as (catalog, flapping):
        report = await ran.run(catalog)
        assert exit_code(report) == 0
        flapping._every = 0
        keys = [EntityKey("service", f"s{number}") for number in range(60)]
        assert len(await catalog.revisions(keys)) == 60
        ran.add("PAY/bad", yaml="identifier: bad\nblueprint: none\n")
        assert exit_code(await ran.run(catalog)) == 2
        flapping._every = 1
        assert exit_code(await ran.run(catalog)) == 5
    async with own_catalog(portal, settings, secret="wrong") as (catalog, _):
        assert exit_code(await ran.run(catalog)) == 4


async def test_18_one_token_for_all(portal: Portal, settings: Settings) -> None:
    async with own_catalog(portal, settings, known=True) as (catalog, flapping):
        keys = [[EntityKey("service", str(number))] for number in range(25)]
        await asyncio.gather(*(catalog.revisions(each) for each in keys))
        assert flapping.tokens == 1

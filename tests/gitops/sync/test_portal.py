"""The catalog of a real portal, over a socket."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fairway.client import Credentials, PortalClient
from fairway.gitops.catalog import Write
from fairway.gitops.ledger.file_store import FileLedger
from fairway.gitops.model import EntityKey
from fairway.gitops.portal_api import USER_AGENT, PortalCatalog
from fairway.gitops.sync import Engine
from fairway.kit.clock import SystemClock
from fairway.kit.errors import InvalidCredentials
from fairway.kit.settings import Settings
from fairway.portal.app import create_app
from fairway.portal.services import Portal
from support.gitops_memory_forge import MemoryForge
from support.gitops_world import ONE_SHOT, spec
from support.relay import served

BLUEPRINTS: list[dict[str, Any]] = [
    {"identifier": "domain", "schema": {"properties": {}, "required": []}},
    {
        "identifier": "service",
        "schema": {
            "properties": {
                "tier": {"type": "number"}, "version": {"type": "string"},
                "gitopsMetadata": {"type": "object"},
            },
            "required": [],
        },
        "relations": {
            "domain": {"target": "domain", "required": False, "many": False},
            "uses": {"target": "service", "required": False, "many": True},
        },
        "mirrorProperties": {"domain_title": {"path": "domain.$title"}},
    },
    {
        "identifier": "strict", "schema": {"properties": {"name": {"type": "string"}}, "required": ["name"]},
        "relations": {"domain": {"target": "domain", "required": True, "many": False}},
    },
]  # fmt: skip


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """One kind is enough: the portal's own tests try both."""
    shutil.copyfile(sqlite_template, tmp_path / "fairway.db")
    return f"sqlite:///{tmp_path / 'fairway.db'}"


@pytest.fixture
async def own(portal: Portal, settings: Settings) -> AsyncIterator[PortalClient]:
    """A client of a served portal with the blueprints."""
    assert settings.client_secret is not None
    credentials = Credentials(settings.client_id, settings.client_secret.get_secret_value())
    async with served(create_app(portal)) as url, PortalClient(url, credentials, user_agent=USER_AGENT) as client:
        for each in BLUEPRINTS:
            await client.post("/blueprints", {"title": each["identifier"], **each})
        yield client


def service(identifier: str, **document: Any) -> Write:
    return Write(EntityKey("service", identifier), {"identifier": identifier, **document})


async def test_shapes_are_those_of_the_blueprints(own: PortalClient) -> None:
    shapes = {each.identifier: each for each in await PortalCatalog(own).blueprints()}
    assert shapes["service"].properties["tier"]["type"] == "number"
    assert shapes["service"].relations["uses"].many
    assert "domain_title" in shapes["service"].searchable
    assert shapes["strict"].required == {"name"}
    assert shapes["strict"].relations["domain"].required
    assert "_team" in shapes


async def test_writes_answer_for_each_in_order(own: PortalClient) -> None:
    catalog = PortalCatalog(own)
    writes = [service(f"s{number}", properties={"tier": number}) for number in range(45)]
    writes[7] = service("s7", properties={"tier": "high"})
    writes[30] = service("s30", relations={"domain": "none"})
    written = await catalog.write(writes, create_missing=False)
    assert [each.key.identifier for each in written] == [f"s{number}" for number in range(45)]
    assert all(each.ok and each.created for each in written if each.key.identifier not in ("s7", "s30"))
    assert not written[7].ok
    assert not written[7].target_missing
    assert "tier" in (written[7].message or "")
    assert written[30].target_missing
    (again,) = await catalog.write([writes[30]], create_missing=True)
    assert again.created
    keys = [each.key for each in writes]
    assert len(await catalog.revisions([*keys, EntityKey("service", "none"), EntityKey("nothing", "x")])) == 44
    found = await catalog.find([EntityKey("service", "s30"), EntityKey("domain", "none")])
    assert found[EntityKey("service", "s30")].relations["domain"] == "none"


async def test_merging_and_replacing(own: PortalClient) -> None:
    catalog = PortalCatalog(own)
    key = EntityKey("service", "s")
    await catalog.write([service("s", properties={"tier": 1, "version": "1"})], create_missing=False)
    before = await catalog.revisions([key])
    await catalog.write([service("s", properties={"tier": 1})], create_missing=False)
    assert await catalog.revisions([key]) == before, "nothing changed"
    await catalog.write([service("s", properties={"tier": None})], create_missing=False)
    assert (await catalog.find([key]))[key].properties == {"version": "1"}
    await catalog.write(
        [Write(key, {"identifier": "s", "properties": {"tier": 2}}, replace=True)], create_missing=False
    )
    assert (await catalog.find([key]))[key].properties == {"tier": 2}


async def test_checks_write_nothing(own: PortalClient) -> None:
    catalog = PortalCatalog(own)
    assert (await catalog.check(service("s", properties={"tier": 1}))).ok
    assert not (await catalog.check(service("s", properties={"tier": "x"}))).ok
    assert (await catalog.check(service("s", relations={"domain": "none"}))).target_missing
    assert await catalog.revisions([EntityKey("service", "s")]) == {}


async def test_deletions(own: PortalClient) -> None:
    catalog = PortalCatalog(own)
    strict = Write(
        EntityKey("strict", "x"), {"identifier": "x", "properties": {"name": "n"}, "relations": {"domain": "d"}}
    )
    await catalog.write([strict], create_missing=True)
    refused = await catalog.delete(EntityKey("domain", "d"), dependents=False)
    assert refused.error == "has_dependents"
    assert (await catalog.delete(EntityKey("domain", "d"), dependents=True)).ok
    assert (await catalog.delete(EntityKey("domain", "d"), dependents=True)).ok
    assert await catalog.revisions([EntityKey("strict", "x")]) == {}


async def test_searches_and_strange_identifiers(own: PortalClient) -> None:
    catalog = PortalCatalog(own)
    names = ["a/b", "a:b", "ü@x.y", "a=b+c"]
    await catalog.write([service(name, properties={"version": "v"}) for name in names], create_missing=False)
    rule = {"combinator": "and", "rules": [{"property": "version", "operator": "=", "value": "v"}]}
    assert await catalog.search("service", rule, 101) == sorted(names)
    assert len(await catalog.search("service", rule, 2)) == 2
    assert len(await catalog.revisions([EntityKey("service", name) for name in names])) == 4
    for name in names:
        assert (await catalog.delete(EntityKey("service", name), dependents=False)).ok
    assert await catalog.search("service", rule, 101) == []


async def test_wrong_credentials(portal: Portal) -> None:
    async with served(create_app(portal)) as url, PortalClient(url, Credentials("a", "b")) as client:
        with pytest.raises(InvalidCredentials):
            await PortalCatalog(client).organisation()


async def test_a_life_of_entities(own: PortalClient) -> None:
    store = FileLedger(None)
    await store.open()
    forge = MemoryForge()
    properties = {"version": "1.10"}
    repository = forge.repositories.add(
        "a/one",
        {
            "port.yml": spec(
                {"identifier": "a", "blueprint": "service", "properties": properties, "relations": {"uses": ["b"]}},
                {"identifier": "b", "blueprint": "service", "relations": {"uses": ["a"], "domain": "d"}},
                {"identifier": "bad", "blueprint": "strict"},
            ),
            "x/port.yml": "identifier: d\nblueprint: domain\nproperties: {}\n",
        },
    )  # fmt: skip
    engine = Engine("git", forge, PortalCatalog(own), store, ONE_SHOT, SystemClock())
    report = await engine.reconcile()
    assert report.entities.created == 3
    assert [each.code for each in report.findings.shown] == ["E_REQUIRED"]
    catalog = PortalCatalog(own)
    a, b = EntityKey("service", "a"), EntityKey("service", "b")
    found = await catalog.find([a, b])
    assert found[a].relations["uses"] == ["b"]
    assert found[b].relations == {"uses": ["a"], "domain": "d"}
    assert found[a].properties["gitopsMetadata"]["path"] == "port.yml"
    assert (await engine.reconcile()).entities.writes == 0
    datasource = {"datasource_prefix": "fairway/", "datasource_suffix": "/gitops"}
    listed = await own.post("/blueprints/entities/datasource-entities", datasource)
    assert {each["identifier"] for each in listed["entities"]} == {"a", "b", "d"}
    repository.commit({"port.yml": spec({"identifier": "b", "blueprint": "service"})})
    report = await engine.reconcile()
    assert report.entities.deleted == 1
    assert (await catalog.find([b]))[b].relations == {"uses": [], "domain": None}
    await store.close()

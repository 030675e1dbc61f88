"""A forge with an organisation's repositories, for the pictures of connected sources."""

from __future__ import annotations

import time
from typing import Any

import httpx

from support.gitops_gitea import FakeGitea

_SOURCES = "/v1/fairway/gitops/sources"
_PASS_SECONDS = 60
_LIBRARY = """\
- identifier: {name}
  blueprint: package
  title: {name}
  properties: {{version: 1.10, latest: 1.10, language: Go, internal: true}}
"""
_SERVICE = """\
# Seen by everybody in the catalog: https://portal.acme.example
identifier: {name}
blueprint: service
properties:
  tier: {tier}
  replicas: 3
  readme: file://./README.md
"""
_LIBRARIES = [f"acme-{name}" for name in (
    "auth", "billing", "cache", "clock", "config", "crypto", "events", "feature-flags", "fixtures", "geo", "grpc",
    "health", "http", "i18n", "ids", "jobs", "json", "ledger", "locks", "logging", "mail", "metrics", "money", "paging",
)]  # fmt: skip


def connected(api: httpx.Client, forge: FakeGitea, services: list[str]) -> dict[str, str]:
    """Connects it, lets passes run until there is something to see; the ids of a source and of a repository."""
    for name in services:
        files = {"port.yml": _SERVICE.format(name=name, tier="gold"), "README.md": f"# {name}\n\nRun `make run`.\n"}
        forge.add_repository(f"acme/{name}", files)
    wrong = _SERVICE.format(name=services[-1], tier="platinum") + "propertes: {}\n"
    other = f"---\nidentifier: {services[0]}\nblueprint: service\nproperties: {{tier: silver}}\n"
    edge = {"services/edge/port.yml": f"{wrong}{other}", "services/edge/README.md": "# Edge\n"}
    forge.add_repository("acme/platform", {**edge, "port.yaml": "[]\n"})
    kept, lost = _LIBRARIES[:10], _LIBRARIES[10:]
    forge.add_repository("acme/libraries", {"port.yml": "".join(_LIBRARY.format(name=each) for each in kept)})
    forge.add_repository("acme/old-libraries", {"port.yml": "".join(_LIBRARY.format(name=each) for each in lost)})
    forge.add_repository("acme/broken", {"port.yml": "identifier: broken\n\tblueprint: service\n"})
    source = _connect(api, forge)
    _over(api, source, 1)
    forge.commit("acme/libraries", {"port.yml": "".join(_LIBRARY.format(name=each) for each in kept[1:])})
    _sync(api, source, 2)
    forge.commit("acme/old-libraries", {"port.yml": None})
    _sync(api, source, 3)
    return {"gitops": source, "repository": "acme%2Fplatform"}


def _connect(api: httpx.Client, forge: FakeGitea) -> str:
    body: dict[str, Any] = {
        "title": "Acme's forge", "kind": "gitea", "url": forge.url, "settings": {"organisation": "acme"},
        "secrets": {"token": "gitea-good", "webhookSecret": "pictures"}, "options": {"deletionGrace": 0},
    }  # fmt: skip
    return str(api.post(_SOURCES, json=body).raise_for_status().json()["source"]["id"])


def _sync(api: httpx.Client, source: str, count: int) -> None:
    api.post(f"{_SOURCES}/{source}/sync").raise_for_status()
    _over(api, source, count)


def _over(api: httpx.Client, source: str, count: int) -> None:
    """Waits for the end of so many passes."""
    until = time.monotonic() + _PASS_SECONDS
    while time.monotonic() < until:
        passes = api.get(f"{_SOURCES}/{source}/passes").raise_for_status().json()["passes"]
        if sum(each["endedAt"] is not None for each in passes) >= count:
            return
        time.sleep(0.2)
    raise TimeoutError("the pass did not end")

"""The example "enrich services using GitOps" as people run it: portal, agent and backend are processes, git is real."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "enrich-service"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example's modules can be imported, as when its programs are started; nothing of the tests' environment is
    handed to its processes."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    monkeypatch.delitem(sys.modules, "repository", raising=False)


async def test_a_service_is_enriched_through_the_agent(example: None, tmp_path: Path) -> None:
    import demo
    from repository import git

    run, entity = await demo.demo(tmp_path)
    assert run["status"] == "SUCCESS"
    branch = f"enrich/{run['id']}"
    assert run["link"] == [f"{(tmp_path / 'checkout.git').as_uri()}/tree/{branch}"]
    assert entity["properties"]["type"] == "backend"
    assert entity["properties"]["lifecycle"] == "Production"
    assert entity["relations"]["domain"] == "payments"
    shown = await git("show", f"{branch}:port.yml", cwd=tmp_path / "checkout.git")
    assert shown.startswith("identifier: checkout\nblueprint: service\n")
    log = await git("log", "--format=%an: %s", branch, cwd=tmp_path / "checkout.git")
    assert len(log.splitlines()) == 2, "one commit of the service, one of the backend, although messages may repeat"

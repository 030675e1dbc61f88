"""The example "enrich services using GitOps" as people run it: portal, agent and backend are processes, git is real."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "enrich-service"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example's modules can be imported, as when its programs are started."""
    monkeypatch.syspath_prepend(str(EXAMPLE.parent))
    monkeypatch.syspath_prepend(str(EXAMPLE))
    for name in ("demo", "backend", "repositories"):
        monkeypatch.delitem(sys.modules, name, raising=False)


async def test_a_service_is_enriched_through_the_agent(example: None, tmp_path: Path) -> None:
    import demo
    from programs import git

    run, entity = await demo.demo(tmp_path)
    bare = tmp_path / "repositories" / "checkout.git"
    assert run["status"] == "SUCCESS"
    assert run["link"] == [bare.as_uri()]
    assert entity["properties"]["type"] == "backend"
    assert entity["properties"]["lifecycle"] == "Production"
    assert entity["relations"]["domain"] == "payments"
    branch = await demo.new_branch(tmp_path)
    assert branch == f"portal/enrich/checkout-{run['id'][-8:].lower()}"
    shown = await git("show", f"{branch}:port.yml", cwd=bare)
    assert shown.startswith("identifier: checkout\nblueprint: service\n")
    log = await git("log", "--format=%an: %s", branch, cwd=bare)
    assert log.splitlines() == ["Fairway: Describe checkout in the catalog", "Dev: Start"]

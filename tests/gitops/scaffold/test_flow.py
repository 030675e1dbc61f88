"""From a run to a pull request, on every forge."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fairway.gitops.catalog import BlueprintShape
from fairway.gitops.forges.errors import ForgeBroken, NotPermitted, RepositoryGone
from fairway.gitops.model import EntityKey
from fairway.gitops.scaffold.flow import scaffold
from fairway.gitops.scaffold.model import (
    CannotEdit,
    EditConflict,
    EntityChange,
    InvalidSpec,
    Outcome,
    Requester,
    ScaffoldRequest,
)
from fairway.gitops.scaffold.workspace import FileAt, Workspace, Write
from support.gitops_scaffold import ALL_FORGES, API_FORGES, World, world

KEY = EntityKey("service", "checkout")
FILE = "# ours\nidentifier: checkout # id\nblueprint: service\nproperties:\n  tier: 1 # one\n"
SHAPES = {"service": BlueprintShape("service", {"tier": {"type": "number"}, "note": {"type": "string"}})}
BRANCH = "portal/enrich/checkout-run00001"


def run(number: int = 1, **properties: object) -> ScaffoldRequest:
    change = EntityChange(KEY, properties=properties or {"tier": 2})  # type: ignore[arg-type]  # plain values
    person = Requester("Kim", "kim@example.com")
    return ScaffoldRequest("enrich", f"r_run{number:05}", change, person, link="https://portal.example/run")


def requests_of(found: World) -> list[str]:
    return [str(each.get("title")) for each in found.requests]


@pytest.mark.parametrize("kind", ALL_FORGES)
async def test_first_and_second_run(kind: str, tmp_path: Path) -> None:
    async with world(kind, tmp_path, {"port.yml": FILE, "src/x": "x"}) as found:
        first = await scaffold(found.workspace(), run(), SHAPES)
        opened = Outcome.OPENED if kind in API_FORGES else Outcome.PUSHED
        assert (first.outcome, first.path, first.branch) == (opened, "port.yml", BRANCH)
        assert found.read("port.yml", BRANCH) == FILE.replace("tier: 1", "tier: 2")
        assert found.read("port.yml", "main") == FILE
        assert found.read("src/x", BRANCH).strip() == "x"
        assert "Co-authored-by: Kim <kim@example.com>" in found.message(BRANCH)
        if kind in API_FORGES:
            assert first.url is not None
            assert first.url.endswith("/1")
            assert requests_of(found) == ["enrich: service checkout"]
        second = await scaffold(found.workspace(), run(2, tier=3, note="x"), SHAPES)
        if kind in API_FORGES:
            assert (second.outcome, second.branch, second.url) == (Outcome.UPDATED, BRANCH, first.url)
            assert set(found.branches()) == {"main", BRANCH}
            assert len(found.requests) == 1
            body = str(found.requests[0].get("body") or found.requests[0].get("description"))
            assert "properties.note: set to 'x'" in body
        assert second.branch is not None
        assert found.read("port.yml", second.branch) == FILE.replace("tier: 1", "tier: 3") + "  note: x\n"


@pytest.mark.parametrize("kind", ALL_FORGES)
async def test_no_difference_no_branch(kind: str, tmp_path: Path) -> None:
    async with world(kind, tmp_path, {"port.yml": FILE}) as found:
        result = await scaffold(found.workspace(), run(tier=1), SHAPES)
        assert (result.outcome, result.branch, result.url) == (Outcome.UP_TO_DATE, None, None)
        assert set(found.branches()) == {"main"}
        assert found.requests == []
        if found.server is not None:
            assert all(seen.method == "GET" for seen in found.server.requests)


@pytest.mark.parametrize("kind", ALL_FORGES)
async def test_the_same_run_again(kind: str, tmp_path: Path) -> None:
    async with world(kind, tmp_path, {"port.yml": FILE}) as found:
        first = await scaffold(found.workspace(), run(), SHAPES)
        second = await scaffold(found.workspace(), run(), SHAPES)
        assert second.branch == first.branch
        assert second.url == first.url
        assert second.outcome is (Outcome.UP_TO_DATE if kind in API_FORGES else Outcome.PUSHED)
        assert set(found.branches()) == {"main", BRANCH}
        found.requests.clear()
        third = await scaffold(found.workspace(), run(), SHAPES)
        assert third.branch == BRANCH
        if kind in API_FORGES:
            assert third.outcome is Outcome.OPENED
            assert len(found.requests) == 1


@pytest.mark.parametrize("kind", ALL_FORGES)
async def test_new_files_and_the_other_name(kind: str, tmp_path: Path) -> None:
    async with world(kind, tmp_path, {"readme": "x"}) as found:
        result = await scaffold(found.workspace(), run(), SHAPES)
        assert result.path == "port.yml"
        assert found.read("port.yml", BRANCH) == "identifier: checkout\nblueprint: service\nproperties:\n  tier: 2\n"
        nested = await scaffold(found.workspace(), replace(run(), action="other"), SHAPES, "deploy/a")
        assert nested.branch is not None
        assert "tier: 2" in found.read("deploy/a/port.yml", nested.branch)
    (tmp_path / "second").mkdir()
    other = "identifier: other\nblueprint: service\n"
    async with world(kind, tmp_path / "second", {"port.yaml": FILE, "port.yml": other}) as found:
        result = await scaffold(found.workspace(), run(), SHAPES)
        assert result.path == "port.yaml"
        assert found.read("port.yml", BRANCH) == other
    (tmp_path / "third").mkdir()
    async with world(kind, tmp_path / "third", {"port.yaml": other}) as found:
        result = await scaffold(found.workspace(), run(), SHAPES)
        assert result.path == "port.yaml"
        assert found.read("port.yaml", BRANCH).startswith(other + "---\nidentifier: checkout\n")


class Meddler:
    """Somebody who commits to the branch between our reading and our writing."""

    def __init__(self, workspace: Workspace, found: World, times: int) -> None:
        self._workspace = workspace
        self._found = found
        self._times = times

    def __getattr__(self, name: str) -> object:
        return getattr(self._workspace, name)

    async def write(self, write: Write) -> None:
        if self._times:
            self._times -= 1
            text = self._found.read("port.yml", write.branch)
            changed = text.replace("# one", f"# one, {self._times} more times") + "# theirs\n"
            self._found.commit({"port.yml": changed}, write.branch)
        await self._workspace.write(write)


@pytest.mark.parametrize("kind", API_FORGES)
async def test_a_concurrent_edit_is_read_again_once(kind: str, tmp_path: Path) -> None:
    async with world(kind, tmp_path, {"port.yml": FILE}) as found:
        await scaffold(found.workspace(), run(), SHAPES)
        meddled = Meddler(found.workspace(), found, 1)
        result = await scaffold(meddled, run(2, tier=5), SHAPES)  # type: ignore[arg-type]  # one by delegation
        assert result.outcome is Outcome.UPDATED
        text = found.read("port.yml", BRANCH)
        assert "tier: 5 # one, 0 more times" in text
        assert "# theirs" in text
        meddled = Meddler(found.workspace(), found, 2)
        with pytest.raises(EditConflict):
            await scaffold(meddled, run(3, tier=6), SHAPES)  # type: ignore[arg-type]  # one by delegation


@pytest.mark.parametrize("kind", ["git", "local"])
async def test_a_branch_that_moved_is_not_overwritten(kind: str, tmp_path: Path) -> None:
    async with world(kind, tmp_path, {"port.yml": FILE}) as found:
        await scaffold(found.workspace(), run(), SHAPES)
        workspace = found.workspace()
        old = await workspace.read("port.yml", BRANCH)
        assert old is not None
        found.commit({"port.yml": FILE + "# theirs\n"}, BRANCH)
        with pytest.raises(EditConflict):
            await workspace.write(Write(BRANCH, "port.yml", b"x", "m", old, None))
        base = await workspace.base(None)
        with pytest.raises(EditConflict):
            await workspace.write(Write(BRANCH, "port.yml", b"x", "m", FileAt("port.yml", b"", "1" * 40), base))
        assert found.read("port.yml", BRANCH) == FILE + "# theirs\n"


@pytest.mark.parametrize("kind", ALL_FORGES)
async def test_empty_repositories(kind: str, tmp_path: Path) -> None:
    async with world(kind, tmp_path, None) as found:
        base = await found.workspace().base(None)
        assert base.commit is None


@pytest.mark.parametrize("kind", ALL_FORGES)
async def test_a_base_that_is_not_there(kind: str, tmp_path: Path) -> None:
    async with world(kind, tmp_path, {"port.yml": FILE}) as found:
        with pytest.raises(RepositoryGone):
            await scaffold(found.workspace(), replace(run(), base="none"), SHAPES)


@pytest.mark.parametrize("kind", ["gitlab", "gitea"])
async def test_missing_permission(kind: str, tmp_path: Path) -> None:
    async with world(kind, tmp_path, {"port.yml": FILE}) as found:
        server = found.server
        assert server is not None
        server.read_only.update({"glpat-good", "gitea-good"})
        with pytest.raises(NotPermitted):
            await scaffold(found.workspace(), run(), SHAPES)
        assert set(found.branches()) == {"main"}


@pytest.mark.parametrize(("kind", "pattern"), [("github", "PUT /.*contents"), ("bitbucket-cloud", "POST /.*/src")])
async def test_a_branch_made_for_nothing_goes_again(kind: str, pattern: str, tmp_path: Path) -> None:
    async with world(kind, tmp_path, {"port.yml": FILE}) as found:
        assert found.server is not None
        found.server.fail(pattern, status=422, json={"message": "the error of the day"})
        with pytest.raises(ForgeBroken, match="the error of the day"):
            await scaffold(found.workspace(), run(), SHAPES)
        assert set(found.branches()) == {"main"}


@pytest.mark.parametrize(
    ("request_", "file", "error"),
    [
        (run(tier="many"), FILE, InvalidSpec),
        (run(unknown=1), FILE, InvalidSpec),
        (run(), "identifier: [broken\n", CannotEdit),
        (run(), "- &a {identifier: checkout, blueprint: service}\n- *a\n", CannotEdit),
    ],
)
async def test_wrong_files_are_not_pushed(
    request_: ScaffoldRequest, file: str, error: type[Exception], tmp_path: Path
) -> None:
    async with world("github", tmp_path, {"port.yml": file}) as found:
        with pytest.raises(error):
            await scaffold(found.workspace(), request_, SHAPES)
        assert set(found.branches()) == {"main"}


async def test_errors_of_others_are_no_hindrance(tmp_path: Path) -> None:
    text = FILE + "---\nidentifier: other\nblueprint: nothing\n"
    async with world("github", tmp_path, {"port.yml": text}) as found:
        assert (await scaffold(found.workspace(), run(), SHAPES)).outcome is Outcome.OPENED


async def test_names_that_no_entity_has(tmp_path: Path) -> None:
    request = replace(run(), change=EntityChange(EntityKey("service", "a b\n/close"), properties={"tier": 1}))
    async with world("github", tmp_path, {"port.yml": FILE}) as found:
        with pytest.raises(InvalidSpec, match="E_IDENTIFIER"):
            await scaffold(found.workspace(), request, SHAPES)


@pytest.mark.parametrize("kind", API_FORGES)
async def test_hostile_inputs(kind: str, tmp_path: Path) -> None:
    evil = "x\nidentifier: stolen\n```\n/merge @all <!-- {{ x }}"
    key = EntityKey("service", "../../évil=@all/close")
    request = ScaffoldRequest(
        "do it/now", "r../..", EntityChange(key, properties={"note": evil}), Requester(evil, evil)
    )
    async with world(kind, tmp_path, {"port.yml": FILE}) as found:
        result = await scaffold(found.workspace(), request, None)
        assert result.branch is not None
        assert result.branch.startswith("portal/do-it-now-")
        assert ".." not in result.branch
        text = str(found.requests[0].get("body") or found.requests[0].get("description"))
        assert not any(line.startswith(("/merge", "@", "/close")) for line in text.splitlines() if "````" not in text)
        assert "\n" not in str(found.requests[0]["title"])
        message = found.message(result.branch)
        assert len(message.splitlines()) == 3
        assert found.read("port.yml", result.branch).startswith(FILE)

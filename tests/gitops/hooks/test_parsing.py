"""What events say: which repository, which refs, which request."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairway.gitops.forges.base import ForgeKind
from fairway.gitops.hooks import HookEvent, RefChange, parse
from fairway.kit.errors import InvalidRequest

A, B, ZERO = "a" * 40, "b" * 40, "0" * 40
BITBUCKET, GITHUB, GITLAB, GITEA, GIT = (
    ForgeKind.BITBUCKET_SERVER,
    ForgeKind.GITHUB,
    ForgeKind.GITLAB,
    ForgeKind.GITEA,
    ForgeKind.GIT,
)
NAME_HEADERS = {
    BITBUCKET: "X-Event-Key",
    GITHUB: "X-GitHub-Event",
    GITLAB: "X-Gitlab-Event",
    GITEA: "X-Gitea-Event",
    GIT: "X-Portal-Event",
}


def read(kind: ForgeKind, name: str, document: Any, **headers: str) -> HookEvent:
    sent = {NAME_HEADERS[kind]: name, **{key.replace("_", "-"): value for key, value in headers.items()}}
    return parse(kind, sent, json.dumps(document).encode())


STASH = {"id": 7, "slug": "checkout", "project": {"key": "PAY"}}
HUB = {"id": 7, "full_name": "pay/checkout"}


def stash_change(ref: str, kind: str = "UPDATE", before: str = A, after: str = B) -> dict[str, Any]:
    return {"ref": {"id": ref}, "refId": ref, "fromHash": before, "toHash": after, "type": kind}


def test_bitbucket_pushes_of_several_refs() -> None:
    changes = [
        stash_change("refs/heads/main"),
        stash_change("refs/heads/new", "ADD", ZERO),
        stash_change("refs/heads/old", "DELETE", A, ZERO),
        stash_change("refs/tags/v1", "ADD", ZERO),
    ]
    event = read(BITBUCKET, "repo:refs_changed", {"repository": STASH, "changes": changes}, X_Request_Id="r-1")
    assert (event.kind, event.delivery_id, event.repository, event.label) == ("push", "r-1", "7", "PAY/checkout")
    assert event.refs == (
        RefChange("refs/heads/main", A, B),
        RefChange("refs/heads/new", None, B),
        RefChange("refs/heads/old", A, None),
        RefChange("refs/tags/v1", None, B),
    )
    assert [change.branch for change in event.refs] == ["main", "new", "old", None]
    assert not event.deleted


def test_bitbucket_other_events() -> None:
    assert parse(BITBUCKET, {"X-Event-Key": "diagnostics:ping"}, b"").kind == "ping"
    assert read(BITBUCKET, "diagnostics:ping", {"test": True}).kind == "ping"
    assert read(BITBUCKET, "repo:modified", {"new": STASH}).label == "PAY/checkout"
    assert read(BITBUCKET, "project:modified", {"new": {"key": "X"}}).repository is None
    assert read(BITBUCKET, "pr:comment:added", {}).kind == "ignored"


@pytest.mark.parametrize("fork", [False, True])
def test_bitbucket_requests(fork: bool) -> None:
    source = {**STASH, "id": 8} if fork else STASH
    request = {
        "id": 3,
        "fromRef": {"id": "refs/heads/x", "latestCommit": A, "repository": source},
        "toRef": {"id": "refs/heads/main", "repository": STASH},
    }
    event = read(BITBUCKET, "pr:from_ref_updated", {"pullRequest": request})
    assert (event.kind, event.request, event.head, event.base, event.from_fork) == ("request", "3", A, "main", fork)


@pytest.mark.parametrize("kind", [GITHUB, GITEA])
def test_github_and_gitea_pushes(kind: ForgeKind) -> None:
    event = read(kind, "push", {"ref": "refs/heads/main", "before": ZERO, "after": A, "repository": HUB})
    assert (event.repository, event.label, event.refs) == (
        "7",
        "pay/checkout",
        (RefChange("refs/heads/main", None, A),),
    )
    gone = read(kind, "push", {"ref": "refs/heads/x", "before": A, "after": ZERO, "deleted": True, "repository": HUB})
    assert gone.deleted
    branch = read(kind, "delete", {"ref": "x", "ref_type": "branch", "repository": HUB})
    assert (branch.kind, branch.ref, branch.deleted) == ("push", "refs/heads/x", True)
    assert read(kind, "delete", {"ref": "x", "ref_type": "tag", "repository": HUB}).kind == "ignored"


def test_github_forms_and_delivery_ids() -> None:
    document = {"ref": "refs/heads/main", "before": A, "after": B, "repository": HUB}
    headers = {
        "x-github-event": "push",
        "x-github-delivery": "d-1",
        "content-type": "application/x-www-form-urlencoded",
    }
    event = parse(GITHUB, headers, urlencode({"payload": json.dumps(document)}).encode())
    assert (event.kind, event.delivery_id) == ("push", "d-1")


def test_github_repositories_and_checks() -> None:
    assert read(GITHUB, "repository", {"action": "deleted", "repository": HUB}).gone
    assert not read(GITHUB, "repository", {"action": "renamed", "repository": HUB}).gone
    assert read(GITHUB, "installation_repositories", {"action": "added"}).kind == "repository"
    check = {"head_sha": A, "pull_requests": [{"number": 4, "base": {"ref": "main"}}]}
    event = read(GITHUB, "check_run", {"action": "rerequested", "check_run": check, "repository": HUB})
    assert (event.kind, event.request, event.head, event.base, event.from_fork) == ("request", "4", A, "main", False)
    check["pull_requests"] = []
    event = read(GITHUB, "check_run", {"action": "rerequested", "check_run": check, "repository": HUB})
    assert (event.request, event.from_fork) == (None, True)
    assert read(GITHUB, "check_run", {"action": "created", "check_run": check, "repository": HUB}).kind == "ignored"
    assert read(GITHUB, "star", {"action": "created"}).kind == "ignored"


@pytest.mark.parametrize(("repository", "fork"), [(HUB, False), ({**HUB, "id": 9}, True), (None, True)])
@pytest.mark.parametrize(("kind", "action"), [(GITHUB, "synchronize"), (GITEA, "synchronized"), (GITHUB, "opened")])
def test_pull_requests(kind: ForgeKind, action: str, repository: Any, fork: bool) -> None:
    request = {"number": 5, "head": {"sha": A, "repo": repository}, "base": {"ref": "main", "repo": HUB}}
    event = read(kind, "pull_request", {"action": action, "number": 5, "pull_request": request, "repository": HUB})
    assert (event.kind, event.request, event.head, event.base, event.from_fork) == ("request", "5", A, "main", fork)
    closed = {"action": "closed", "pull_request": request, "repository": HUB}
    assert read(kind, "pull_request", closed).kind == "ignored"


def test_gitlab_pushes_of_projects_and_of_the_instance() -> None:
    push = {"ref": "refs/heads/main", "before": A, "after": ZERO, "project_id": 7,
            "project": {"id": 7, "path_with_namespace": "pay/till"}}  # fmt: skip
    event = read(GITLAB, "Push Hook", {"object_kind": "push", **push}, X_Gitlab_Event_UUID="u-1")
    assert (event.kind, event.name, event.delivery_id, event.label) == ("push", "push", "u-1", "pay/till")
    assert event.deleted
    assert read(GITLAB, "System Hook", {"event_name": "push", **push}).repository == "7"
    changes = [{"ref": "refs/heads/main", "before": A, "after": B}]
    many = {"event_name": "repository_update", "project_id": 7, "changes": changes}
    assert read(GITLAB, "System Hook", many).refs == (RefChange("refs/heads/main", A, B),)


def test_gitlab_projects() -> None:
    for name in ("project_create", "project_destroy", "project_rename", "project_transfer"):
        event = read(GITLAB, "System Hook", {"event_name": name, "project_id": 7, "path_with_namespace": "pay/till"})
        assert (event.kind, event.repository, event.label) == ("repository", "7", "pay/till")
        assert event.gone == (name == "project_destroy")
    assert read(GITLAB, "Note Hook", {"object_kind": "note", "project_id": 7}).kind == "ignored"


@pytest.mark.parametrize("source", [7, 8])
def test_gitlab_merge_requests(source: int) -> None:
    attributes = {"iid": 2, "action": "update", "last_commit": {"id": A}, "target_branch": "main",
                  "source_project_id": source, "target_project_id": 7}  # fmt: skip
    project = {"id": 7, "path_with_namespace": "pay/till"}
    document = {"object_kind": "merge_request", "project": project, "object_attributes": attributes}
    event = read(GITLAB, "Merge Request Hook", document)
    assert (event.kind, event.request, event.head, event.base, event.from_fork) == (
        "request", "2", A, "main", source != 7,
    )  # fmt: skip
    attributes["action"] = "merge"
    assert read(GITLAB, "Merge Request Hook", document).kind == "ignored"


def test_git_notices() -> None:
    url = "https://git.example/pay/till.git"
    event = read(GIT, "", {"url": url, "ref": "refs/heads/main", "before": A, "after": B})
    assert (event.kind, event.repository, event.ref) == ("push", url, "refs/heads/main")
    changes = [{"ref": f"refs/heads/{name}", "before": A, "after": B} for name in "ab"]
    assert len(read(GIT, "", {"url": url, "changes": changes}).refs) == 2


def test_deliveries_without_an_id_have_the_same_one_each_time() -> None:
    first, second = (read(BITBUCKET, "repo:modified", {"new": STASH}) for _ in range(2))
    assert first.delivery_id == second.delivery_id
    assert read(BITBUCKET, "repo:modified", {"new": STASH, "x": 1}).delivery_id != first.delivery_id


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"1", b"\xff", b'{"repository": {"id": true}}'])
@pytest.mark.parametrize(("kind", "name"), [(BITBUCKET, "repo:refs_changed"), (GITHUB, "push"), (GITEA, "push")])
def test_bodies_of_another_form_are_named(kind: ForgeKind, name: str, body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        parse(kind, {NAME_HEADERS[kind]: name}, body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["repository", "id", "project", "changes", "ref", "object_kind", "action"]), inner
        )
    ),
    max_leaves=12,
)
NAMES = ["repo:refs_changed", "pr:opened", "push", "pull_request", "check_run", "repository", "delete", "System Hook"]


@given(st.sampled_from(ForgeKind), st.sampled_from(NAMES), JSON)
def test_whatever_comes_is_read_or_refused(kind: ForgeKind, name: str, document: Any) -> None:
    try:
        event = read(kind, name, document)
    except InvalidRequest:
        return
    assert event.kind in ("push", "repository", "request", "ping", "ignored")


@pytest.mark.parametrize(
    ("kind", "headers", "body"),
    [
        (
            ForgeKind.GITHUB,
            {"x-github-event": "push"},
            {
                "ref": "refs/heads/main", "after": "b", "head_commit": {"id": "b", "author": {"username": "kim"}},
                "pusher": {"name": "bot"}, "repository": {"id": 1, "full_name": "a/b"},
            },
        ),
        (
            ForgeKind.GITLAB,
            {"x-gitlab-event": "Push Hook"},
            {
                "object_kind": "push", "ref": "refs/heads/main", "after": "b", "project_id": 1, "user_username": "bot",
                "commits": [{"id": "a", "author": {"name": "jo"}}, {"id": "b", "author": {"name": "kim"}}],
            },
        ),
        (
            ForgeKind.BITBUCKET_SERVER,
            {"x-event-key": "repo:refs_changed"},
            {
                "actor": {"name": "kim"}, "repository": {"id": 1, "slug": "b", "project": {"key": "A"}},
                "changes": [{"ref": {"id": "refs/heads/main"}, "toHash": "b", "type": "UPDATE"}],
            },
        ),
    ],
)  # fmt: skip
def test_who_made_a_commit(kind: ForgeKind, headers: dict[str, str], body: dict[str, Any]) -> None:
    (change,) = parse(kind, headers, json.dumps(body).encode()).refs
    assert (change.after, change.author) == ("b", "kim")

"""What forges accept from scaffolding: branches, commits of one file, pull requests. Section 13 of the contract."""

from __future__ import annotations

import base64
import re
from email import message_from_bytes
from typing import Any
from urllib.parse import unquote

from support.gitops_bitbucket import FakeBitbucket
from support.gitops_bitbucket import error as bitbucket_error
from support.gitops_github import FakeGitHub
from support.gitops_github import error as github_error
from support.gitops_repositories import MemoryRepository, blob_id
from support.gitops_server import Answered, ForgeServer, Seen


def parts_of(seen: Seen) -> dict[str, bytes]:
    """The fields of a multipart body."""
    head = f"Content-Type: {seen.headers['content-type']}\r\n\r\n".encode()
    message = message_from_bytes(head + seen.body)
    found: dict[str, bytes] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str):
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            found[unquote(name)] = payload
    return found


class WritableGitHub(FakeGitHub):
    """A branch has to be there before a commit; a stale ``sha`` is 409, a missing one 422."""

    def __init__(self) -> None:
        super().__init__()
        self.pulls: list[dict[str, Any]] = []
        place = "/repos/([^/]+)/([^/]+)"
        more = (
            ("GET", place + "/git/matching-refs/heads/(.+)", self._matching),
            ("POST", place + "/git/refs", self._new_ref),
            ("DELETE", place + "/git/refs/heads/(.+)", self._delete_ref),
            ("GET", place + "/contents/(.+)", self._json_contents),
            ("PUT", place + "/contents/(.+)", self._put),
            ("GET", place + "/pulls", self._get_pulls),
            ("POST", place + "/pulls", self._new_pull),
            ("PATCH", place + r"/pulls/(\d+)", self._set_pull),
        )
        self._routes = [(method, re.compile(pattern), handler) for method, pattern, handler in more] + self._routes

    def _here(self, found: re.Match[str]) -> MemoryRepository:
        repository = self._find(found)
        assert isinstance(repository, MemoryRepository)
        return repository

    def _matching(self, _: Seen, found: re.Match[str]) -> Answered:
        names = [each for each in self._here(found).branches if each.startswith(unquote(found[3]))]
        return Answered(json=[{"ref": f"refs/heads/{each}"} for each in names])

    def _new_ref(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository, body = self._here(found), seen.json
        name = body["ref"].removeprefix("refs/heads/")
        if name in repository.branches:
            return github_error(422, "Reference already exists")
        if body["sha"] not in repository.commits:
            return github_error(422, "Object does not exist")
        repository.branch(name, body["sha"])
        return Answered(201, body)

    def _delete_ref(self, _: Seen, found: re.Match[str]) -> Answered:
        self._here(found).delete_branch(unquote(found[3]))
        return Answered(204)

    def _json_contents(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        if isinstance(repository, Answered) or "raw" in seen.headers.get("accept", ""):
            return self._contents(seen, found)
        data = repository.files(seen.query.get("ref")).get(unquote(found[3]))
        if data is None:
            return github_error(404, "Not Found")
        content = base64.encodebytes(data).decode()
        return Answered(json={"type": "file", "encoding": "base64", "content": content, "sha": blob_id(data)})

    def _put(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository, body, path = self._here(found), seen.json, unquote(found[3])
        if repository.commits and body["branch"] not in repository.branches:
            return github_error(404, f"Branch {body['branch']} not found")
        old = repository.files(body["branch"]).get(path) if repository.commits else None
        if old is not None and "sha" not in body:
            return github_error(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
        if body.get("sha") != (None if old is None else blob_id(old)):
            return github_error(409, f"{path} does not match {body.get('sha')}")
        content = base64.b64decode(body["content"])
        commit = repository.commit({path: content}, branch=body["branch"], message=body["message"])
        return Answered(201 if old is None else 200, {"commit": {"sha": commit}})

    def _get_pulls(self, seen: Seen, found: re.Match[str]) -> Answered:
        head = seen.query.get("head", "").partition(":")[2]
        rows = [each for each in self.pulls if each["state"] == seen.query["state"] and each["head"]["ref"] == head]
        return Answered(json=rows)

    def _new_pull(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository, body = self._here(found), seen.json
        if body["head"] not in repository.branches or body["base"] not in repository.branches:
            return github_error(422, "Validation Failed")
        number = len(self.pulls) + 1
        url = f"{self.url}/{repository.label}/pull/{number}"
        pull = {**body, "head": {"ref": body["head"]}, "number": number, "state": "open", "html_url": url}
        self.pulls.append(pull)
        return Answered(201, pull)

    def _set_pull(self, seen: Seen, found: re.Match[str]) -> Answered:
        pull = self.pulls[int(found[3]) - 1]
        pull.update(seen.json)
        return Answered(json=pull)


class WritableBitbucket(FakeBitbucket):
    """The edit call makes the branch, and refuses when the file changed after ``sourceCommitId``."""

    def __init__(self) -> None:
        super().__init__()
        self.pulls: list[dict[str, Any]] = []
        place = r"/rest/api/latest/projects/([^/]+)/repos/([^/]+)"
        more = (
            ("PUT", place + "/browse/(.+)", self._edit),
            ("GET", place + "/pull-requests", self._get_pulls),
            ("POST", place + "/pull-requests", self._new_pull),
            ("PUT", place + r"/pull-requests/(\d+)", self._set_pull),
        )
        self._routes = [(method, re.compile(pattern), handler) for method, pattern, handler in more] + self._routes

    def _edit(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        assert isinstance(repository, MemoryRepository)
        parts, path = parts_of(seen), unquote(found[3])
        branch = parts["branch"].decode()
        source = parts["sourceBranch"].decode() if "sourceBranch" in parts else None
        if source is not None and branch in repository.branches:
            return bitbucket_error(409, "com.atlassian.bitbucket.repository.RefAlreadyExistsException", "exists")
        base = repository.branches.get(source or branch)
        if base is None and repository.commits:
            return bitbucket_error(404, "branch", f"{branch} does not exist")
        old = repository.files(base).get(path) if base else None
        seen_commit = parts.get("sourceCommitId", b"").decode() or None
        if old is not None:
            known = repository.commits[seen_commit].files.get(path) if seen_commit in repository.commits else None
            if known != old:
                name = "com.atlassian.bitbucket.content.FileOutOfDateException"
                return bitbucket_error(409, name, "The file has been modified since")
        elif seen_commit is not None:
            return bitbucket_error(404, "path", f"The path {path} does not exist")
        text = parts["message"].decode()
        commit = repository.commit({path: parts["content"]}, branch=branch, parent=base, message=text)
        return Answered(json={"id": commit})

    def _get_pulls(self, seen: Seen, found: re.Match[str]) -> Answered:
        assert seen.query["direction"] == "OUTGOING"
        rows = [
            each
            for each in self.pulls
            if each["fromRef"]["id"] == seen.query["at"] and each["state"] == seen.query["state"]
        ]
        return Answered(json=self._page(seen, rows))

    def _new_pull(self, seen: Seen, found: re.Match[str]) -> Answered:
        number = len(self.pulls) + 1
        links = {"self": [{"href": f"{self.url}/projects/{found[1]}/repos/{found[2]}/pull-requests/{number}"}]}
        pull = {**seen.json, "id": number, "version": 0, "state": "OPEN", "links": links}
        self.pulls.append(pull)
        return Answered(201, pull)

    def _set_pull(self, seen: Seen, found: re.Match[str]) -> Answered:
        pull = self.pulls[int(found[3]) - 1]
        if seen.json["version"] != pull["version"]:
            return bitbucket_error(409, "com.atlassian.bitbucket.pull.PullRequestOutOfDateException", "out of date")
        pull.update({**seen.json, "version": pull["version"] + 1})
        return Answered(json=pull)


class FakeBitbucketCloud(ForgeServer):
    """``/2.0`` as far as scaffolding needs it. Pages hold one value each."""

    def __init__(self) -> None:
        super().__init__()
        self.pulls: list[dict[str, Any]] = []
        place = r"/2\.0/repositories/([^/]+)/([^/]+)"
        self._routes = [
            (method, re.compile(pattern), handler)
            for method, pattern, handler in (
                ("GET", place, self._repository),
                ("GET", place + "/refs/branches", self._branches),
                ("POST", place + "/refs/branches", self._new_branch),
                ("GET", place + "/refs/branches/(.+)", self._branch),
                ("DELETE", place + "/refs/branches/(.+)", self._delete_branch),
                ("GET", place + "/src/([0-9a-f]{40})/(.+)", self._src),
                ("POST", place + "/src", self._commit),
                ("GET", place + "/pullrequests", self._get_pulls),
                ("POST", place + "/pullrequests", self._new_pull),
                ("PUT", place + r"/pullrequests/(\d+)", self._set_pull),
            )
        ]

    def answer(self, seen: Seen) -> Answered:
        if seen.headers.get("authorization") != "Bearer cloud-good":
            return _cloud_error(401, "Token is invalid or not supported for this endpoint.")
        for method, pattern, handler in self._routes:
            if method == seen.method and (found := pattern.fullmatch(seen.path)):
                repository = self.repositories.find(f"{found[1]}/{found[2]}")
                return _cloud_error(404, "Not found") if repository is None else handler(seen, found, repository)
        return _cloud_error(404, "Resource not found")

    def _repository(self, seen: Seen, found: re.Match[str], repository: MemoryRepository) -> Answered:
        main = {"name": repository.default_branch} if repository.tip else None
        return Answered(json={"full_name": repository.label, "mainbranch": main})

    def _page(self, seen: Seen, rows: list[Any]) -> Answered:
        number = int(seen.query.get("page", "1"))
        document: dict[str, Any] = {"values": rows[number - 1 : number], "pagelen": 1}
        if number < len(rows):
            query = "&".join(f"{name}={value}" for name, value in seen.query.items() if name not in ("page", "q"))
            document["next"] = f"{self.url}{seen.path}?{query}&page={number + 1}"
        return Answered(json=document)

    def _branches(self, seen: Seen, found: re.Match[str], repository: MemoryRepository) -> Answered:
        wanted = re.fullmatch(r'name ~ "([^"]*)"', seen.query.get("q", 'name ~ ""'))
        assert wanted is not None
        return self._page(seen, [{"name": each} for each in repository.branches if wanted[1] in each])

    def _branch(self, seen: Seen, found: re.Match[str], repository: MemoryRepository) -> Answered:
        commit = repository.branches.get(unquote(found[3]))
        return _cloud_error(404, "Not found") if commit is None else Answered(json={"target": {"hash": commit}})

    def _new_branch(self, seen: Seen, found: re.Match[str], repository: MemoryRepository) -> Answered:
        name = seen.json["name"]
        if name in repository.branches:
            return _cloud_error(400, f'Branch "{name}" already exists.')
        repository.branch(name, seen.json["target"]["hash"])
        return Answered(201, {"name": name})

    def _delete_branch(self, seen: Seen, found: re.Match[str], repository: MemoryRepository) -> Answered:
        repository.delete_branch(unquote(found[3]))
        return Answered(204)

    def _src(self, seen: Seen, found: re.Match[str], repository: MemoryRepository) -> Answered:
        data = repository.files(found[3]).get(unquote(found[4]))
        return _cloud_error(404, "No such file or directory") if data is None else Answered(body=data)

    def _commit(self, seen: Seen, found: re.Match[str], repository: MemoryRepository) -> Answered:
        parts = parts_of(seen)
        branch, message = parts.pop("branch").decode(), parts.pop("message").decode()
        parents = parts.pop("parents", b"").decode()
        if parents and parents != repository.branches.get(branch):
            return _cloud_error(409, "Branch has moved")
        repository.commit(dict(parts), branch=branch, message=message)
        return Answered(201)

    def _get_pulls(self, seen: Seen, found: re.Match[str], repository: MemoryRepository) -> Answered:
        wanted = re.fullmatch(r'source\.branch\.name="([^"]*)" AND state="OPEN"', seen.query["q"])
        assert wanted is not None
        rows = [
            each for each in self.pulls if each["source"]["branch"]["name"] == wanted[1] and each["state"] == "OPEN"
        ]
        return self._page(seen, rows)

    def _new_pull(self, seen: Seen, found: re.Match[str], repository: MemoryRepository) -> Answered:
        number = len(self.pulls) + 1
        links = {"html": {"href": f"{self.url}/{repository.label}/pull-requests/{number}"}}
        pull = {**seen.json, "id": number, "state": "OPEN", "links": links}
        self.pulls.append(pull)
        return Answered(201, pull)

    def _set_pull(self, seen: Seen, found: re.Match[str], repository: MemoryRepository) -> Answered:
        pull = self.pulls[int(found[3]) - 1]
        pull.update(seen.json)
        return Answered(json=pull)


def _cloud_error(status: int, message: str) -> Answered:
    return Answered(status, {"type": "error", "error": {"message": message}})

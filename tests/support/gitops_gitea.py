"""A Gitea as far as GitOps needs it, with the traps of the real one. Sections 4.4 and 13 of the contract."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from fairway.kit.clock import Clock
from support.gitops_repositories import MemoryRepository, blob_id, folder_id
from support.gitops_server import Answered, ForgeServer, Seen

Handler = Callable[[Seen, re.Match[str]], Answered]
SYMLINK = "link:"
"""Files with this content are symbolic links in trees."""


def refused(status: int, text: str) -> Answered:
    """An error's body."""
    return Answered(status, {"message": text, "url": "https://gitea.example/api/swagger"})


class FakeGitea(ForgeServer):
    """``clamp`` lowers the limit of listings, ``tree_page`` that of trees; ``cut_trees`` cuts them without more pages.
    ``links`` off: only the total tells whether there is more."""

    def __init__(self, clock: Clock | None = None, *, clamp: int = 50, tree_page: int = 1000) -> None:
        super().__init__(clock)
        self.tokens = {"gitea-good": 3}
        self.read_only: set[str] = set()
        self.clamp = clamp
        self.tree_page = tree_page
        self.cut_trees = False
        self.links = True
        self.empty_pages: set[int] = set()
        """Pages that come without rows although there are some."""
        self.statuses: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.pulls: list[dict[str, Any]] = []
        place = r"/api/v1/repos/([^/]+)/([^/]+)"
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = [
            (method, re.compile(pattern), handler)
            for method, pattern, handler in (
                ("GET", "/api/v1/user", lambda *_: Answered(json={"id": 3, "login": "portal-bot"})),
                ("GET", "/api/v1/repos/search", self._search),
                ("GET", r"/api/v1/orgs/([^/]+)", self._organisation),
                ("GET", r"/api/v1/(?:orgs|users)/([^/]+)/repos", self._of_owner),
                ("GET", r"/api/v1/repositories/(\d+)", self._by_number),
                ("GET", place, self._repository),
                ("GET", place + "/branches/(.+)", self._branch),
                ("GET", place + "/git/trees/([^/]+)", self._tree),
                ("GET", place + "/raw/(.+)", self._raw),
                ("GET", place + "/contents/(.+)", self._contents),
                ("POST", place + "/contents/(.+)", self._write),
                ("PUT", place + "/contents/(.+)", self._write),
                ("POST", place + "/statuses/([^/]+)", self._status),
                ("GET", place + r"/issues/(\d+)/comments", self._get_comments),
                ("POST", place + r"/issues/(\d+)/comments", self._add_comment),
                ("PATCH", place + r"/issues/comments/(\d+)", self._set_comment),
                ("GET", place + "/pulls", self._get_pulls),
                ("POST", place + "/pulls", self._add_pull),
                ("PATCH", place + r"/pulls/(\d+)", self._set_pull),
            )
        ]

    def answer(self, seen: Seen) -> Answered:
        token = seen.headers.get("authorization", "").removeprefix("token ")
        if token not in self.tokens:
            return refused(401, "invalid username, password or token")
        if seen.method != "GET" and token in self.read_only:
            return refused(403, "token does not have at least one of required scope(s): [write:repository]")
        for method, pattern, handler in self._routes:
            if method == seen.method and (found := pattern.fullmatch(seen.path)):
                return handler(seen, found)
        return Answered(404, body=b"Not found.\n", headers={"Content-Type": "text/plain"})

    def _find(self, found: re.Match[str]) -> MemoryRepository | None:
        repository = self.repositories.find(f"{unquote(found[1])}/{unquote(found[2])}")
        return None if repository is None or repository.hidden else repository

    def _json(self, each: MemoryRepository) -> dict[str, Any]:
        return {
            "id": each.number,
            "full_name": each.label,
            "html_url": f"{self.url}/{each.label}",
            "default_branch": each.default_branch,
            "empty": each.tip is None,
            "archived": each.archived,
            "fork": each.fork,
            "mirror": each.mirror,
            "private": each.visibility == "private",
            "internal": each.visibility == "internal",
            "topics": sorted(each.topics),
            "has_code": not each.disabled,
        }

    def _search(self, seen: Seen, found: re.Match[str]) -> Answered:
        answer = self._page(seen, [self._json(each) for each in self.repositories if not each.hidden])
        answer.json = {"ok": True, "data": answer.json}
        return answer

    def _organisation(self, seen: Seen, found: re.Match[str]) -> Answered:
        name = unquote(found[1])
        known = any(each.project == name and not each.personal for each in self.repositories)
        return Answered(json={"name": name}) if known else refused(404, "The target couldn't be found.")

    def _of_owner(self, seen: Seen, found: re.Match[str]) -> Answered:
        rows = [each for each in self.repositories if each.project == unquote(found[1]) and not each.hidden]
        return self._page(seen, [self._json(each) for each in rows])

    def _page(self, seen: Seen, rows: list[Any]) -> Answered:
        limit = min(int(seen.query.get("limit", "30")), self.clamp)
        number = max(1, int(seen.query.get("page", "1")))
        holes = len([each for each in self.empty_pages if each < number])
        start = (number - 1 - holes) * limit
        some = [] if number in self.empty_pages else rows[start : start + limit]
        headers = {"X-Total-Count": str(len(rows))}
        if self.links and start + limit < len(rows):
            headers["Link"] = f'<{self.url}{seen.path}?limit={limit}&page={number + 1}>; rel="next"'
        return Answered(json=some, headers=headers)

    def _by_number(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self.repositories.number(int(found[1]))
        if repository is None or repository.hidden:
            return refused(404, "The target couldn't be found.")
        return Answered(json=self._json(repository))

    def _repository(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        return (
            refused(404, "The target couldn't be found.")
            if repository is None
            else Answered(json=self._json(repository))
        )

    def _branch(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        commit = repository.branches.get(unquote(found[3])) if repository else None
        if commit is None:
            return refused(404, "The target couldn't be found.")
        return Answered(json={"name": unquote(found[3]), "commit": {"id": commit}})

    def _tree(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        commit = repository.resolve(unquote(found[3])) if repository else None
        if repository is None or commit is None:
            return refused(404, "The target couldn't be found.")
        rows = self._entries(repository, commit, recursive=seen.query.get("recursive") == "true")
        limit = min(int(seen.query.get("per_page", "1000")), self.tree_page)
        number = int(seen.query.get("page", "1"))
        some = rows[(number - 1) * limit : number * limit]
        if self.cut_trees:
            some, truncated = rows[: len(rows) // 2] if number == 1 else [], True
        else:
            truncated = number * limit < len(rows)
        return Answered(json={"tree": some, "truncated": truncated, "page": number, "total_count": len(rows)})

    @staticmethod
    def _entries(repository: MemoryRepository, commit: str, *, recursive: bool) -> list[dict[str, Any]]:
        files = repository.commits[commit].files
        folders = {"/".join(path.split("/")[:depth]) for path in files for depth in range(1, path.count("/") + 1)}
        rows = [
            {"path": each, "mode": "040000", "type": "tree", "sha": folder_id(files, each)}
            for each in sorted(folders)
            if recursive or "/" not in each
        ]
        for path, data in files.items():
            if recursive or "/" not in path:
                mode = "120000" if data.startswith(SYMLINK.encode()) else "100644"
                rows.append({"path": path, "mode": mode, "type": "blob", "size": len(data), "sha": blob_id(data)})
        return rows

    def _at(self, seen: Seen, found: re.Match[str]) -> tuple[str, bytes] | None:
        repository = self._find(found)
        commit = repository.resolve(seen.query.get("ref")) if repository else None
        if repository is None or commit is None:
            return None
        data = repository.commits[commit].files.get(unquote(found[3]))
        return None if data is None else (commit, data)

    def _raw(self, seen: Seen, found: re.Match[str]) -> Answered:
        read = self._at(seen, found)
        if read is None:
            return refused(404, "object does not exist [id: , rel_path: ]")
        return Answered(body=read[1], headers={"Content-Type": "text/plain"})

    def _contents(self, seen: Seen, found: re.Match[str]) -> Answered:
        read = self._at(seen, found)
        if read is None:
            return refused(404, "object does not exist [id: , rel_path: ]")
        content = base64.b64encode(read[1]).decode()
        return Answered(json={"type": "file", "encoding": "base64", "content": content, "sha": blob_id(read[1])})

    def _write(self, seen: Seen, found: re.Match[str]) -> Answered:  # noqa: PLR0911 each refusal of the server
        """POST makes a file, PUT changes one; ``new_branch`` makes a branch on the way."""
        repository = self._find(found)
        if repository is None:
            return refused(404, "The target couldn't be found.")
        body, path = seen.json, unquote(found[3])
        branch, new = body.get("branch") or repository.default_branch, body.get("new_branch")
        if new and new in repository.branches:
            return refused(409, f"branch already exists [name: {new}]")
        if branch not in repository.branches and repository.branches:
            return refused(404, f"branch does not exist [name: {branch}]")
        files = repository.files(branch)
        if seen.method == "POST" and path in files:
            return refused(422, f"repository file already exists [path: {path}]")
        if seen.method == "PUT" and path not in files:
            return refused(404, f"repository file does not exist [path: {path}]")
        if seen.method == "PUT" and body.get("sha") != blob_id(files[path]):
            return refused(409, f"sha does not match [given: {body.get('sha')}, expected: {blob_id(files[path])}]")
        base = repository.branches.get(branch)
        content = base64.b64decode(body["content"])
        commit = repository.commit({path: content}, branch=new or branch, parent=base, message=body["message"])
        return Answered(201, {"commit": {"sha": commit}})

    def _status(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        if repository is None or unquote(found[3]) not in repository.commits:
            return refused(404, "The target couldn't be found.")
        self.statuses.append({**seen.json, "commit": found[3]})
        return Answered(201, seen.json)

    def _get_comments(self, seen: Seen, found: re.Match[str]) -> Answered:
        return Answered(json=[each for each in self.comments if each["index"] == found[3]])

    def _add_comment(self, seen: Seen, found: re.Match[str]) -> Answered:
        user = {"id": 3, "login": "portal-bot"}
        comment = {"id": len(self.comments) + 1, "index": found[3], "body": seen.json["body"], "user": user}
        self.comments.append(comment)
        return Answered(201, comment)

    def _set_comment(self, seen: Seen, found: re.Match[str]) -> Answered:
        comment = next((each for each in self.comments if str(each["id"]) == found[3]), None)
        if comment is None:
            return refused(404, "The target couldn't be found.")
        comment["body"] = seen.json["body"]
        return Answered(json=comment)

    def _get_pulls(self, seen: Seen, found: re.Match[str]) -> Answered:
        """There is no filter by head."""
        return self._page(seen, [each for each in self.pulls if seen.query.get("state") in (None, each["state"])])

    def _add_pull(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        body = seen.json
        assert repository is not None
        if body["head"] not in repository.branches:
            return refused(404, "The target couldn't be found.")
        if any(each["head"]["ref"] == body["head"] and each["state"] == "open" for each in self.pulls):
            return refused(409, f"pull request already exists for these targets [head_branch: {body['head']}]")
        number = len(self.pulls) + 1
        head = {"ref": body["head"], "repo": {"full_name": repository.label}}
        url = f"{self.url}/{repository.label}/pulls/{number}"
        pull = {**body, "head": head, "base": {"ref": body["base"]}, "number": number, "state": "open", "html_url": url}
        self.pulls.append(pull)
        return Answered(201, pull)

    def _set_pull(self, seen: Seen, found: re.Match[str]) -> Answered:
        pull = self.pulls[int(found[3]) - 1]
        pull.update(seen.json)
        return Answered(json=pull)

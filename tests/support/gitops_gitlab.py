"""A GitLab as far as GitOps needs it, with the traps of the real one. Sections 4.3 and 13 of the contract."""

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


def refused(status: int, text: str, **headers: str) -> Answered:
    """An error's body."""
    return Answered(status, {"message": text}, headers={name.replace("_", "-"): each for name, each in headers.items()})


class FakeGitLab(ForgeServer):
    """``clamp`` lowers ``per_page``; ``complexity`` is how many projects a bulk query may ask for, None turns GraphQL
    off; ``diff_limit`` cuts comparisons silently."""

    def __init__(self, clock: Clock | None = None, *, clamp: int = 100, complexity: int | None = 100) -> None:
        super().__init__(clock)
        self.tokens = {"glpat-good": 7}
        self.read_only: set[str] = set()
        """Tokens whose scope is reading."""
        self.clamp = clamp
        self.complexity = complexity
        self.diff_limit = 10_000
        self.compare_timeout = False
        self.empty_pages = 0
        """Pages of listings that come without rows, in front of the others."""
        self.statuses: dict[tuple[str, str], dict[str, Any]] = {}
        self.notes: list[dict[str, Any]] = []
        self.merge_requests: list[dict[str, Any]] = []
        self.limit_headers: dict[str, str] = {}
        project = r"/api/v4/projects/([^/]+)"
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = [
            (method, re.compile(pattern), handler)
            for method, pattern, handler in (
                ("GET", "/api/v4/user", self._user),
                ("GET", "/api/v4/projects", self._projects),
                ("GET", r"/api/v4/groups/([^/]+)/projects", self._projects),
                ("GET", project, self._project),
                ("GET", project + "/repository/branches", self._branches),
                ("GET", project + "/repository/branches/([^/]+)", self._branch),
                ("GET", project + "/repository/tree", self._tree),
                ("GET", project + "/repository/files/([^/]+)/raw", self._raw),
                ("GET", project + "/repository/files/([^/]+)", self._file),
                ("GET", project + "/repository/compare", self._compare),
                ("POST", project + "/repository/commits", self._commit),
                ("POST", project + "/statuses/([^/]+)", self._status),
                ("GET", project + r"/merge_requests/(\d+)/notes", self._get_notes),
                ("POST", project + r"/merge_requests/(\d+)/notes", self._add_note),
                ("PUT", project + r"/merge_requests/(\d+)/notes/(\d+)", self._set_note),
                ("GET", project + "/merge_requests", self._get_requests),
                ("POST", project + "/merge_requests", self._add_request),
                ("PUT", project + r"/merge_requests/(\d+)", self._set_request),
                ("POST", "/api/graphql", self._graphql),
            )
        ]

    def answer(self, seen: Seen) -> Answered:
        token = seen.headers.get("authorization", "").removeprefix("Bearer ") or seen.headers.get("private-token", "")
        if token not in self.tokens:
            return refused(401, "401 Unauthorized")
        if seen.method != "GET" and token in self.read_only and "graphql" not in seen.path:
            return Answered(403, {"error": "insufficient_scope", "scope": "api"})
        for method, pattern, handler in self._routes:
            if method == seen.method and (found := pattern.fullmatch(seen.path)):
                answer = handler(seen, found)
                answer.headers = {**self.limit_headers, **answer.headers}
                return answer
        return Answered(404, {"error": "404 Not Found"})

    def _find(self, found: re.Match[str]) -> MemoryRepository | None:
        name = unquote(found[1])
        repository = self.repositories.number(int(name)) if name.isdigit() else self.repositories.find(name)
        return None if repository is None or repository.hidden else repository

    def _user(self, seen: Seen, found: re.Match[str]) -> Answered:
        return Answered(json={"id": 7, "username": "portal-bot"})

    def _json(self, each: MemoryRepository) -> dict[str, Any]:
        return {
            "id": each.number,
            "path_with_namespace": each.label,
            "web_url": f"{self.url}/{each.label}",
            "default_branch": each.default_branch if each.tip else None,
            "archived": each.archived,
            "mirror": each.mirror,
            "visibility": each.visibility,
            "topics": sorted(each.topics),
            "namespace": {"kind": "user" if each.personal else "group", "full_path": each.project},
            "repository_access_level": "disabled" if each.disabled else "enabled",
            **({"forked_from_project": {"id": 1}} if each.fork else {}),
        }

    def _projects(self, seen: Seen, found: re.Match[str]) -> Answered:
        rows = [each for each in self.repositories if not each.hidden]
        if found.re.groups:
            group = unquote(found[1])
            rows = [each for each in rows if each.label.startswith(f"{group}/")]
            if not rows:
                return refused(404, "404 Group Not Found")
        return self._page(seen, [self._json(each) for each in rows], empty=self.empty_pages)

    def _page(self, seen: Seen, rows: list[Any], empty: int = 0) -> Answered:
        """A page; keyset listings give a cursor, others a number, and only the ``Link`` tells which is next."""
        limit = min(int(seen.query.get("per_page", "20")), self.clamp)
        at = int(seen.query.get("page", seen.query.get("cursor", "0")) or 0)
        start = max(0, at - empty) * limit
        some = [] if at < empty else rows[start : start + limit]
        headers = {}
        if at < empty or start + limit < len(rows):
            query = "&".join(f"{name}={value}" for name, value in seen.query.items() if name not in ("page", "cursor"))
            key = "cursor" if seen.query.get("pagination") == "keyset" else "page"
            headers["Link"] = f'<{self.url}{seen.path}?{query}&{key}={at + 1}>; rel="next", <{self.url}>; rel="first"'
        return Answered(json=some, headers=headers)

    def _project(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        return refused(404, "404 Project Not Found") if repository is None else Answered(json=self._json(repository))

    def _branches(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        if repository is None:
            return refused(404, "404 Project Not Found")
        wanted = seen.query.get("search", "")
        names = [each for each in sorted(repository.branches) if each.startswith(wanted.removeprefix("^"))]
        return self._page(seen, [{"name": each, "commit": {"id": repository.branches[each]}} for each in names])

    def _branch(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        if repository is None:
            return refused(404, "404 Project Not Found")
        name = unquote(found[2])
        if not repository.branches:
            return refused(404, "404 Repository Not Found")
        if name not in repository.branches:
            return refused(404, "404 Branch Not Found")
        return Answered(json={"name": name, "commit": {"id": repository.branches[name]}})

    def _tree(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        if repository is None:
            return refused(404, "404 Project Not Found")
        commit = repository.resolve(seen.query.get("ref"))
        if commit is None:
            return refused(404, "404 Tree Not Found")
        return self._page(seen, self._entries(repository, commit, seen.query.get("recursive") == "true"))

    @staticmethod
    def _entries(repository: MemoryRepository, commit: str, recursive: bool) -> list[dict[str, Any]]:
        files = repository.commits[commit].files
        folders = {"/".join(path.split("/")[:depth]) for path in files for depth in range(1, path.count("/") + 1)}
        rows = [
            {
                "id": folder_id(files, each),
                "name": each.rpartition("/")[2],
                "type": "tree",
                "path": each,
                "mode": "040000",
            }
            for each in sorted(folders)
            if recursive or "/" not in each
        ]
        for path, data in files.items():
            if recursive or "/" not in path:
                mode = "120000" if data.startswith(SYMLINK.encode()) else "100644"
                row = {"id": blob_id(data), "name": path.rpartition("/")[2], "type": "blob", "path": path, "mode": mode}
                rows.append(row)
        return rows

    def _read(self, seen: Seen, found: re.Match[str]) -> tuple[MemoryRepository, str, bytes] | Answered:
        repository = self._find(found)
        if repository is None:
            return refused(404, "404 Project Not Found")
        commit = repository.resolve(seen.query.get("ref"))
        if commit is None:
            return refused(404, "404 Commit Not Found")
        data = repository.commits[commit].files.get(unquote(found[2]))
        return refused(404, "404 File Not Found") if data is None else (repository, commit, data)

    def _raw(self, seen: Seen, found: re.Match[str]) -> Answered:
        read = self._read(seen, found)
        if isinstance(read, Answered):
            return read
        headers = {
            "X-Gitlab-Blob-Id": blob_id(read[2]),
            "X-Gitlab-Size": str(len(read[2])),
            "Content-Type": "text/plain",
        }
        return Answered(body=read[2], headers=headers)

    def _file(self, seen: Seen, found: re.Match[str]) -> Answered:
        read = self._read(seen, found)
        if isinstance(read, Answered):
            return read
        repository, commit, data = read
        return Answered(
            json={
                "file_path": unquote(found[2]),
                "encoding": "base64",
                "content": base64.b64encode(data).decode(),
                "blob_id": blob_id(data),
                "commit_id": commit,
                "last_commit_id": self._last_change(repository, commit, unquote(found[2])),
            }
        )

    @staticmethod
    def _last_change(repository: MemoryRepository, commit: str, path: str) -> str:
        last = commit
        for each in repository.history(commit):
            if each.files.get(path) != repository.commits[commit].files.get(path):
                break
            last = each.id
        return last

    def _compare(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        if repository is None:
            return refused(404, "404 Project Not Found")
        since, to = seen.query.get("from", ""), seen.query.get("to", "")
        if since not in repository.commits or to not in repository.commits:
            return refused(404, "404 Commit Not Found")
        assert seen.query.get("straight") == "true"
        diffs = [
            {
                "old_path": each.old_path or each.path,
                "new_path": each.path,
                "deleted_file": each.kind == "DELETE",
                "renamed_file": each.kind == "MOVE",
            }
            for each in repository.changes(since, to)
        ]
        timed_out = self.compare_timeout
        return Answered(json={"diffs": [] if timed_out else diffs[: self.diff_limit], "compare_timeout": timed_out})

    def _commit(self, seen: Seen, found: re.Match[str]) -> Answered:  # noqa: PLR0911 each refusal of the server
        """Creates a branch with ``start_branch``, and refuses stale edits with 400, as the real one does."""
        repository = self._find(found)
        if repository is None:
            return refused(404, "404 Project Not Found")
        body = seen.json
        branch, start = body["branch"], body.get("start_branch")
        if start is not None and branch in repository.branches:
            return refused(
                400, f"A branch called '{branch}' already exists. Switch to that branch in order to make changes"
            )
        if start is None and branch not in repository.branches and repository.branches:
            return refused(400, "You can only create or edit files when you are on a branch")
        base = repository.branches.get(start or branch)
        files = dict(repository.commits[base].files) if base else {}
        changes: dict[str, bytes | str | None] = {}
        for action in body["actions"]:
            path = action["file_path"]
            if action["action"] == "create" and path in files:
                return refused(400, "A file with this name already exists")
            if action["action"] == "update":
                if path not in files:
                    return refused(400, "A file with this name doesn't exist")
                stale = base is not None and action.get("last_commit_id") not in (
                    None,
                    self._last_change(repository, base, path),
                )
                if stale:
                    text = "You are attempting to update a file that has changed since you started editing it."
                    return refused(400, text)
            assert action.get("encoding") == "base64"
            changes[path] = base64.b64decode(action["content"])
        commit = repository.commit(changes, branch=branch, parent=base, message=body["commit_message"])
        return Answered(201, {"id": commit})

    def _status(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        if repository is None or unquote(found[2]) not in repository.commits:
            return refused(404, "404 Project Not Found" if repository is None else "404 Commit Not Found")
        body = seen.json
        key = (found[2], body["name"])
        if body["state"] == "pending" and self.statuses.get(key, {}).get("state") == "pending":
            text = "Cannot transition status via :enqueue from :pending (Reason(s): Status cannot transition)"
            return refused(400, text)
        self.statuses[key] = body
        return Answered(201, body)

    def _get_notes(self, seen: Seen, found: re.Match[str]) -> Answered:
        return self._page(seen, [each for each in self.notes if each["iid"] == found[2]])

    def _add_note(self, seen: Seen, found: re.Match[str]) -> Answered:
        author = {"id": 7, "username": "portal-bot"}
        note = {"id": len(self.notes) + 1, "iid": found[2], "body": seen.json["body"], "author": author}
        self.notes.append(note)
        return Answered(201, note)

    def _set_note(self, seen: Seen, found: re.Match[str]) -> Answered:
        note = next((each for each in self.notes if str(each["id"]) == found[3]), None)
        if note is None:
            return refused(404, "404 Note Not Found")
        note["body"] = seen.json["body"]
        return Answered(json=note)

    def _get_requests(self, seen: Seen, found: re.Match[str]) -> Answered:
        rows = [
            each
            for each in self.merge_requests
            if seen.query.get("state") in (None, each["state"])
            and seen.query.get("source_branch") in (None, each["source_branch"])
        ]
        return self._page(seen, rows)

    def _add_request(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        body = seen.json
        assert repository is not None
        if body["source_branch"] not in repository.branches:
            return refused(400, "source branch does not exist")
        if any(
            each["source_branch"] == body["source_branch"] and each["state"] == "opened" for each in self.merge_requests
        ):
            return Answered(409, {"message": ["Another open merge request already exists for this source branch: !1"]})
        iid = len(self.merge_requests) + 1
        url = f"{self.url}/{repository.label}/-/merge_requests/{iid}"
        self.merge_requests.append({**body, "iid": iid, "state": "opened", "web_url": url})
        return Answered(201, self.merge_requests[-1])

    def _set_request(self, seen: Seen, found: re.Match[str]) -> Answered:
        request = self.merge_requests[int(found[2]) - 1]
        request.update(seen.json)
        return Answered(json=request)

    def _graphql(self, seen: Seen, found: re.Match[str]) -> Answered:
        if self.complexity is None:
            return Answered(404, {"error": "404 Not Found"})
        body = seen.json
        variables = body["variables"]
        assert variables["first"] <= 100
        if len(variables["ids"]) > self.complexity:
            text = f"Query has complexity of {len(variables['ids']) * 6}, which exceeds max complexity of 250"
            return Answered(json={"errors": [{"message": text}]})
        nodes = []
        for each in variables["ids"]:
            repository = self.repositories.number(int(each.rpartition("/")[2]))
            if repository is not None and not repository.hidden:
                nodes.append({"id": each, "repository": self._graph(repository, variables.get("paths"))})
        return Answered(json={"data": {"projects": {"nodes": nodes}}})

    @staticmethod
    def _graph(repository: MemoryRepository, paths: list[str] | None) -> dict[str, Any]:
        if repository.tip is None:
            return {"rootRef": None, "tree": None, "blobs": {"nodes": []}}
        files = repository.files()
        blobs = [
            {"path": path, "oid": blob_id(files[path]), "rawTextBlob": files[path].decode(errors="replace")}
            for path in paths or ()
            if path in files
        ]
        tree = {"lastCommit": {"sha": repository.tip}}
        return {"rootRef": repository.default_branch, "tree": tree, "blobs": {"nodes": blobs}}

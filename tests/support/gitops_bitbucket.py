"""A Bitbucket Data Center as far as GitOps needs it, with the traps of the real one. Section 4.1 of the contract."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, unquote

from fairway.kit.clock import Clock
from support.gitops_repositories import MemoryRepository, blob_id
from support.gitops_server import Answered, ForgeServer, Seen, TokenBucket

_API = r"/rest/api/(?:latest|1\.0)"
_LOCKED_AFTER = 5
_EXCEPTIONS = {
    "path": "com.atlassian.bitbucket.content.NoSuchPathException",
    "commit": "com.atlassian.bitbucket.commit.NoSuchCommitException",
    "branch": "com.atlassian.bitbucket.repository.NoDefaultBranchException",
    "repository": "com.atlassian.bitbucket.repository.NoSuchRepositoryException",
    "project": "com.atlassian.bitbucket.project.NoSuchProjectException",
    "permission": "com.atlassian.bitbucket.AuthorisationException",
    "password": "com.atlassian.bitbucket.auth.IncorrectPasswordAuthenticationException",
    "captcha": "com.atlassian.bitbucket.auth.CaptchaRequiredAuthenticationException",
}


def error(status: int, kind: str | None, message: str, **headers: str) -> Answered:
    """An error's body; ``kind`` names the exception."""
    name = _EXCEPTIONS.get(kind or "", kind)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answered(status, {"errors": [{"context": None, "message": message, "exceptionName": name}]}, headers=named)


class FakeBitbucket(ForgeServer):
    """``hidden_rows`` of listings are filtered after paging, as the real server does, so pages have gaps; every
    ``empty_every``-th page is empty. ``clamp`` lowers the limit that callers ask for. ``old`` is a server from before
    default-branch, builds and Code Insights; ``minimal_refs`` tells no commit with the default branch."""

    def __init__(self, clock: Clock | None = None, *, clamp: int = 1000, old: bool = False) -> None:
        super().__init__(clock)
        self.users = {"kim": "secret"}
        self.tokens = {"http-token": "kim"}
        self.failed_logins: dict[str, int] = {}
        self.locked: set[str] = set()
        self.clamp = clamp
        self.old = old
        self.minimal_refs = False
        self.raw_blocked = False
        self.read_only = False
        self.stuck = False
        """The cursor of listings does not advance."""
        self.holes: set[int] = set()
        """Positions in listings that are filtered out after paging."""
        self.line_limit = 5000
        self.bucket: TokenBucket | None = None
        self.bucket_header: str | None = None
        """``Retry-After`` of rejections."""
        self.projects: dict[str, dict[str, Any]] = {}
        self.builds: dict[str, dict[str, Any]] = {}
        """Commit and key to the build status."""
        self.insights: dict[str, dict[str, Any]] = {}
        self.annotations: dict[str, list[Any]] = {}
        self._routes: list[tuple[str, re.Pattern[str], Callable[[Seen, re.Match[str]], Answered]]] = []
        place = _API + r"/projects/([^/]+)/repos/([^/]+)"
        insights = r"/rest/insights/(?:latest|1\.0)/projects/([^/]+)/repos/([^/]+)/commits/([^/]+)/reports/([^/]+)"
        for method, pattern, handler in (
            ("GET", _API + "/application-properties", lambda *_: Answered(json={"version": "8.19.1"})),
            ("GET", _API + "/projects", self._projects),
            ("GET", _API + "/repos", self._all),
            ("GET", _API + "/projects/([^/]+)", self._project),
            ("GET", _API + "/projects/([^/]+)/repos", self._of_project),
            ("GET", place, self._repository),
            ("GET", place + "/default-branch", self._default_branch),
            ("GET", place + "/branches/default", self._default_branch),
            ("GET", place + "/branches", self._branches),
            ("GET", place + "/raw/(.+)", self._raw),
            ("GET", place + "/browse(?:/(.+))?", self._browse),
            ("GET", place + "/files", self._files),
            ("GET", place + "/commits", self._commits),
            ("GET", place + "/commits/([^/]+)/changes", self._changes),
            ("POST", place + "/commits/([^/]+)/builds", self._build),
            ("POST", r"/rest/build-status/(?:latest|1\.0)/commits/([^/]+)", self._old_build),
            ("PUT", insights, self._insight),
            ("DELETE", insights + "/annotations", self._clear_annotations),
            ("POST", insights + "/annotations", self._annotate),
        ):
            self._routes.append((method, re.compile(pattern), handler))

    def answer(self, seen: Seen) -> Answered:
        if self.bucket is not None and not self.bucket.take():
            headers = {"retry_after": self.bucket_header} if self.bucket_header else {}
            return error(429, None, "You have been rate limited.", **headers)
        refused, user = self._login(seen)
        if refused is not None:
            return refused
        for method, pattern, handler in self._routes:
            if method == seen.method and (found := pattern.fullmatch(seen.path)):
                answer = handler(seen, found)
                answer.headers = {"X-AUSERNAME": quote(user), **answer.headers} if user else answer.headers
                return answer
        return Answered(404, body=b"<html>HTTP 404 Not Found</html>", headers={"Content-Type": "text/html"})

    def event(self, label: str, secret: str, *, branch: str = "main", **more: Any) -> tuple[dict[str, str], bytes]:
        """Headers and body of a push event about the branch's tip."""
        repository = self.repositories[label]
        commit = repository.branches.get(branch, "0" * 40)
        ref = {"id": f"refs/heads/{branch}", "displayId": branch, "type": "BRANCH"}
        change = {"ref": ref, "refId": ref["id"], "fromHash": "0" * 40, "toHash": commit, "type": "UPDATE", **more}
        document = {"eventKey": "repo:refs_changed", "repository": self._json(repository), "changes": [change]}
        body = json.dumps(document).encode()
        signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Event-Key": "repo:refs_changed", "X-Request-Id": f"r-{commit[:8]}", "X-Hub-Signature": signature}
        return headers, body

    def _login(self, seen: Seen) -> tuple[Answered | None, str]:
        scheme, _, text = seen.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer":
            user = self.tokens.get(text, "")
            return (None, user) if user else (error(401, "password", "Authentication failed."), "")
        if scheme != "Basic":
            return error(401, "permission", "You are not permitted to access this resource"), ""
        user, _, password = base64.b64decode(text).decode().partition(":")
        if user in self.locked:
            reason = "CAPTCHA_CHALLENGE; login-url=" + self.url + "/login"
            return error(403, "captcha", "CAPTCHA required.", X_Authentication_Denied_Reason=reason), ""
        if self.users.get(user) == password or self.tokens.get(password) == user:
            self.failed_logins.pop(user, None)
            return None, user
        self.failed_logins[user] = self.failed_logins.get(user, 0) + 1
        if self.failed_logins[user] >= _LOCKED_AFTER:
            self.locked.add(user)
        return error(401, "password", "Authentication failed. Please check your credentials and try again."), ""

    def _page(self, seen: Seen, rows: Sequence[Any], what: str = "values") -> dict[str, Any]:
        """Cursor, clamp, holes and all."""
        start = int(seen.query.get("start", "0"))
        limit = max(1, min(int(seen.query.get("limit", "25")), self.clamp))
        window = range(start, min(start + limit, len(rows)))
        values = [rows[at] for at in window if at not in self.holes]
        last = start + limit >= len(rows)
        following = None if last else (start if self.stuck else start + limit)
        return {"size": len(values), "limit": limit, "start": start, "isLastPage": last, "nextPageStart": following,
                what: values}  # fmt: skip

    def _projects(self, seen: Seen, _: re.Match[str]) -> Answered:
        keys = dict.fromkeys(each.project for each in self.repositories if not each.project.startswith("~"))
        rows = [self._project_json(key) for key in [*keys, *(key for key in self.projects if key not in keys)]]
        return Answered(json=self._page(seen, rows))

    def _project_json(self, key: str) -> dict[str, Any]:
        kind = "PERSONAL" if key.startswith("~") else "NORMAL"
        return {"key": key, "id": 1, "name": key, "public": False, "type": kind, **self.projects.get(key, {})}

    def _project(self, seen: Seen, found: re.Match[str]) -> Answered:
        key = unquote(found[1])
        if not self._known(key):
            return error(404, "project", f"Project {key} does not exist.")
        return Answered(json=self._project_json(key))

    def _known(self, key: str) -> bool:
        return key in self.projects or any(each.project == key for each in self.repositories)

    def _of_project(self, seen: Seen, found: re.Match[str]) -> Answered:
        key = unquote(found[1])
        if not self._known(key):
            return error(404, "project", f"Project {key} does not exist.")
        return self._listed(seen, [each for each in self.repositories if each.project == key])

    def _all(self, seen: Seen, _: re.Match[str]) -> Answered:
        return self._listed(seen, list(self.repositories))

    def _listed(self, seen: Seen, rows: Sequence[MemoryRepository]) -> Answered:
        wanted = seen.query.get("archived", "ACTIVE")
        rows = [each for each in rows if not each.hidden and (wanted == "ALL" or each.archived == (wanted != "ACTIVE"))]
        return Answered(json=self._page(seen, [self._json(each) for each in rows]))

    def _json(self, repository: MemoryRepository) -> dict[str, Any]:
        found = {
            "id": repository.number,
            "slug": repository.slug,
            "name": repository.slug,
            "state": "OFFLINE" if repository.disabled else "AVAILABLE",
            "archived": repository.archived,
            "public": repository.visibility == "public",
            "project": self._project_json(repository.project),
            "links": {"self": [{"href": f"{self.url}/projects/{repository.project}/repos/{repository.slug}/browse"}]},
        }
        return {**found, "origin": {"id": 0}} if repository.fork else found

    def _find(self, found: re.Match[str]) -> MemoryRepository | Answered:
        label = f"{unquote(found[1])}/{unquote(found[2])}"
        repository = self.repositories.find(label)
        if repository is None or repository.label.lower() != label.lower():
            return error(404, "repository", f"Repository {label} does not exist.")
        if repository.hidden:
            return error(401, "permission", "You are not permitted to access this resource")
        return repository

    def _at(self, seen: Seen, found: re.Match[str]) -> tuple[MemoryRepository, str] | Answered:
        repository = self._find(found)
        if isinstance(repository, Answered):
            return repository
        at = seen.query.get("at") or None
        commit = repository.resolve(at)
        if commit is not None:
            return repository, commit
        if at is None:
            return error(404, "branch", f"{repository.label} has no default branch")
        return error(404, "commit", f"Commit '{at}' does not exist in repository '{repository.slug}'.")

    def _repository(self, _: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        return repository if isinstance(repository, Answered) else Answered(json=self._json(repository))

    def _default_branch(self, seen: Seen, found: re.Match[str]) -> Answered:
        if self.old and seen.path.endswith("/default-branch"):
            return Answered(404, {"message": "null for uri: " + seen.path, "status-code": 404})
        repository = self._find(found)
        if isinstance(repository, Answered):
            return repository
        if repository.tip is None:
            if not repository.commits:
                return Answered(204)
            return error(404, "branch", f"{repository.label} has no default branch")
        branch = self._branch(repository, repository.default_branch)
        if self.minimal_refs:
            del branch["latestCommit"]
        return Answered(json=branch)

    @staticmethod
    def _branch(repository: MemoryRepository, name: str) -> dict[str, Any]:
        return {
            "id": f"refs/heads/{name}",
            "displayId": name,
            "type": "BRANCH",
            "latestCommit": repository.branches[name],
            "isDefault": name == repository.default_branch,
        }

    def _branches(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        if isinstance(repository, Answered):
            return repository
        text = seen.query.get("filterText", "").lower()
        rows = [self._branch(repository, name) for name in repository.branches if text in name.lower()]
        return Answered(json=self._page(seen, rows))

    def _raw(self, seen: Seen, found: re.Match[str]) -> Answered:
        if self.raw_blocked:
            return Answered(404, body=b"<html>nothing here</html>", headers={"Content-Type": "text/html"})
        place = self._at(seen, found)
        if isinstance(place, Answered):
            return place
        repository, commit = place
        content = repository.files(commit).get(unquote(found[3]))
        if content is None:
            return self._no_path(unquote(found[3]), seen)
        return Answered(body=content, headers={"Content-Type": "application/octet-stream"})

    @staticmethod
    def _no_path(path: str, seen: Seen) -> Answered:
        at = seen.query.get("at", "refs/heads/main")
        return error(404, "path", f'The path "{path}" does not exist at revision "{at}"')

    def _browse(self, seen: Seen, found: re.Match[str]) -> Answered:
        place = self._at(seen, found)
        if isinstance(place, Answered):
            return place
        repository, commit = place
        files = repository.files(commit)
        path = unquote(found[3] or "")
        if path in files:
            text = files[path].decode(errors="replace").removesuffix("\n")
            lines = [{"text": line.removesuffix("\r")[: self.line_limit]} for line in text.split("\n")]
            return Answered(json=self._page(seen, lines, "lines"))
        folder = path + "/" if path else ""
        names = dict.fromkeys(
            each.removeprefix(folder).partition("/")[0] for each in sorted(files) if each.startswith(folder)
        )
        if not names and path:
            return self._no_path(path, seen)
        rows = [self._child(files.get(folder + name), name) for name in names]
        revision = seen.query.get("at", "refs/heads/main")
        components = path.split("/") if path else []
        children = self._page(seen, rows)
        return Answered(json={"path": {"components": components}, "revision": revision, "children": children})

    @staticmethod
    def _child(content: bytes | None, name: str) -> dict[str, Any]:
        path = {"components": [name], "parent": "", "name": name, "toString": name}
        if content is None:
            return {"path": path, "node": "0" * 40, "type": "DIRECTORY"}
        return {"path": path, "contentId": blob_id(content), "type": "FILE", "size": len(content)}

    def _files(self, seen: Seen, found: re.Match[str]) -> Answered:
        place = self._at(seen, found)
        if isinstance(place, Answered):
            return place
        return Answered(json=self._page(seen, sorted(place[0].files(place[1]))))

    def _commits(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        if isinstance(repository, Answered):
            return repository
        if repository.resolve(seen.query.get("until")) is None:
            return error(404, "branch", f"{repository.label} has no default branch")
        rows = [{"id": each.id, "displayId": each.id[:11]} for each in repository.history(seen.query.get("until"))]
        return Answered(json=self._page(seen, rows))

    def _changes(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        if isinstance(repository, Answered):
            return repository
        to, since = unquote(found[3]), seen.query.get("since", "")
        for commit in (to, since):
            if commit not in repository.commits:
                return error(404, "commit", f"Commit '{commit}' does not exist in repository '{repository.slug}'.")
        rows = [
            {
                "path": {"components": each.path.split("/")},
                "type": each.kind,
                **({"srcPath": {"components": each.old_path.split("/")}} if each.old_path else {}),
            }
            for each in repository.changes(since, to)
        ]
        return Answered(json={"fromHash": since, "toHash": to, **self._page(seen, rows)})

    def _writable(self, found: re.Match[str]) -> MemoryRepository | Answered:
        if self.read_only:
            return error(401, "permission", "You are not permitted to access this resource")
        return self._find(found)

    def _build(self, seen: Seen, found: re.Match[str]) -> Answered:
        if self.old:
            return Answered(404, {"message": "null for uri: " + seen.path, "status-code": 404})
        repository = self._writable(found)
        return repository if isinstance(repository, Answered) else self._stored_build(seen, found[3])

    def _old_build(self, seen: Seen, found: re.Match[str]) -> Answered:
        return self._stored_build(seen, found[1])

    def _stored_build(self, seen: Seen, commit: str) -> Answered:
        body = seen.json
        if (
            body.get("state") not in ("SUCCESSFUL", "FAILED", "INPROGRESS")
            or not body.get("key")
            or not body.get("url")
        ):
            return error(400, None, "The build status is not valid")
        if len(body.get("description", "")) > 255:
            return error(400, None, "description: size must be between 0 and 255")
        self.builds[f"{commit} {body['key']}"] = body
        return Answered(204)

    def _insight(self, seen: Seen, found: re.Match[str]) -> Answered:
        if self.old:
            return Answered(404, body=b"<html>not found</html>")
        repository = self._writable(found)
        if isinstance(repository, Answered):
            return repository
        body = seen.json
        if not body.get("title") or body.get("result") not in ("PASS", "FAIL"):
            return error(400, None, "The report is not valid")
        self.insights[found[3]] = body
        return Answered(json={**body, "key": found[4]})

    def _clear_annotations(self, _: Seen, found: re.Match[str]) -> Answered:
        self.annotations.pop(found[3], None)
        return Answered(204)

    def _annotate(self, seen: Seen, found: re.Match[str]) -> Answered:
        if found[3] not in self.insights:
            return error(404, None, "No report with that key")
        new = seen.json["annotations"]
        kept = self.annotations.setdefault(found[3], [])
        if len(kept) + len(new) > 1000 or any(len(each["message"]) > 2000 for each in new):
            return error(400, None, "Too many annotations")
        kept.extend(new)
        return Answered(204)

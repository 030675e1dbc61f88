"""A GitHub as far as GitOps needs it, REST and GraphQL, with its limits and its kinds of refusals. Section 4.2."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

import jwt

from fairway.kit.clock import Clock
from support.gitops_repositories import MemoryRepository, blob_id, folder_id
from support.gitops_server import Answered, ForgeServer, Seen

_BLOB = re.compile(r'(\w+): object\(expression: "HEAD:([^"]*)"\)')
_TEXT_LIMIT = 512_000
_FILES_COMPARED = 300


def error(status: int, message: str, **headers: str) -> Answered:
    """An error's body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answered(status, {"message": message, "documentation_url": "https://docs.github.com/rest"}, headers=named)


@dataclass
class Budget:
    """A rate limit: ``limit`` requests until ``reset``, then anew."""

    limit: int
    used: int = 0
    reset: datetime | None = None
    status: int = 403
    """What a request over the limit gets; GraphQL says 200."""

    def headers(self, resource: str) -> dict[str, str]:
        """As answers have them."""
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(max(0, self.limit - self.used)),
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-reset": str(int(self.reset.timestamp()) if self.reset else 0),
            "x-ratelimit-resource": resource,
        }


@dataclass
class CheckRun:
    """A check run with all annotations it was given."""

    id: int
    head: str
    name: str
    body: dict[str, Any] = field(default_factory=dict)
    annotations: list[dict[str, Any]] = field(default_factory=list)


class FakeGitHub(ForgeServer):
    """``token`` works as user ``robot``; apps: :attr:`apps` has their public keys and :attr:`installed` what their
    installation may see (None: everything)."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self.tokens: dict[str, str] = {"gh-token": "robot"}
        self.apps: dict[str, str] = {}
        self.installations: dict[str, str] = {}
        """Owner to the installation's id."""
        self.installed: set[str] | None = None
        self.issued: dict[str, datetime] = {}
        self.users: set[str] = set()
        """Owners that are no organisations."""
        self.permissions = {"checks", "statuses"}
        self.budgets = {"core": Budget(5000), "graphql": Budget(5000)}
        self.tree_limit = 100_000
        self.graphql_down: Answered | None = None
        self.most_nodes = 100
        """Bigger queries time out."""
        self.hide_nodes: set[str] = set()
        """Labels that GraphQL answers null for."""
        self.stuck = False
        self.statuses: dict[str, list[dict[str, Any]]] = {}
        self.checks: list[CheckRun] = []
        self._ids = itertools.count(1000)
        self._routes: list[tuple[str, re.Pattern[str], Callable[[Seen, re.Match[str]], Answered]]] = []
        place = "/repos/([^/]+)/([^/]+)"
        for method, pattern, handler in (
            ("GET", "/user", self._user),
            ("GET", "/app/installations", self._all_installations),
            ("POST", "/app/installations/([^/]+)/access_tokens", self._issue),
            ("GET", "/(?:orgs|users)/([^/]+)/installation", self._installation),
            ("GET", "/installation/repositories", self._installed),
            ("GET", "/user/repos", self._everything),
            ("GET", "/(orgs|users)/([^/]+)/repos", self._of_owner),
            ("POST", "/graphql", self._graphql),
            ("GET", "/repositories/(\\d+)(?:/(.+))?", self._by_number),
            ("GET", place, self._repository),
            ("GET", place + "/git/ref/heads/(.+)", self._ref),
            ("GET", place + "/git/trees/([^/]+)", self._tree),
            ("GET", place + "/contents/(.+)", self._contents),
            ("GET", place + r"/compare/([^/]+)\.\.\.([^/]+)", self._compare),
            ("POST", place + "/statuses/([^/]+)", self._status),
            ("GET", place + "/commits/([^/]+)/check-runs", self._checks_of),
            ("POST", place + "/check-runs", self._new_check),
            ("PATCH", place + r"/check-runs/(\d+)", self._more_check),
            ("GET", place + r"/check-runs/(\d+)/annotations", self._annotations),
        ):
            self._routes.append((method, re.compile(pattern), handler))

    def answer(self, seen: Seen) -> Answered:
        if not seen.headers.get("user-agent"):
            return Answered(403, body=b"Request forbidden by administrative rules.")
        refused = self._login(seen)
        if refused is not None:
            return refused
        resource = "graphql" if seen.path == "/graphql" else "core"
        over = self._counted(seen, resource)
        headers = self.budgets[resource].headers(resource)
        if over is not None:
            over.headers = {**headers, **over.headers}
            return over
        answer = self._routed(seen)
        etag = f'W/"{hashlib.sha256(repr((answer.json, answer.body)).encode()).hexdigest()[:32]}"'
        if seen.method == "GET" and answer.status == 200:
            if seen.headers.get("if-none-match") == etag:
                self.budgets[resource].used -= 1  # free of the primary limit
                answer = Answered(304)
            headers["ETag"] = etag
        answer.headers = {**headers, **answer.headers}
        return answer

    def _routed(self, seen: Seen) -> Answered:
        for method, pattern, handler in self._routes:
            if method == seen.method and (found := pattern.fullmatch(seen.path)):
                return handler(seen, found)
        return error(404, "Not Found")

    def _counted(self, seen: Seen, resource: str) -> Answered | None:
        budget, now = self.budgets[resource], self.clock.now()
        if budget.reset is None or now >= budget.reset:
            budget.used, budget.reset = 0, now.replace(microsecond=0) + timedelta(hours=1)
        if budget.used >= budget.limit:
            message = "API rate limit exceeded for user ID 1."
            if resource == "graphql" and budget.status == 200:
                return Answered(200, {"data": None, "errors": [{"type": "RATE_LIMITED", "message": message}]})
            return error(budget.status, message)
        budget.used += 1
        return None

    def _login(self, seen: Seen) -> Answered | None:
        _, _, token = seen.headers.get("authorization", "").partition(" ")
        if token in self.tokens:
            return None
        if token in self.issued:
            return None if self.clock.now() < self.issued[token] else error(401, "Bad credentials")
        if token.count(".") == 2:
            return self._app(seen, token)
        return error(401, "Bad credentials")

    def _app(self, seen: Seen, token: str) -> Answered | None:
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
            key = self.apps[str(claims["iss"])]
            unverified = {"verify_exp": False, "verify_iat": False}
            jwt.decode(token, key, algorithms=["RS256"], options=unverified)  # type: ignore[arg-type] # a subset of options
        except (jwt.PyJWTError, KeyError):
            return error(401, "A JSON web token could not be decoded")
        now = self.clock.now().timestamp()
        if not claims["iat"] <= now < claims["exp"] or claims["exp"] - claims["iat"] > 660:
            return error(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time")
        allowed = seen.path.startswith("/app/") or seen.path.endswith("/installation")
        return None if allowed else error(403, "Resource not accessible by integration")

    def event(self, name: str, document: Mapping[str, Any], secret: str) -> tuple[dict[str, str], bytes]:
        """Headers and body of a webhook's request."""
        body = json.dumps(document).encode()
        signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return {
            "X-GitHub-Event": name,
            "X-GitHub-Delivery": f"d-{next(self._ids)}",
            "X-Hub-Signature-256": signature,
        }, body

    def push(self, label: str, secret: str, *, branch: str = "main") -> tuple[dict[str, str], bytes]:
        """A push event about the branch's tip."""
        repository = self.repositories[label]
        document = {
            "ref": f"refs/heads/{branch}",
            "before": "0" * 40,
            "after": repository.branches[branch],
            "deleted": False,
            "repository": self._json(repository),
        }
        return self.event("push", document, secret)

    def _user(self, seen: Seen, _: re.Match[str]) -> Answered:
        login = self.tokens.get(seen.headers["authorization"].partition(" ")[2])
        return Answered(json={"login": login}) if login else error(403, "Resource not accessible by integration")

    def _all_installations(self, _: Seen, __: re.Match[str]) -> Answered:
        return Answered(
            json=[{"id": int(number), "account": {"login": owner}} for owner, number in self.installations.items()]
        )

    def _installation(self, _: Seen, found: re.Match[str]) -> Answered:
        number = self.installations.get(unquote(found[1]))
        return Answered(json={"id": int(number)}) if number else error(404, "Not Found")

    def _issue(self, _: Seen, found: re.Match[str]) -> Answered:
        if found[1] not in self.installations.values():
            return error(404, "Not Found")
        token = f"ghs_{next(self._ids)}"
        self.issued[token] = self.clock.now() + timedelta(hours=1)
        return Answered(201, {"token": token, "expires_at": self.issued[token].strftime("%Y-%m-%dT%H:%M:%SZ")})

    def _visible(self) -> list[MemoryRepository]:
        return [each for each in self.repositories if not each.hidden]

    def _paged(self, seen: Seen, rows: Sequence[Any], wrap: str | None = None) -> Answered:
        page, size = int(seen.query.get("page", "1")), min(int(seen.query.get("per_page", "30")), 100)
        values = rows[(page - 1) * size : page * size]
        headers = {}
        if page * size < len(rows):
            following = page if self.stuck else page + 1
            headers["Link"] = (
                f'<{self.url}{seen.path}?per_page={size}&page={following}>; rel="next", <{self.url}/x>; rel="last"'
            )
        return Answered(json={"total_count": len(rows), wrap: values} if wrap else values, headers=headers)

    def _installed(self, seen: Seen, _: re.Match[str]) -> Answered:
        rows = [self._json(each) for each in self._visible() if self.installed is None or each.label in self.installed]
        return self._paged(seen, rows, "repositories")

    def _everything(self, seen: Seen, _: re.Match[str]) -> Answered:
        return self._paged(seen, [self._json(each) for each in self._visible()])

    def _of_owner(self, seen: Seen, found: re.Match[str]) -> Answered:
        if (found[1] == "users") != (found[2] in self.users):
            return error(404, "Not Found")
        return self._paged(seen, [self._json(each) for each in self._visible() if each.project == found[2]])

    def _json(self, repository: MemoryRepository) -> dict[str, Any]:
        owner = {"login": repository.project, "type": "User" if repository.project in self.users else "Organization"}
        return {
            "id": repository.number,
            "node_id": f"R_{repository.number}",
            "name": repository.slug,
            "full_name": repository.label,
            "owner": owner,
            "private": repository.visibility != "public",
            "visibility": repository.visibility,
            "html_url": f"https://github.example/{repository.label}",
            "default_branch": repository.default_branch,
            "archived": repository.archived,
            "disabled": repository.disabled,
            "fork": repository.fork,
            "mirror_url": "https://elsewhere.example" if repository.mirror else None,
            "topics": sorted(repository.topics),
        }

    def _find(self, found: re.Match[str]) -> MemoryRepository | Answered:
        label = f"{unquote(found[1])}/{unquote(found[2])}"
        repository = self.repositories.find(label)
        if repository is None or repository.hidden:
            return error(404, "Not Found")
        if repository.blocked:
            return Answered(451, {"message": "Repository access blocked", "block": {"reason": "dmca"}})
        if repository.label.lower() != label.lower():
            rest = found.string.removeprefix(f"/repos/{found[1]}/{found[2]}")
            return Answered(
                301, {"message": "Moved"}, headers={"Location": f"{self.url}/repositories/{repository.number}{rest}"}
            )
        return repository

    def _by_number(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self.repositories.number(int(found[1]))
        if repository is None or repository.hidden:
            return error(404, "Not Found")
        rest = f"/{found[2]}" if found[2] else ""
        path = f"/repos/{quote(repository.project)}/{quote(repository.slug)}{rest}"
        return self._routed(Seen(seen.method, path, seen.query, seen.headers, seen.body))

    def _repository(self, _: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        return repository if isinstance(repository, Answered) else Answered(json=self._json(repository))

    def _ref(self, _: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        if isinstance(repository, Answered):
            return repository
        if not repository.commits:
            return error(409, "Git Repository is empty.")
        name = unquote(found[3])
        commit = repository.branches.get(name)
        if commit is None:
            return error(404, "Not Found")
        return Answered(json={"ref": f"refs/heads/{name}", "object": {"sha": commit, "type": "commit"}})

    def _tree(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        if isinstance(repository, Answered):
            return repository
        if not repository.commits:
            return error(409, "Git Repository is empty.")
        sha = unquote(found[3])
        place = self._folder(repository, sha)
        if place is None:
            return error(404, "Not Found")
        files, folder = place
        recursive = "recursive" in seen.query
        rows: dict[str, dict[str, Any]] = {}
        for path, data in sorted(files.items()):
            if not path.startswith(folder):
                continue
            parts = path.removeprefix(folder).split("/")
            for depth in range(1, len(parts) if recursive else min(2, len(parts))):
                name = "/".join(parts[:depth])
                rows[name] = {
                    "path": name,
                    "mode": "040000",
                    "type": "tree",
                    "sha": folder_id(files, folder + name + "/"),
                }
            if recursive or len(parts) == 1:
                mode = "120000" if data.startswith(b"link:") else "100644"
                name = "/".join(parts)
                rows[name] = {"path": name, "mode": mode, "type": "blob", "sha": blob_id(data), "size": len(data)}
        listed = list(rows.values())
        cut = recursive and len(listed) > self.tree_limit
        return Answered(json={"sha": sha, "tree": listed[: self.tree_limit] if cut else listed, "truncated": cut})

    @staticmethod
    def _folder(repository: MemoryRepository, sha: str) -> tuple[Mapping[str, bytes], str] | None:
        """A commit's tree, or the folder that has this id in any commit."""
        commit = repository.resolve(sha)
        if commit is not None:
            return repository.commits[commit].files, ""
        for each in repository.commits.values():
            folders = {path[: at + 1] for path in each.files for at, char in enumerate(path) if char == "/"}
            for folder in folders:
                if folder_id(each.files, folder) == sha:
                    return each.files, folder
        return None

    def _contents(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        if isinstance(repository, Answered):
            return repository
        commit = repository.resolve(seen.query.get("ref"))
        if not repository.commits:
            return error(404, "This repository is empty.")
        path = unquote(found[3])
        files = repository.files(commit) if commit else {}
        if path in files:
            if "raw" in seen.headers.get("accept", ""):
                kind = "application/vnd.github.raw+json; charset=utf-8"
                return Answered(body=files[path], headers={"Content-Type": kind})
            return error(422, "ask for raw content")
        inside = [each for each in files if each.startswith(path + "/")]
        if inside:
            rows = [{"type": "file", "path": each, "sha": blob_id(files[each]), "url": ""} for each in inside]
            return Answered(json=rows)
        return error(404, "Not Found")

    def _compare(self, _: Seen, found: re.Match[str]) -> Answered:
        repository = self._find(found)
        if isinstance(repository, Answered):
            return repository
        since, to = unquote(found[3]), unquote(found[4])
        if since not in repository.commits or to not in repository.commits:
            return error(404, "Not Found")
        older, newer = ([each.id for each in repository.history(at)] for at in (since, to))
        base = next(each for each in newer if each in older)
        status = "ahead" if base == since else "behind" if base == to else "diverged"
        rows = []
        for each in repository.changes(base, to):
            status_of = {"ADD": "added", "MODIFY": "modified", "DELETE": "removed", "MOVE": "renamed"}[each.kind]
            content = repository.files(to).get(each.path, b"")
            row = {"filename": each.path, "status": status_of, "sha": blob_id(content)}
            rows.append({**row, "previous_filename": each.old_path} if each.old_path else row)
        return Answered(json={"status": "identical" if since == to else status, "files": rows[:_FILES_COMPARED]})

    def _writable(self, found: re.Match[str], permission: str) -> MemoryRepository | Answered:
        if permission not in self.permissions:
            return error(403, "Resource not accessible by integration")
        return self._find(found)

    def _status(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._writable(found, "statuses")
        if isinstance(repository, Answered):
            return repository
        if found[3] not in repository.commits or len(seen.json.get("description", "")) > 140:
            return error(422, "Validation Failed")
        self.statuses.setdefault(found[3], []).append(seen.json)
        return Answered(201, seen.json)

    def _checks_of(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._writable(found, "checks")
        if isinstance(repository, Answered):
            return repository
        runs = [{"id": each.id, "name": each.name} for each in self.checks if each.head == found[3]]
        return Answered(json={"total_count": len(runs), "check_runs": runs[-1:]})

    def _new_check(self, seen: Seen, found: re.Match[str]) -> Answered:
        repository = self._writable(found, "checks")
        if isinstance(repository, Answered):
            return repository
        body = seen.json
        if body["head_sha"] not in repository.commits:
            return error(422, f"No commit found for SHA: {body['head_sha']}")
        run = CheckRun(next(self._ids), body["head_sha"], body["name"])
        refused = self._written(run, body)
        if refused is not None:
            return refused
        self.checks.append(run)
        return Answered(201, {"id": run.id})

    def _more_check(self, seen: Seen, found: re.Match[str]) -> Answered:
        run = next((each for each in self.checks if each.id == int(found[3])), None)
        if run is None:
            return error(404, "Not Found")
        return self._written(run, seen.json) or Answered(json={"id": run.id})

    @staticmethod
    def _written(run: CheckRun, body: dict[str, Any]) -> Answered | None:
        new = body.get("output", {}).get("annotations", [])
        if len(new) > 50:
            return error(422, "Invalid request.\n\nNo more than 50 items are allowed")
        run.annotations += new
        run.body = body
        return None

    def _annotations(self, seen: Seen, found: re.Match[str]) -> Answered:
        run = next(each for each in self.checks if each.id == int(found[3]))
        return self._paged(seen, run.annotations)

    def _graphql(self, seen: Seen, _: re.Match[str]) -> Answered:
        if self.graphql_down is not None:
            return self.graphql_down
        query, variables = seen.json["query"], seen.json["variables"]
        blobs = _BLOB.findall(query)
        if "nodes(ids:" in query:
            found = [self.repositories.number(int(each.removeprefix("R_"))) for each in variables["ids"]]
            return Answered(json={"data": {"nodes": [self._node(each, blobs) if each else None for each in found]}})
        if variables["size"] > self.most_nodes:
            return Answered(502, {"message": "We couldn't respond to your request in time."})
        login = variables["login"]
        rows = [each for each in self._visible() if each.project == login]
        if login in self.users or not rows:
            missing = {
                "type": "NOT_FOUND",
                "message": f"Could not resolve to an Organization with the login of '{login}'.",
            }
            return Answered(json={"data": {"organization": None}, "errors": [missing]})
        start = int(variables.get("cursor") or 0)
        end = start + variables["size"]
        nodes = [self._node(each, blobs) for each in rows[start:end]]
        info = {"hasNextPage": end < len(rows), "endCursor": str(start if self.stuck else end)}
        return Answered(json={"data": {"organization": {"repositories": {"pageInfo": info, "nodes": nodes}}}})

    def _node(self, repository: MemoryRepository, blobs: Sequence[tuple[str, str]]) -> dict[str, Any] | None:
        if repository.hidden or repository.label in self.hide_nodes:
            return None
        rest = self._json(repository)
        branch = {"name": repository.default_branch, "target": {"oid": repository.tip}} if repository.tip else None
        node = {
            "id": rest["node_id"],
            "databaseId": repository.number,
            "nameWithOwner": repository.label,
            "url": rest["html_url"],
            "isArchived": repository.archived,
            "isFork": repository.fork,
            "isMirror": repository.mirror,
            "isDisabled": repository.disabled,
            "visibility": repository.visibility.upper(),
            "owner": {"__typename": rest["owner"]["type"], "login": repository.project},
            "repositoryTopics": {"nodes": [{"topic": {"name": each}} for each in rest["topics"]]},
            "defaultBranchRef": branch,
        }
        files = repository.files()
        return node | {alias: _blob(files[name]) if name in files else None for alias, name in blobs}


def _blob(content: bytes) -> dict[str, Any]:
    try:
        text: str | None = content[:_TEXT_LIMIT].decode()
    except UnicodeDecodeError:
        text = None
    return {"oid": blob_id(content), "byteSize": len(content), "isTruncated": len(content) > _TEXT_LIMIT, "text": text}

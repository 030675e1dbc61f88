"""A GitHub on a socket: its logins, its pages with links, its trees, and its many ways to say no."""

from __future__ import annotations

import base64
import hashlib
import time
from pathlib import Path
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fairway.integration.check.examples import items_of
from fairway.integration.testing import Asked, FakeThirdParty, Reply

ORG, TOKEN = "harbor-works", "github_pat_0123456789"
EXAMPLES = Path(__file__).parents[1] / "examples"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
_TREE = {"path": "services", "mode": "040000", "type": "tree", "sha": "d" * 40}


def example(kind: str) -> list[Any]:
    """Raw items as GitHub has them: without what the integration adds."""
    return [{name: value for name, value in item.items() if name[:2] != "__"} for item in items_of(_file(kind))]


def _file(kind: str) -> Path:
    return EXAMPLES / f"{kind}.json"


class GitHubServer(FakeThirdParty):
    """``lists`` are listings by path, and ``objects`` documents; ``instead`` are answers that come before them."""

    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[str, list[Any]] = {}
        self.wrapped: dict[str, str] = {}
        self.objects: dict[str, Any] = {}
        self.instead: dict[str, list[Reply]] = {}
        self.tokens = {TOKEN}
        self.page = 100
        self.hooks: list[Any] = []
        self._fill()

    def _fill(self) -> None:
        repositories = example("repository")
        self.lists[f"/orgs/{ORG}/repos"] = repositories
        self.objects[f"/orgs/{ORG}"] = example("organization")[0]
        self.lists["/user/orgs"] = example("organization")
        self.lists[f"/orgs/{ORG}/teams"] = example("team")
        self.lists[f"/orgs/{ORG}/teams/tide-keepers/members"] = items_of(_file("team"))[0]["__members"]
        self.objects[f"/orgs/{ORG}/teams/tide-keepers"] = example("team")[0]
        self.wrapped["/installation/repositories"] = "repositories"
        self.lists["/installation/repositories"] = repositories
        for repository in repositories:
            base = f"/repos/{repository['full_name']}"
            self.objects[base] = repository
            self._listings(base, filled=repository["name"] == "tide-api")
        base = f"/repos/{ORG}/tide-api"
        readme = {"type": "file", "path": "README.md", "size": 11, "content": _encoded("# Tide API\n")}
        self.objects[f"{base}/contents/README.md"] = readme
        self.put("tide-api", ".github/CODEOWNERS", items_of(_file("file"))[0])
        folder = example("folder")[0]["folder"]
        del folder["name"]
        self.objects[f"{base}/git/trees/main"] = {"sha": "a" * 40, "tree": [_TREE, folder], "truncated": False}

    def _listings(self, base: str, *, filled: bool) -> None:
        for kind, path in (
            ("pull-request", "pulls"), ("issue", "issues"), ("workflow", "actions/workflows"),
            ("workflow-run", "actions/runs"), ("release", "releases"), ("tag", "tags"), ("branch", "branches"),
            ("environment", "environments"), ("deployment", "deployments"), ("dependabot-alert", "dependabot/alerts"),
            ("code-scanning-alerts", "code-scanning/alerts"), ("collaborator", "collaborators"),
        ):  # fmt: skip
            self.lists[f"{base}/{path}"] = example(kind) if filled else []
        self.wrapped |= {
            f"{base}/actions/workflows": "workflows",
            f"{base}/actions/runs": "workflow_runs",
            f"{base}/environments": "environments",
        }
        if filled:
            for kind, path, key in (
                ("pull-request", "pulls", "number"), ("issue", "issues", "number"), ("release", "releases", "id"),
                ("workflow-run", "actions/runs", "id"), ("deployment", "deployments", "id"),
                ("dependabot-alert", "dependabot/alerts", "number"), ("branch", "branches", "name"),
                ("code-scanning-alerts", "code-scanning/alerts", "number"),
            ):  # fmt: skip
                self.objects |= {f"{base}/{path}/{item[key]}": item for item in example(kind)}

    def put(self, repository: str, path: str, item: Any) -> None:
        """A file, from a raw item."""
        where = f"/repos/{ORG}/{repository}/contents/{path}"
        self.objects[where] = {**item["metadata"], "encoding": "base64", "content": _encoded(item["content"])}

    async def _reply(self, asked: Asked) -> Reply:
        refused = self._refused(asked)
        if refused is not None:
            return refused
        if waiting := self.instead.get(asked.path):
            return waiting.pop(0)
        if (asked.method, asked.path) in self._routes:
            return await super()._reply(asked)
        return self._answer(asked)

    def _answer(self, asked: Asked) -> Reply:
        if asked.path == "/graphql":
            return self._graphql(asked)
        if asked.path.startswith(f"/orgs/{ORG}/hooks"):
            return self._hook(asked)
        if asked.path in self.lists:
            return self._listing(asked)
        if asked.path in self.objects:
            return Reply(self.objects[asked.path])
        return Reply({"message": "Not Found", "documentation_url": "https://docs.github.com", "status": "404"}, 404)

    def _refused(self, asked: Asked) -> Reply | None:
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        if asked.path.startswith("/app"):
            try:
                claims = jwt.decode(token, KEY.public_key(), algorithms=["RS256"], options={"verify_iat": False})
                good = claims["exp"] - claims["iat"] <= 600 and claims["iat"] <= time.time()
            except jwt.PyJWTError:
                good = False
            return None if good else Reply({"message": "A JSON web token could not be decoded"}, 401)
        good = scheme == "Bearer" and token in self.tokens
        return None if good else Reply({"message": "Bad credentials", "status": "401"}, 401)

    def _listing(self, asked: Asked) -> Reply:
        items = self._filtered(asked)
        size = min(int(asked.query.get("per_page", "30")), self.page)
        page = int(asked.query.get("page", "1"))
        part = items[(page - 1) * size : page * size]
        headers = {}
        if page * size < len(items):
            query = "&".join(f"{name}={value}" for name, value in {**asked.query, "page": page + 1}.items())
            headers["link"] = f'<{self.url}{asked.path}?{query}>; rel="next", <{self.url}{asked.path}>; rel="last"'
        key = self.wrapped.get(asked.path)
        answer = {"total_count": len(items), key: part} if key else part
        headers["etag"] = f'W/"{hashlib.sha256(orjson.dumps(part)).hexdigest()}"'
        if asked.headers.get("if-none-match") == headers["etag"]:
            return Reply(status=304, body=b"", headers=headers)
        return Reply(answer, headers=headers)

    def _filtered(self, asked: Asked) -> list[Any]:
        items, state = self.lists[asked.path], asked.query.get("state", "all")
        return [item for item in items if state == "all" or "state" not in item or item["state"] in state.split(",")]

    def _graphql(self, asked: Asked) -> Reply:
        people = example("user")
        variables = asked.json["variables"]
        if "user(login" in asked.json["query"]:
            return Reply({"data": {"user": next(each for each in people if each["login"] == variables["login"])}})
        after = int(variables["after"] or 0)
        info = {"hasNextPage": after + 1 < len(people), "endCursor": str(after + 1)}
        found = {"membersWithRole": {"nodes": people[after : after + 1], "pageInfo": info}}
        return Reply({"data": {"organization": found}})

    def _hook(self, asked: Asked) -> Reply:
        if asked.method == "GET":
            return Reply(self.hooks)
        if asked.method == "POST":
            self.hooks.append({"id": len(self.hooks) + 1, **asked.json})
            return Reply(self.hooks[-1], 201)
        hook = self.hooks[int(asked.path.rpartition("/")[2]) - 1]
        hook.update(asked.json)
        return Reply(hook)


def _encoded(text: str) -> str:
    """In lines, as GitHub does."""
    return base64.encodebytes(text.encode()).decode()

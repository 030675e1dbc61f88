"""GitHub's API as far as workflow dispatches go, and its ``workflow_run`` webhook."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import unquote

import jwt

from support.forges.server import Forge, Reply, Seen

_DOCS = "https://docs.github.com/rest"


@dataclass
class Workflow:
    """A workflow file."""

    inputs: dict[str, bool] = field(default_factory=dict)
    """Declared inputs, and whether they are required."""
    dispatchable: bool = True
    run_name: str = ""
    """A template with ``{input}`` places, as ``run-name`` of the file would be."""


@dataclass
class Repository:
    """A repository."""

    default_branch: str = "main"
    branches: set[str] = field(default_factory=lambda: {"main"})
    workflows: dict[str, Workflow] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)


def _error(status: int, message: str, **more: Any) -> Reply:
    headers = more.pop("headers", {})
    body = {"message": message, "documentation_url": _DOCS, "status": str(status), **more}
    return Reply(status, body, headers=headers)


class FakeGitHub(Forge):
    """``run_details``: ``tells`` answers a dispatch with its run when asked to, ``rejects`` does not know that key (as
    Enterprise Servers did), ``ignores`` takes it and answers 204."""

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        run_details: Literal["tells", "rejects", "ignores"] = "tells",
    ) -> None:
        super().__init__()
        self.clock = clock
        self.run_details = run_details
        self.tokens: dict[str, str] = {"gh-token": "robot"}
        """Token to login."""
        self.apps: dict[str, str] = {}
        """App id to public key (PEM)."""
        self.issued: dict[str, datetime] = {}
        """Installation tokens and their ends."""
        self.repositories: dict[str, Repository] = {}
        self.hidden_until: datetime | None = None
        """Runs are listed only from then on: GitHub takes a while."""
        self.limited_until: datetime | None = None
        """The primary rate limit."""
        self._ids = iter(range(9_000_000_001, 9_999_999_999))

    def answer(self, seen: Seen) -> Reply:  # noqa: PLR0911 -- each return is an answer of the real service
        if seen.headers.get("user-agent") is None:
            return Reply(403, text="Request forbidden by administrative rules: a User-Agent is required")
        who = self._who(seen)
        if isinstance(who, Reply):
            return who
        if self.limited_until is not None and self.clock() < self.limited_until:
            reset = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(self.limited_until.timestamp()))}
            return _error(403, "API rate limit exceeded for user ID 1.", headers=reset)
        path = unquote(seen.path)
        if path == "/user":
            return Reply(json={"login": who}) if who in self.tokens.values() else _error(403, "Resource not accessible")
        if path == "/app":
            return Reply(json={"slug": "portal-app"})
        if (found := re.fullmatch(r"/app/installations/(\d+)/access_tokens", path)) and seen.method == "POST":
            return self._issue(found[1])
        if found := re.fullmatch(r"/repos/([^/]+/[^/]+)(/.*)?", path):
            return self._repository(seen, who, found[1], found[2] or "")
        return _error(404, "Not Found")

    def finish(self, run_id: int | str, conclusion: str = "success") -> dict[str, Any]:
        """Ends a workflow run; answers it."""
        run = next(run for each in self.repositories.values() for run in each.runs if str(run["id"]) == str(run_id))
        run.update(status="completed", conclusion=conclusion)
        return run

    def event(self, run: dict[str, Any], secret: str, action: str = "completed") -> tuple[dict[str, str], bytes]:
        """Headers and body of the webhook's request about a run."""
        body = json.dumps({"action": action, "workflow_run": run, "repository": {"full_name": "o/r"}}).encode()
        headers = {
            "x-github-event": "workflow_run",
            "x-hub-signature-256": self.signature(body, secret),
            "content-type": "application/json",
        }
        return headers, body

    @staticmethod
    def signature(body: bytes, secret: str) -> str:
        """``X-Hub-Signature-256`` of a body."""
        return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()

    def _who(self, seen: Seen) -> str | Reply:
        scheme, _, token = seen.headers.get("authorization", "").partition(" ")
        if scheme not in ("Bearer", "token"):
            return _error(401, "Requires authentication")
        if token in self.tokens:
            return self.tokens[token]
        if token in self.issued:
            fresh = self.clock() < self.issued[token]
            return "portal-app[bot]" if fresh else _error(401, "Bad credentials")
        if token.count(".") == 2:
            return self._app(seen, token)
        return _error(401, "Bad credentials")

    def _app(self, seen: Seen, token: str) -> str | Reply:
        claims = jwt.decode(token, options={"verify_signature": False})
        key = self.apps.get(str(claims["iss"]))
        if key is None:
            return _error(401, "Integration not found")
        try:
            unverified = {"verify_exp": False, "verify_iat": False}
            claims = jwt.decode(token, key, algorithms=["RS256"], options=unverified)  # type: ignore[arg-type]
        except jwt.PyJWTError:
            return _error(401, "A JSON web token could not be decoded")
        now = self.clock().timestamp()
        if not claims["iat"] <= now < claims["exp"] or claims["exp"] - now > 600:
            return _error(401, "'Expiration time' claim ('exp') is too far in the future")
        if not re.search(r"^/app|/installation$", seen.path):
            return _error(403, "Resource not accessible by integration")
        return "app"

    def _issue(self, installation: str) -> Reply:
        token = f"ghs_{installation}_{len(self.issued)}"
        self.issued[token] = self.clock() + timedelta(hours=1)
        ends = self.issued[token].strftime("%Y-%m-%dT%H:%M:%SZ")
        return Reply(201, {"token": token, "expires_at": ends, "permissions": {"actions": "write"}})

    def _repository(self, seen: Seen, who: str, name: str, path: str) -> Reply:  # noqa: PLR0911 -- as above
        repository = self.repositories.get(name)
        if repository is None:
            return _error(404, "Not Found")
        if path == "/installation":
            return Reply(json={"id": 42})
        if path == "":
            return Reply(json={"full_name": name, "default_branch": repository.default_branch})
        if found := re.fullmatch(r"/actions/runs/(\d+)", path):
            runs = [run for run in repository.runs if str(run["id"]) == found[1]]
            return Reply(json=runs[0]) if runs else _error(404, "Not Found")
        if found := re.fullmatch(r"/actions/workflows/([^/]+)/(dispatches|runs)", path):
            workflow = repository.workflows.get(found[1])
            if workflow is None:
                return _error(404, "Not Found")
            if found[2] == "runs":
                return self._listed(seen, repository, found[1])
            return self._dispatched(seen, who, name, repository, found[1], workflow)
        return _error(404, "Not Found")

    def _dispatched(
        self, seen: Seen, who: str, name: str, repository: Repository, file: str, workflow: Workflow
    ) -> Reply:
        body = seen.json
        refused = self._refusal(body, repository, workflow)
        if refused is not None:
            return refused
        inputs = body.get("inputs") or {}
        number = next(self._ids)
        run = {
            "id": number, "name": file, "display_title": workflow.run_name.format(**inputs) or file,
            "path": f".github/workflows/{file}", "event": "workflow_dispatch", "status": "queued", "conclusion": None,
            "head_branch": body["ref"], "actor": {"login": who}, "html_url": f"https://github.example/{name}/runs/{number}",
            "created_at": self.clock().strftime("%Y-%m-%dT%H:%M:%SZ"), "inputs": inputs,
        }  # fmt: skip
        repository.runs.append(run)
        if body.get("return_run_details") and self.run_details == "tells":
            link = {"run_url": f"{self.url}/repos/{name}/actions/runs/{number}", "html_url": run["html_url"]}
            return Reply(200, {"workflow_run_id": number, **link})
        return Reply(204)

    def _refusal(self, body: dict[str, Any], repository: Repository, workflow: Workflow) -> Reply | None:  # noqa: PLR0911 -- as above
        inputs = body.get("inputs") or {}
        if "return_run_details" in body and self.run_details == "rejects":
            return _error(422, 'Invalid request.\n\n"return_run_details" is not a permitted key.')
        if body.get("ref") not in repository.branches:
            return _error(422, f"No ref found for: {body.get('ref')}")
        if not workflow.dispatchable:
            return _error(422, "Workflow does not have 'workflow_dispatch' trigger")
        if any(not isinstance(value, str) for value in inputs.values()):
            return _error(422, "Invalid request.\n\nFor 'properties/inputs', 1 is not a string.")
        if unexpected := [key for key in inputs if key not in workflow.inputs]:
            return _error(422, f"Unexpected inputs provided: {json.dumps(unexpected)}")
        if missing := [key for key, required in workflow.inputs.items() if required and key not in inputs]:
            return _error(422, f"Required input '{missing[0]}' not provided")
        return None

    def _listed(self, seen: Seen, repository: Repository, file: str) -> Reply:
        query = seen.query
        since = query.get("created", ">=0").removeprefix(">=")
        hidden = self.hidden_until is not None and self.clock() < self.hidden_until
        runs = [
            run for run in repository.runs
            if run["name"] == file and run["created_at"] >= since and not hidden
            and query.get("branch", run["head_branch"]) == run["head_branch"]
            and query.get("event", run["event"]) == run["event"]
        ]  # fmt: skip
        return Reply(json={"total_count": len(runs), "workflow_runs": list(reversed(runs))})

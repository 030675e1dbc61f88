"""GitLab's API as far as pipelines go, and its pipeline webhook."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from support.forges.server import Forge, Reply, Seen


@dataclass
class Project:
    """A project."""

    refs: set[str] = field(default_factory=lambda: {"main"})
    trigger_tokens: set[str] = field(default_factory=set)
    pipelines: list[dict[str, Any]] = field(default_factory=list)
    has_jobs: bool = True


class FakeGitLab(Forge):
    """Projects by their full path."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: set[str] = {"glpat-token"}
        self.projects: dict[str, Project] = {}
        self._ids = iter(range(501, 1_000_000))

    def answer(self, seen: Seen) -> Reply:
        found = re.fullmatch(r"/api/v4/projects/([^/]+)/(trigger/pipeline|pipeline|pipelines/(\d+))", seen.path)
        project = self.projects.get(unquote(found[1])) if found else None
        if found is None or project is None:
            return Reply(404, {"message": "404 Project Not Found"} if found else {"error": "404 Not Found"})
        if found[2] == "trigger/pipeline":
            return self._triggered(seen.json, project, unquote(found[1]))
        if seen.headers.get("private-token") not in self.tokens:
            return Reply(401, {"message": "401 Unauthorized"})
        if found[2] == "pipeline":
            body = seen.json
            variables = {each["key"]: each["value"] for each in body.get("variables") or ()}
            return self._created(project, unquote(found[1]), body.get("ref"), variables)
        pipelines = [each for each in project.pipelines if str(each["id"]) == found[3]]
        return Reply(json=pipelines[0]) if pipelines else Reply(404, {"message": "404 Not found"})

    def finish(self, pipeline_id: int | str, status: str = "success") -> dict[str, Any]:
        """Ends a pipeline; answers it."""
        every = (each for project in self.projects.values() for each in project.pipelines)
        pipeline = next(each for each in every if str(each["id"]) == str(pipeline_id))
        pipeline["status"] = status
        return pipeline

    def event(self, pipeline: dict[str, Any], token: str) -> tuple[dict[str, str], bytes]:
        """Headers and body of the webhook's request about a pipeline."""
        attributes = {"id": pipeline["id"], "status": pipeline["status"], "ref": pipeline["ref"]}
        body = json.dumps({"object_kind": "pipeline", "object_attributes": attributes}).encode()
        return {"x-gitlab-event": "Pipeline Hook", "x-gitlab-token": token, "content-type": "application/json"}, body

    def _triggered(self, body: dict[str, Any], project: Project, name: str) -> Reply:
        if not isinstance(body.get("token"), str) or not isinstance(body.get("ref"), str):
            return Reply(400, {"error": "ref is missing, token is missing"})
        if body["token"] not in project.trigger_tokens:
            return Reply(404, {"message": "404 Not Found"})
        variables = body.get("variables") or {}
        if any(not isinstance(value, str) for value in variables.values()):
            return Reply(400, {"message": "variables needs to be a map of key-valued strings"})
        return self._created(project, name, body["ref"], variables)

    def _created(self, project: Project, name: str, ref: Any, variables: dict[str, str]) -> Reply:
        if ref not in project.refs:
            return Reply(400, {"message": {"base": ["Reference not found"]}})
        if not project.has_jobs:
            return Reply(400, {"message": {"base": ["No stages / jobs for this pipeline."]}})
        number = next(self._ids)
        pipeline = {
            "id": number, "iid": 1, "status": "created", "ref": ref,
            "web_url": f"https://gitlab.example/{name}/-/pipelines/{number}",
        }  # fmt: skip
        project.pipelines.append({**pipeline, "variables": variables})
        return Reply(201, pipeline)

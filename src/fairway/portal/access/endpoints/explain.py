"""Why may, or may not, somebody do something."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.kit.errors import InvalidRequest
from fairway.portal.access.decisions import WRITE_VERBS
from fairway.portal.access.explain import ActionQuestion, ExplainService, Question
from fairway.portal.access.schemas import BOOLEAN, STRING, STRINGS, answers, body, record
from fairway.portal.http import CallerDep, api_router, json_object, ok
from fairway.portal.http.requests import optional, require

_RESOURCE = record(["blueprint"], blueprint=STRING, entity=STRING, properties=STRINGS, relations=STRINGS)
_QUESTION = record(
    ["action", "resource"],
    principal={**STRING, "description": "E-mail, user id or client id; the caller when absent."},
    action={**STRING, "enum": ["read", *WRITE_VERBS]},
    resource={**_RESOURCE, "description": "A blueprint, one of its entities, and the fields that an update changes."},
)
_ACTION_QUESTION = record(
    ["action", "verb"],
    user={**STRING, "description": "E-mail, user id or client id; the caller when absent."},
    action={**STRING, "description": "Identifier of an action."},
    verb={**STRING, "enum": ["execute", "approve"]},
    entity={**STRING, "description": "The entity to run it on."},
    inputs={"type": "object", "description": "Inputs that a policy reads."},
)
_DECISION = record(["allowed", "reason", "rule"], allowed=BOOLEAN, reason=STRING, rule=STRING)


def build_router(explain: ExplainService) -> APIRouter:
    """``/v1/fairway/access/explain``."""
    router = api_router("Access")

    @router.post(
        "/fairway/access/explain",
        summary="Explain a permission decision",
        description="Answers the decision that a request would meet, with its reason and the rule that decided. With a "
        "`verb` the question is about an action. Only Admins may ask about others.",
        responses=answers(400, 401, 403, 404, 409, 413, 422, decision=_DECISION, principal=record(id=STRING)),
        openapi_extra=body({"anyOf": [_QUESTION, _ACTION_QUESTION]}),
    )
    async def ask(request: Request, caller: CallerDep) -> Response:
        sent = await json_object(request)
        named = optional(sent, "principal", str) or optional(sent, "user", str)
        if "verb" in sent:
            subject, decision = await explain.explain_action(caller, named, _action_question(sent))
        else:
            subject, decision = await explain.explain(caller, named, _question(sent))
        principal = {"id": subject.principal_id, "email": subject.email, "roles": sorted(subject.roles)}
        answer = {"allowed": decision.allowed, "reason": decision.reason, "rule": decision.rule}
        return ok(decision=answer, principal={**principal, "teams": sorted(subject.teams)})

    return router


def _question(sent: dict[str, Any]) -> Question:
    resource = require(sent, "resource", dict)
    return Question(
        require(sent, "action", str),
        require(resource, "blueprint", str, where="resource"),
        optional(resource, "entity", str, where="resource"),
        _names(resource, "properties"),
        _names(resource, "relations"),
    )


def _action_question(sent: dict[str, Any]) -> ActionQuestion:
    inputs = optional(sent, "inputs", dict) or {}
    return ActionQuestion(
        require(sent, "action", str), require(sent, "verb", str), optional(sent, "entity", str), inputs
    )


def _names(resource: dict[str, object], key: str) -> tuple[str, ...]:
    value = resource.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidRequest(f'"{key}" in the resource must be an array of strings')
    return tuple(value)

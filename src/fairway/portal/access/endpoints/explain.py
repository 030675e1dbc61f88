"""Why may, or may not, somebody do something."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.kit.errors import InvalidRequest
from fairway.portal.access.decisions import WRITE_VERBS
from fairway.portal.access.explain import ExplainService, Question
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
_DECISION = record(["allowed", "reason", "rule"], allowed=BOOLEAN, reason=STRING, rule=STRING)


def build_router(explain: ExplainService) -> APIRouter:
    """``/v1/fairway/access/explain``."""
    router = api_router("Access")

    @router.post(
        "/fairway/access/explain",
        summary="Explain a permission decision",
        description="Answers the decision that a request would meet, with its reason and the rule that decided. "
        "Only Admins may ask about others.",
        responses=answers(400, 401, 403, 404, 409, 413, 422, decision=_DECISION, principal=record(id=STRING)),
        openapi_extra=body(_QUESTION),
    )
    async def ask(request: Request, caller: CallerDep) -> Response:
        sent = await json_object(request)
        resource = require(sent, "resource", dict)
        question = Question(
            require(sent, "action", str),
            require(resource, "blueprint", str, where="resource"),
            optional(resource, "entity", str, where="resource"),
            _names(resource, "properties"),
            _names(resource, "relations"),
        )
        subject, decision = await explain.explain(caller, optional(sent, "principal", str), question)
        principal = {"id": subject.principal_id, "email": subject.email, "roles": sorted(subject.roles)}
        answer = {"allowed": decision.allowed, "reason": decision.reason, "rule": decision.rule}
        return ok(decision=answer, principal={**principal, "teams": sorted(subject.teams)})

    return router


def _names(resource: dict[str, object], key: str) -> tuple[str, ...]:
    value = resource.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidRequest(f'"{key}" in the resource must be an array of strings')
    return tuple(value)

"""The route of forms: Fairway's own (contract 6.3 leaves their evaluation to the server)."""

from __future__ import annotations

from typing import Any, Protocol

from fastapi import APIRouter, Request
from starlette.responses import Response

from fairway.kit.errors import InvalidRequest
from fairway.portal.access.decisions import Decision
from fairway.portal.actions.forms.service import FormService
from fairway.portal.actions.model import Action
from fairway.portal.actions.service import may_see, missing
from fairway.portal.caller import Caller
from fairway.portal.http import CallerDep, api_router, ok
from fairway.portal.http.requests import json_object_or_empty, optional
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

_BODY: dict[str, Any] = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "form": {"type": "object", "description": "The values given so far, by input."},
                        "entity": {"type": "string", "description": "Identifier of the entity to act on."},
                    },
                }
            }
        }
    }
}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "properties": {"key": {"type": "string"}, "message": {"type": "string"}},
}
_ERROR: dict[str, Any] = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("input", "path", "message", "expected")},
}
_INPUT: dict[str, Any] = {
    "type": "object",
    "description": "The definition with values where it has expressions, and:",
    "properties": {
        "visible": {"type": "boolean"},
        "disabled": {"type": "boolean"},
        "required": {"type": "boolean"},
        "default": {},
        "value": {"description": "Submitted or default; null for encrypted inputs."},
        "given": {"type": "boolean", "description": "Whether the value was submitted."},
        "waitsFor": {"type": "array", "items": {"type": "string"}},
        "search": {"description": "For entity inputs: the request that pages through the choice."},
        "problems": {"type": "array", "items": _PROBLEM},
        "errors": {"type": "array", "items": _ERROR},
    },
}
_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "steps": {"type": "array", "items": {"type": "object"}},
        "order": {"type": "array", "items": {"type": "string"}},
        "inputs": {"type": "object", "additionalProperties": _INPUT},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": _ERROR}},
        "missing": {"type": "array", "items": {"type": "string"}},
        "problems": {"type": "array", "items": _PROBLEM},
        "offered": {"type": "boolean", "description": "Whether the action is offered on the entity."},
    },
}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The resolved form.",
        "content": {
            "application/json": {
                "schema": {"type": "object", "properties": {"ok": {"const": True}, "form": _FORM}},
            }
        },
    },
    401: {"description": "No valid token."},
    403: {"description": "The caller may not run the action."},
    404: {"description": "The action or the entity does not exist."},
    422: {"description": "The body does not fit, or the action is no self-service action."},
}


class Definitions(Protocol):
    """Where actions come from."""

    async def require(self, tx: Tx, identifier: str) -> Action:
        """The action; NotFound when there is none."""
        ...


class Access(Protocol):
    """Who may run what."""

    def decide_visible(self, caller: Caller, action: Action) -> Decision:
        """Whether the action is offered to the caller at all."""
        ...


def build_router(db: Database, definitions: Definitions, forms: FormService, access: Access) -> APIRouter:
    """The route."""
    router = api_router("Actions")

    @router.post(
        "/fairway/actions/{identifier}/form",
        summary="Resolve the form of an action for the values given so far",
        description=(
            "Evaluates defaults, options, visibility, limits and datasets as the caller, in the order in which inputs "
            "depend on one another. What cannot be worked out is told under `problems`, what is wrong with values "
            "under `errors`. Nothing is started."
        ),
        responses=_RESPONSES,
        openapi_extra=_BODY,
    )
    async def resolve(identifier: str, request: Request, caller: CallerDep) -> Response:
        body = await json_object_or_empty(request)
        given = optional(body, "form", dict) or {}
        name = optional(body, "entity", str)
        action = await db.read(lambda tx: definitions.require(tx, identifier))
        if not may_see(caller, action):
            raise missing(identifier)
        if action.kind != "self-service":
            raise InvalidRequest(f'Action "{identifier}" is an automation: it is started by events and has no form')
        access.decide_visible(caller, action).enforce()
        entity = None if name is None else await forms.entity(caller, action, name)
        return ok(form=await forms.resolve(caller, action, given, entity))

    return router

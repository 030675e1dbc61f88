"""Operations of the contract that Fairway does not offer: they say so, instead of looking like a wrong address."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from fairway.kit.errors import NotImplementedYet
from fairway.portal.http import CallerDep, api_router
from fairway.portal.http.description import path_parameters

AI_OPERATIONS = (
    ("POST", "/agent/invoke"),
    ("POST", "/agent/{agent_id}/invoke"),
    ("GET", "/agent/invoke/{invocation_id}"),
    ("POST", "/ai/invoke"),
    ("GET", "/llm-providers"),
    ("GET", "/memory"),
    ("GET", "/quota/ai-invocations"),
)
"""Contract 10.9."""


def build_router() -> APIRouter:
    """One route for each operation, all answering 501."""
    router = api_router("Not offered")
    for method, path in AI_OPERATIONS:
        router.add_api_route(
            path,
            _refuse,
            methods=[method],
            summary="Artificial intelligence is not offered",
            operation_id=f"unoffered_{method}_{path}",
            status_code=501,
            responses={401: {"description": "No valid access token."}},
            openapi_extra=path_parameters(path),
        )
    return router


async def _refuse(caller: CallerDep) -> Response:
    raise NotImplementedYet("Fairway does not run language models: operations of AI agents are not offered")

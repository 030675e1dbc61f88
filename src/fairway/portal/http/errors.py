"""From exceptions to the contract's error envelope."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fairway.kit.errors import FairwayError, InvalidRequest, NotFound
from fairway.kit.logs import get_logger
from fairway.portal.http.answers import answer

log = get_logger(__name__)


def install_error_handlers(app: FastAPI) -> None:
    """Every failure leaves as a JSON object with ``ok: false``."""
    app.add_exception_handler(FairwayError, _fairway)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)


def error_answer(error: FairwayError) -> Response:
    """The answer for an error of the family."""
    return answer(error.status, error.envelope())


def refused(error: FairwayError) -> Response:
    """:func:`error_answer`, with a line in the log where its author learns more from it than the user."""
    if error.cause or error.status >= 500:
        log.warning("request_refused", code=error.code, status=error.status, message=error.message, cause=error.cause)
    return error_answer(error)


async def _fairway(request: Request, error: Exception) -> Response:
    assert isinstance(error, FairwayError)
    return refused(error)


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems: list[Any] = [
        {"path": ".".join(str(part) for part in item["loc"]), "message": item["msg"]} for item in error.errors()[:20]
    ]
    text = "; ".join(f"{item['path']}: {item['message']}" for item in problems)
    return error_answer(InvalidRequest(f"The request does not fit: {text}", details={"errors": problems}))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return error_answer(NotFound(f'No route for {request.method} "{request.url.path}"'))
    body = {"ok": False, "error": "method_not_allowed" if error.status_code == 405 else "invalid_request"}
    response = answer(error.status_code, {**body, "message": str(error.detail)})
    if error.headers:
        response.headers.update(error.headers)
    return response

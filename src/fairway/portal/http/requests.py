"""Reading requests: the caller, bodies, and query parameters with the tolerance that real clients need."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request

from fairway.kit.errors import InvalidRequest, MalformedBody
from fairway.kit.jsonio import parse_body
from fairway.portal.caller import Caller


async def current_caller(request: Request) -> Caller:
    """The authenticated principal.

    Raises:
        Unauthorized: no token, an unknown, expired or revoked one.
    """
    caller: Caller = await request.app.state.authenticator.authenticate(request)
    return caller


CallerDep = Annotated[Caller, Depends(current_caller)]


async def json_object(request: Request) -> dict[str, Any]:
    """The request body as a JSON object.

    Raises:
        MalformedBody: not JSON.
        InvalidRequest: JSON, but not an object.
    """
    value = parse_body(await request.body())
    if not isinstance(value, dict):
        raise InvalidRequest(f"The request body must be a JSON object, not {_kind(value)}")
    return value


async def json_array(request: Request) -> list[Any]:
    """The request body as a JSON array."""
    value = parse_body(await request.body())
    if not isinstance(value, list):
        raise InvalidRequest(f"The request body must be a JSON array, not {_kind(value)}")
    return value


async def json_object_or_empty(request: Request) -> dict[str, Any]:
    """Like :func:`json_object`, with an absent body read as ``{}``."""
    return await json_object(request) if await request.body() else {}


def flag(request: Request, name: str, default: bool = False) -> bool:
    """A boolean query parameter. What is not a boolean counts as absent: a client sends pointer text (contract 3.7)."""
    value = request.query_params.get(name, "").lower()
    return {"true": True, "1": True, "false": False, "0": False}.get(value, default)


def query_list(request: Request, name: str) -> list[str]:
    """A list parameter: repeated, comma-joined, or with ``[]`` behind its name."""
    values = [*request.query_params.getlist(name), *request.query_params.getlist(f"{name}[]")]
    return [part for value in values for part in value.split(",") if part]


def query_int(request: Request, name: str, default: int, low: int, high: int) -> int:
    """An integer parameter, clamped to its range (contract 15.24).

    Raises:
        InvalidRequest: not an integer.
    """
    text = request.query_params.get(name)
    if text is None or text == "":
        return default
    try:
        return max(low, min(high, int(text)))
    except ValueError:
        raise InvalidRequest(f'Query parameter "{name}" must be an integer, not "{text[:50]}"') from None


def require(body: dict[str, Any], key: str, kind: type | tuple[type, ...], *, where: str = "body") -> Any:
    """A required key of a body, of a given type.

    Raises:
        InvalidRequest: absent or of another type.
    """
    if key not in body:
        raise InvalidRequest(f'"{key}" is required in the {where}')
    return optional(body, key, kind, where=where, nullable=False)


def optional(
    body: dict[str, Any], key: str, kind: type | tuple[type, ...], *, where: str = "body", nullable: bool = True
) -> Any:
    """An optional key of a body: absent and (when ``nullable``) null give ``None``.

    Raises:
        InvalidRequest: of another type.
    """
    value = body.get(key)
    if value is None and (nullable or key not in body):
        return None
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        wanted = " or ".join(_NAMES.get(each, each.__name__) for each in kinds)
        raise InvalidRequest(f'"{key}" in the {where} must be {wanted}, not {_kind(value)}')
    return value


_NAMES: dict[type, str] = {
    str: "a string",
    dict: "an object",
    list: "an array",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
}


def _kind(value: Any) -> str:
    return "null" if value is None else _NAMES.get(type(value), type(value).__name__)


__all__ = [
    "CallerDep", "MalformedBody", "current_caller", "flag", "json_array", "json_object", "json_object_or_empty",
    "optional", "query_int", "query_list", "require",
]  # fmt: skip

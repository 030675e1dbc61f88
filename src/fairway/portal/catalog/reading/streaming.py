"""Answers that hold any number of entities: sent part by part, so that memory does not grow with them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any

from starlette.responses import Response, StreamingResponse

from fairway.kit.jsonio import dumps
from fairway.kit.logs import get_logger
from fairway.portal.http.answers import ok

Documents = Sequence[dict[str, Any]]

log = get_logger(__name__)


async def entities_answer(
    parts: AsyncIterator[Documents], tail: Callable[[], dict[str, Any]] = dict, failed: Sequence[str] | None = None
) -> Response:
    """``{"ok": true, "entities": [...], ...tail()}``; ``tail`` is asked at the end.

    The first part is read before the answer begins, so that what fails then is still a proper error. What fails later
    cuts the answer off, or, when partial results are welcome, ends it with ``failed`` as ``failedBlueprints``.
    """
    first = await _next(parts)
    second = None if first is None else await _next(parts)
    if first is None or second is None:
        return ok(entities=first or [], **tail())
    return StreamingResponse(_body(first, second, parts, tail, failed), media_type="application/json")


async def _next(parts: AsyncIterator[Documents]) -> Documents | None:
    """The next part. ``anext`` with a default raises SystemError on some releases of Python 3.11."""
    async for part in parts:
        return part
    return None


async def _body(
    first: Documents,
    second: Documents,
    parts: AsyncIterator[Documents],
    tail: Callable[[], dict[str, Any]],
    failed: Sequence[str] | None,
) -> AsyncGenerator[bytes, None]:
    yield b'{"ok":true,"entities":[' + _joined(first)
    begun = bool(first)
    missing: dict[str, Any] = {}
    try:
        async for part in _chained(second, parts):
            yield b"," + _joined(part) if begun and part else _joined(part)
            begun = begun or bool(part)
    except Exception as error:  # the head is sent: what fails now is told in the answer, or raised
        if failed is None:
            raise
        log.warning("partial_answer", blueprints=list(failed), error=str(error))
        missing = {"failedBlueprints": list(failed)}
    rest = dumps({**tail(), **missing})[1:]
    yield b"]}" if rest == b"}" else b"]," + rest


async def _chained(second: Documents, parts: AsyncIterator[Documents]) -> AsyncGenerator[Documents, None]:
    yield second
    async for part in parts:
        yield part


def _joined(part: Documents) -> bytes:
    return dumps(list(part))[1:-1]

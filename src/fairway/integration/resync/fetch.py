"""Pages of a kind, from the hooks of the integration (contract section 7.2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from fairway.integration.definition import Context, Handler, Page
from fairway.kit.errors import FairwayError, InvalidRequest
from fairway.kit.logs import get_logger

log = get_logger(__name__)


class Fetching:
    """``errors`` are those of handlers: with any, the kind is not known to be whole."""

    def __init__(self, handlers: Sequence[Handler], context: Context) -> None:
        self._handlers = handlers
        self._context = context
        self.errors: list[str] = []

    async def pages(self) -> AsyncIterator[Page]:
        """Those of plain handlers together first, then those of generators, one after the other."""
        plain: list[Any] = []
        streams: list[AsyncIterator[Page]] = []
        for handler in self._handlers:
            found = self._begin(handler)
            if hasattr(found, "__aiter__"):
                streams.append(found)
            elif found is not None:
                plain.append(found)
        if plain:
            results = await asyncio.gather(*plain, return_exceptions=True)
            page = [item for result in results for item in self._checked(result)]
            if page:
                yield page
        for stream in streams:
            async for page in self._pulled(stream):
                yield page

    def _begin(self, handler: Handler) -> Any:
        try:
            return handler(self._context)
        except Exception as error:  # noqa: BLE001 the integration's code may raise anything
            self._note(error)
            return None

    async def _pulled(self, stream: AsyncIterator[Page]) -> AsyncIterator[Page]:
        try:
            while True:
                try:
                    found = await anext(stream)
                except StopAsyncIteration:
                    return
                except Exception as error:  # noqa: BLE001 the integration's code may raise anything
                    self._note(error)
                    return  # a generator that raised is finished
                yield self._checked(found)
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()

    def _checked(self, result: Any) -> Page:
        if isinstance(result, asyncio.CancelledError):
            raise result
        if isinstance(result, BaseException):
            self._note(result)
            return []
        if not isinstance(result, list):
            self._note(InvalidRequest(f"a handler must give lists of objects, not {type(result).__name__}"))
            return []
        return result

    def _note(self, error: BaseException) -> None:
        message = error.message if isinstance(error, FairwayError) else f"{type(error).__name__}: {error}"
        self.errors.append(message)
        kind = self._context.kind
        known = isinstance(error, FairwayError)  # of others only the traceback says where they come from
        log.error("fetch_failed", kind=kind, error=message, exc_info=None if known else error)

"""What the names stand on: the integration that is being imported, and the context of the hook that runs.

Nothing else of the framework reads these; they are set around imports and around hooks of integrations that use the
facade.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from fairway.integration.definition import Context, Integration
from fairway.kit.errors import InvalidRequest


class Registry:
    """What one ``main.py`` registers."""

    def __init__(self) -> None:
        self.integration = Integration()
        self.used = False
        self.mapping_model: Any = None
        """The model of the whole mapping, of the class that derives from ``BaseIntegration``."""


_registry: ContextVar[Registry | None] = ContextVar("registry", default=None)
_context: ContextVar[Context | None] = ContextVar("context", default=None)
NOWHERE = "is there only within hooks: those of resyncs, of the start, and of events"


@contextmanager
def collecting(registry: Registry) -> Iterator[None]:
    """Registrations within the block are those of ``registry``."""
    token = _registry.set(registry)
    try:
        yield
    finally:
        _registry.reset(token)


def registry() -> Registry:
    """That of the integration being imported.

    Raises:
        InvalidRequest: none is.
    """
    found = _registry.get()
    if found is None:
        raise InvalidRequest("Hooks are registered while main.py is imported by the framework, not later")
    found.used = True
    return found


def open_registry() -> Registry | None:
    """As :func:`registry`, or none."""
    return _registry.get()


def context(what: str) -> Context:
    """That of the hook which runs; ``what`` needs it.

    Raises:
        InvalidRequest: none does.
    """
    found = _context.get()
    if found is None:
        raise InvalidRequest(f"`{what}` {NOWHERE}")
    return found


@contextmanager
def using(given: Context) -> Iterator[None]:
    """Within one step of a hook."""
    token = _context.set(given)
    try:
        yield
    finally:
        _context.reset(token)


def bound(given: Context, begin: Callable[[], Any]) -> Any:
    """What ``begin()`` makes, a coroutine or an async generator, such that each of its steps has the context."""
    with using(given):
        found = begin()
    return _steps(given, found) if hasattr(found, "__aiter__") else _awaited(given, found)


async def _awaited(given: Context, found: Awaitable[Any]) -> Any:
    with using(given):
        return await found


async def _steps(given: Context, found: AsyncIterator[Any]) -> AsyncIterator[Any]:
    try:
        while True:
            with using(given):
                try:
                    page = await anext(found)
                except StopAsyncIteration:
                    return
            yield page
    finally:
        close = getattr(found, "aclose", None)
        if close is not None:
            with using(given):
                await close()

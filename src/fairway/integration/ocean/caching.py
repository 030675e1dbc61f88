"""Results that are kept for one resync, in the cache of the hook that asks."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar, cast

from fairway.integration.caching.keys import key_of
from fairway.integration.ocean import current

_F = TypeVar("_F", bound=Callable[..., Any])


def cache_iterator_result() -> Callable[[_F], _F]:
    """Of async generators; ``self`` is not part of the name."""

    def decorate(function: _F) -> _F:
        own = _is_method(function)

        @functools.wraps(function)
        async def pages(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            cache = current.context("cache_iterator_result").cache
            name = key_of(function, args[own:], kwargs)
            async for page in cache.pages(name, lambda: function(*args, **kwargs)):
                yield page

        return cast(_F, pages)

    return decorate


def cache_coroutine_result() -> Callable[[_F], _F]:
    """Of coroutine functions; ``self`` is not part of the name."""

    def decorate(function: _F) -> _F:
        own = _is_method(function)

        @functools.wraps(function)
        async def call(*args: Any, **kwargs: Any) -> Any:
            cache = current.context("cache_coroutine_result").cache
            made: Callable[[], Awaitable[Any]] = lambda: function(*args, **kwargs)  # noqa: E731 typed
            return await cache.result(key_of(function, args[own:], kwargs), made)

        return cast(_F, call)

    return decorate


def _is_method(function: Callable[..., Any]) -> int:
    """1 when the first argument is the object, which names nothing."""
    first = next(iter(inspect.signature(function).parameters), "")
    return int(first in ("self", "cls"))

"""Functions whose results are kept."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from fairway.integration.caching.cache import Cache
from fairway.integration.caching.keys import key_of

_P = ParamSpec("_P")
_T = TypeVar("_T")
Key = Callable[..., str]


class HasCache(Protocol):
    """A hook's context, or a client that keeps it."""

    @property
    def cache(self) -> Cache:
        """Where results are kept."""
        ...


_O = TypeVar("_O", bound=HasCache)
_Function = Callable[Concatenate[_O, _P], Coroutine[Any, Any, _T]]
_Generator = Callable[Concatenate[_O, _P], AsyncIterator[_T]]


def cached(
    *, key: Key | None = None, seconds: float | None = None
) -> Callable[[_Function[_O, _P, _T]], _Function[_O, _P, _T]]:
    """Keeps what a coroutine function returns. Its first argument is a :class:`HasCache`, and not part of the name;
    ``key`` makes a name of the others where they have no stable form themselves."""

    def decorate(function: _Function[_O, _P, _T]) -> _Function[_O, _P, _T]:
        @functools.wraps(function)
        async def call(owner: _O, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
            name = _name(function, key, args, kwargs)
            found: _T = await owner.cache.result(name, lambda: function(owner, *args, **kwargs), seconds=seconds)
            return found

        return call

    return decorate


def cached_pages(
    *, key: Key | None = None, seconds: float | None = None
) -> Callable[[_Generator[_O, _P, _T]], _Generator[_O, _P, _T]]:
    """As :func:`cached` for async generators of pages."""

    def decorate(function: _Generator[_O, _P, _T]) -> _Generator[_O, _P, _T]:
        @functools.wraps(function)
        async def call(owner: _O, /, *args: _P.args, **kwargs: _P.kwargs) -> AsyncIterator[_T]:
            name = _name(function, key, args, kwargs)
            async for page in owner.cache.pages(name, lambda: function(owner, *args, **kwargs), seconds=seconds):
                yield page

        return call

    return decorate


def _name(function: Callable[..., Any], key: Key | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    if key is None:
        return key_of(function, args, kwargs)
    return f"{function.__module__}.{function.__qualname__}:{key(*args, **kwargs)}"

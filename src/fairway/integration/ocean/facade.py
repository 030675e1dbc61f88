"""``ocean``: registration, and the settings of the integration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from fairway.integration.definition import Context
from fairway.integration.ocean import current
from fairway.integration.ocean.webhooks import AbstractWebhookProcessor, adapted

_F = TypeVar("_F", bound=Callable[..., Any])
_OFFERED = "on_start, on_resync, on_resync_start, on_resync_complete, on_incremental_resync, add_webhook_processor"


class _App:
    """``ocean.app``."""

    @property
    def base_url(self) -> str | None:
        """The public URL of the process."""
        return current.context("ocean.app.base_url").base_url

    @property
    def cache_provider(self) -> Any:
        """The cache of the hooks."""
        return current.context("ocean.app.cache_provider").cache


class Ocean:
    """There is one, as a name; what it stands for depends on who uses it."""

    app = _App()

    @property
    def integration_config(self) -> dict[str, Any]:
        """The integration's own settings, names in snake case.

        Raises:
            InvalidRequest: no hook runs.
        """
        found = current.context("ocean.integration_config").config
        if isinstance(found, BaseModel):
            return found.model_dump()
        return dict(found) if isinstance(found, Mapping) else {}

    def on_start(self) -> Callable[[_F], _F]:
        """See :meth:`Integration.on_start`; the function takes nothing."""
        return _plain(current.registry().integration.on_start())

    def on_resync_start(self) -> Callable[[_F], _F]:
        """See :meth:`Integration.on_resync_start`; the function takes nothing."""
        return _plain(current.registry().integration.on_resync_start())

    def on_resync_complete(self) -> Callable[[_F], _F]:
        """See :meth:`Integration.on_resync_complete`; the function takes nothing."""
        return _plain(current.registry().integration.on_resync_complete())

    def on_resync(self, kind: str | None = None) -> Callable[[_F], _F]:
        """See :meth:`Integration.on_resync`; the function takes the kind."""
        return _of_kind(current.registry().integration.on_resync(kind))

    def on_incremental_resync(self, kind: str | None = None) -> Callable[[_F], _F]:
        """See :meth:`Integration.on_incremental_resync`; the function takes the kind."""
        return _of_kind(current.registry().integration.on_incremental_resync(kind))

    def add_webhook_processor(self, path: str, processor: type[AbstractWebhookProcessor]) -> None:
        """See :meth:`Integration.webhook`."""
        current.registry().integration.webhook(path, adapted(processor))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"`ocean.{name}` is not offered; of registrations there are {_OFFERED}")


def _plain(register: Callable[[Any], Any]) -> Callable[[_F], _F]:
    def decorate(function: _F) -> _F:
        async def hook(context: Context) -> Any:
            return await current.bound(context, function)

        hook.__name__ = getattr(function, "__name__", "hook")
        register(hook)
        return function

    return decorate


def _of_kind(register: Callable[[Any], Any]) -> Callable[[_F], _F]:
    def decorate(function: _F) -> _F:
        def handler(context: Context) -> Any:
            return current.bound(context, lambda: function(context.kind))

        register(handler)
        return function

    return decorate


ocean = Ocean()

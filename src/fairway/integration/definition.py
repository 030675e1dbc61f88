"""What an integration's ``main.py`` makes: one :class:`Integration` with its hooks. Nothing is global.

Contract: sections 7.2, 11 and 15.7. Every hook gets one :class:`Context`, instead of ambient objects (4.3).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel
from structlog.typing import FilteringBoundLogger

from fairway.integration.model import RawItem, Resource, Trigger
from fairway.kit.clock import Clock

if TYPE_CHECKING:
    from fairway.integration.actions import Executor, Runs
    from fairway.integration.background import Background
    from fairway.integration.caching import Cache
    from fairway.integration.http import ThirdPartyHttp, TokenSource


@dataclass(slots=True)
class Context:
    """Everything a hook may use."""

    integration: Integration
    config: Any
    """The integration's own settings: an instance of its config model, or a mapping when it has none."""
    trigger: Trigger
    http: ThirdPartyHttp
    cache: Cache
    clock: Clock
    log: FilteringBoundLogger
    resource: Resource | None = None
    """The entry of the mapping that is being fetched; ``None`` outside of resyncs and live events."""
    selector: Any = None
    """Its selector: an instance of the kind's selector model, or a mapping when it has none."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the run is being given up; long loops look at it."""
    cursor: datetime | None = None
    """Incremental resyncs: changes since this instant are wanted."""
    oauth_token: TokenSource | None = None
    """That of ``OAUTH_ACCESS_TOKEN_FILE_PATH``, for the ``token`` of an HTTP view; ``None`` when it is not set."""
    base_url: str | None = None
    """The public URL of the process; ``None`` when live events cannot arrive."""
    runs: Runs | None = None
    """Reports of action runs, for processors of events that tell how one ended; ``None`` when there are no actions."""

    @property
    def kind(self) -> str | None:
        """The kind of :attr:`resource`."""
        return self.resource.kind if self.resource else None


Page = list[RawItem]
Handler = Callable[[Context], Awaitable[Page] | AsyncIterator[Page]]
"""``async def`` that returns a list, or an async generator that yields one list per page."""
Hook = Callable[[Context], Awaitable[None]]
Probe = Callable[[Context], Awaitable[Any]]

_H = TypeVar("_H", bound=Callable[[Context], Any])
_B = TypeVar("_B", bound="Background")
_E = TypeVar("_E", bound="type[Executor]")


class Integration:
    """One per integration. Decorators register hooks and return the function unchanged.

    ``name`` is the integration type; ``None`` takes the project's name. ``config_model`` replaces the model that the
    framework makes of the spec's ``configurations``. ``selectors`` are the typed selectors by kind; that of ``*``
    is for kinds that have none of their own. ``check`` is called before the portal or the third party
    hear of anything, and raises a :class:`~fairway.kit.errors.FairwayError` where the settings make no sense together;
    a client that does so when it is made is one.
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        config_model: type[BaseModel] | None = None,
        selectors: Mapping[str, type[BaseModel]] | None = None,
        check: Callable[[Context], object] | None = None,
    ) -> None:
        self.name = name
        self.check: Callable[[Context], object] = check or _agreed
        self.config_model = config_model
        self.selectors: Mapping[str, type[BaseModel]] = dict(selectors or {})
        self.start_hooks: list[Hook] = []
        self.resync_start_hooks: list[Hook] = []
        self.resync_complete_hooks: list[Hook] = []
        self.probes: list[Probe] = []
        self.webhooks: list[tuple[str, type[Any]]] = []
        """Path, without slashes at its ends, and processor class, in order of registration."""
        self.streams: list[tuple[str, type[Any]]] = []
        """As ``webhooks``, of the events that background hooks emit."""
        self.backgrounds: list[tuple[str, Background]] = []
        """Name and hook."""
        self.actions: dict[str, type[Executor]] = {}
        """Executors by the name of their action."""
        self._handlers: list[tuple[str | None, Handler]] = []
        self._incremental: list[tuple[str | None, Handler]] = []

    def on_start(self) -> Callable[[_H], _H]:
        """Awaited before the first sync."""
        return _into(self.start_hooks)

    def on_resync(self, kind: str | None = None) -> Callable[[_H], _H]:
        """Fetches the items of ``kind``, or of every kind; see :data:`Handler`."""
        return _handler_into(self._handlers, kind)

    def on_resync_start(self) -> Callable[[_H], _H]:
        """One after the other, before the first kind."""
        return _into(self.resync_start_hooks)

    def on_resync_complete(self) -> Callable[[_H], _H]:
        """After a resync in which everything succeeded."""
        return _into(self.resync_complete_hooks)

    def on_incremental_resync(self, kind: str | None = None) -> Callable[[_H], _H]:
        """Fetches what changed since ``context.cursor`` (section 11)."""
        return _handler_into(self._incremental, kind)

    def on_probe(self) -> Callable[[_H], _H]:
        """Tells whether the third party can be reached and read."""
        return _into(self.probes)

    def webhook(self, path: str, processor: type[Any]) -> None:
        """Events posted to ``/integration/{path}`` go to ``processor``; several may share a path."""
        self.webhooks.append((path.strip("/"), processor))

    def background(self, name: str | None = None) -> Callable[[_B], _B]:
        """Runs beside resyncs until the process ends, such as a watch; see ``integration.background``. ``/status``
        shows it by ``name``, which is the function's when it is not given."""

        def register(hook: _B) -> _B:
            self.backgrounds.append((name or str(getattr(hook, "__name__", "background")), hook))
            return hook

        return register

    def stream(self, name: str, processor: type[Any]) -> None:
        """Events that background hooks emit to ``name`` go to ``processor``. Nobody can send any from outside."""
        self.streams.append((name, processor))

    def action(self, executor: _E) -> _E:
        """Carries out an action of the portal; see ``integration.actions.Executor``. Also a class decorator. Its
        ``webhook`` is registered, too.

        Raises:
            ValueError: another executor has its name.
        """
        if executor.name in self.actions:
            raise ValueError(f'Two executors carry out the action "{executor.name}"')
        self.actions[executor.name] = executor
        if executor.webhook is not None:
            self.webhook(executor.webhook_path, executor.webhook)
        return executor

    def handlers(self, kind: str) -> Sequence[Handler]:
        """Those of the kind, then those of every kind (section 7.2); none when the kind is not served."""
        return _of_kind(self._handlers, kind)

    def incremental_handlers(self, kind: str) -> Sequence[Handler]:
        """As :meth:`handlers`, of ``on_incremental_resync``."""
        return _of_kind(self._incremental, kind)

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that handlers name."""
        return frozenset(kind for kind, _ in self._handlers if kind is not None)

    @property
    def served(self) -> frozenset[str] | None:
        """The kinds a mapping may use: :attr:`kinds`, or ``None`` for any, when a handler serves every kind."""
        return None if any(kind is None for kind, _ in self._handlers) else self.kinds

    def selector_of(self, resource: Resource) -> Any:
        """The selector of a resource as its hook gets it.

        Raises:
            pydantic.ValidationError: it does not fit its model; ``parse_config`` leaves no such resource.
        """
        model = self.selectors.get(resource.kind) or self.selectors.get("*")
        return resource.selector if model is None else model.model_validate(resource.selector)


def _agreed(_: Context) -> None:
    """Any settings that fit the model will do."""


def _into(hooks: list[Callable[[Context], Awaitable[Any]]]) -> Callable[[_H], _H]:
    def register(hook: _H) -> _H:
        hooks.append(hook)
        return hook

    return register


def _handler_into(handlers: list[tuple[str | None, Handler]], kind: str | None) -> Callable[[_H], _H]:
    def register(handler: _H) -> _H:
        handlers.append((kind, handler))
        return handler

    return register


def _of_kind(handlers: Sequence[tuple[str | None, Handler]], kind: str) -> list[Handler]:
    own = [handler for name, handler in handlers if name == kind]
    return own + [handler for name, handler in handlers if name is None]

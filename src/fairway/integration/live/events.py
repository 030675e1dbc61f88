"""Takes events in, and handles them: several at once, in order per key (contract section 9)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from fairway.integration.definition import Context
from fairway.integration.live.journal import Journal, JournalledEvent
from fairway.integration.live.outcome import ItemsFailed, LiveMapping, LiveWriter, Outcome
from fairway.integration.live.processor import Processor, WebhookEvent
from fairway.integration.mapping.compiled import CompiledResource
from fairway.integration.model import Resource
from fairway.kit.errors import InvalidRequest, MalformedBody, NotFound, Unauthorized
from fairway.kit.jsonio import parse_body
from fairway.kit.logs import get_logger

log = get_logger(__name__)
_SECRET = ("authorization", "cookie", "token", "secret", "signature", "password", "api-key")
_STREAM = "stream:"
"""In front of names of streams, where webhooks have their path."""
_LOOK_SECONDS = 0.5
"""How often events whose pause is over are looked for when none arrive."""


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """Figures."""

    workers: int = 4
    """Events handled at once."""
    seconds: float = 90.0
    """For one processor and event (``MAX_EVENT_PROCESSING_SECONDS``)."""


class LiveEvents:
    """Args:
    processors: path and class, as of ``Integration.webhooks``.
    context_of: the context of a resource, or of none while an event is taken in.
    mapping: the mapping of now.
    streams: name and class, as of ``Integration.streams``.
    """

    def __init__(
        self,
        journal: Journal,
        processors: Sequence[tuple[str, type[Processor]]],
        context_of: Callable[[Resource | None], Context],
        mapping: Callable[[], Awaitable[LiveMapping]],
        writer: LiveWriter,
        settings: LiveSettings | None = None,
        streams: Sequence[tuple[str, type[Processor]]] = (),
    ) -> None:
        self._journal = journal
        self._processors = list(processors)
        self._streams = [(_STREAM + name, each) for name, each in streams]
        self._context_of = context_of
        self._mapping = mapping
        self._writer = writer
        self._settings = settings or LiveSettings()
        self._busy: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._wake = asyncio.Event()

    async def receive(self, path: str, headers: Mapping[str, str], body: bytes) -> int | None:
        """Takes an event in; when it returns the sender may be answered 202. The number in the journal; ``None`` when
        no processor wants it.

        Raises:
            NotFound: no processor listens to the path.
            MalformedBody: the body is no JSON (400).
            Unauthorized: nobody who wants it accepts the sender (401).
            JournalFull: too many wait (429).
        """
        path = path.strip("/")
        own = [each for at, each in self._processors if at == path]
        if not own:
            raise NotFound(f'No processor listens to "{path}"')
        lowered = {name.lower(): value for name, value in headers.items()}
        event = WebhookEvent(path, lowered, parse_body(body), body)
        accepted, key = await self._accepted(own, event)
        if not accepted:
            log.info("live_event_unsupported", path=path)
            return None
        kept = {name: value for name, value in lowered.items() if not any(word in name for word in _SECRET)}
        number = await self._journal.add(path, key, accepted, kept, body)
        self._wake.set()
        return number

    async def emit(self, stream: str, payload: Any) -> int | None:
        """As :meth:`receive`, of an event that the process itself has heard of; nobody has to be authenticated.

        Raises:
            NotFound: no processor is registered for the stream.
            MalformedBody: the payload is no JSON, or a processor finds it wrong.
            JournalFull: too many wait.
        """
        path = _STREAM + stream
        own = [each for at, each in self._streams if at == path]
        if not own:
            raise NotFound(f'No processor is registered for the stream "{stream}"')
        try:
            body = orjson.dumps(payload)
        except (orjson.JSONEncodeError, RecursionError) as error:
            raise MalformedBody(f'An event of the stream "{stream}" is no JSON: {error}') from None
        event = WebhookEvent(path, {}, payload, body)
        names, key = await self._accepted(own, event)
        if not names:
            return None
        number = await self._journal.add(path, key, names, {}, body)
        self._wake.set()
        return number

    async def mapping(self) -> LiveMapping:
        """That of now.

        Raises:
            FairwayError: the portal does not tell.
        """
        return await self._mapping()

    async def run(self, stop: asyncio.Event) -> None:
        """Handles events until ``stop``; those under way are finished."""
        while not stop.is_set():
            self._wake.clear()
            room = self._settings.workers - len(self._busy)
            for event in await self._journal.due(set(self._busy), room) if room else ():
                self._begin(event)
            await _first_of(self._wake, stop, _LOOK_SECONDS)
        await asyncio.gather(*self._busy.values())

    async def handle_due(self) -> int:
        """Handles what is due, one after the other, for whoever wants to see failures; how many there were.

        Raises:
            Exception: what went wrong; the event stays in the journal.
        """
        count = 0
        while found := await self._journal.due((), 1):
            await self._handle(found[0])
            await self._journal.done(found[0])
            count += 1
        return count

    def _begin(self, event: JournalledEvent) -> None:
        key = (event.path, event.key)

        def ended(_: asyncio.Task[None]) -> None:
            del self._busy[key]
            self._wake.set()

        task = asyncio.create_task(self._attempt(event))
        self._busy[key] = task
        task.add_done_callback(ended)

    async def _accepted(self, own: Sequence[type[Processor]], event: WebhookEvent) -> tuple[list[str], str]:
        names: list[str] = []
        key = ""
        refusal: Unauthorized | MalformedBody | None = None
        for each in own:
            processor = self._made(each, event, None)
            if not await processor.should_process_event(event):
                continue
            if not await processor.authenticate(event.payload, event.headers):
                refusal = refusal or Unauthorized(f'The event for "{event.path}" is not authentic')
            elif not await processor.validate_payload(event.payload):
                refusal = refusal or MalformedBody(f'The payload for "{event.path}" is not as expected')
            else:
                key = key or processor.ordering_key(event)
                names.append(each.__qualname__)
        if refusal is not None and not names:
            raise refusal
        return names, key

    async def _attempt(self, event: JournalledEvent) -> None:
        try:
            await self._handle(event)
        except Exception as error:  # noqa: BLE001 an author's code raises anything: the event waits
            final = isinstance(error, ItemsFailed)
            dead = await self._journal.failed(event, f"{type(error).__name__}: {error}", final=final)
            log.warning("live_event_failed", id=event.id, path=event.path, given_up=dead, error=str(error))
        else:
            await self._journal.done(event)

    async def _handle(self, kept: JournalledEvent) -> None:
        event = WebhookEvent(kept.path, kept.headers, parse_body(kept.body), kept.body)
        known = [*self._processors, *self._streams]
        own = [each for at, each in known if at == kept.path and each.__qualname__ in kept.processors]
        if len(own) < len(kept.processors):
            raise InvalidRequest(f"Processors {list(kept.processors)} of the event are not all registered any more")
        mapping, outcome = await self._mapping(), Outcome()
        for each in own:
            await self._act(self._made(each, event, None))
            kinds = await self._made(each, event, None).get_matching_kinds(event)
            for kind in kinds:
                if kind in mapping.broken:
                    raise InvalidRequest(f'The mapping of "{kind}" is wrong: {mapping.broken[kind]}')
            for resource in mapping.resources:
                if resource.resource.kind in kinds:
                    await self._process(self._made(each, event, resource.resource), resource, outcome)
        await outcome.write(self._writer, mapping.config)

    async def _act(self, processor: Processor) -> None:
        try:
            async with asyncio.timeout(self._settings.seconds):
                await processor.handle_action(processor.event.payload)
        except TimeoutError:
            await processor.cancel()
            raise
        except Exception as error:  # the hook sees whatever it is; the event is tried again
            await processor.on_error(error)
            raise

    async def _process(self, processor: Processor, resource: CompiledResource, outcome: Outcome) -> None:
        try:
            async with asyncio.timeout(self._settings.seconds):
                await processor.before_processing()
                results = await processor.handle_event(processor.event.payload, resource.resource)
                await processor.after_processing()
        except TimeoutError:
            await processor.cancel()
            raise
        except Exception as error:  # the hook sees whatever it is; the event is tried again
            await processor.on_error(error)
            raise
        await outcome.add(resource, results)

    def _made(self, each: type[Processor], event: WebhookEvent, resource: Resource | None) -> Processor:
        processor = each(self._context_of(resource))
        processor.event = event
        return processor


async def _first_of(one: asyncio.Event, other: asyncio.Event, seconds: float) -> None:
    waits = [asyncio.create_task(each.wait()) for each in (one, other)]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()

"""Messages of many deliveries published together: the brokers answer a batch as fast as a single message."""

from __future__ import annotations

import asyncio

from fairway.kit.kafka import KafkaPublisher, Message


class Batches:
    """While one batch is on its way, the next one gathers. Deliveries are bounded, so batches are."""

    def __init__(self, publisher: KafkaPublisher) -> None:
        self._publisher = publisher
        self._waiting: list[tuple[Message, asyncio.Future[bool]]] = []
        self._task: asyncio.Task[None] | None = None

    async def publish(self, message: Message) -> bool:
        """Returns when the brokers have stored the message; false when they refuse it for good.

        Raises:
            Unavailable: the brokers do not answer; the message may have arrived.
        """
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((message, stored))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return await stored

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            await self._send(batch)

    async def _send(self, batch: list[tuple[Message, asyncio.Future[bool]]]) -> None:
        try:
            refused = {id(each) for each in await self._publisher.publish([message for message, _ in batch])}
        except Exception as error:  # noqa: BLE001 whoever waits for the batch is told, each by itself
            for _, stored in batch:
                if not stored.done():
                    stored.set_exception(error)
            return
        for message, stored in batch:
            if not stored.done():
                stored.set_result(id(message) not in refused)

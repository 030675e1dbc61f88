"""Picks the backend of an order. Whatever comes back is free of secrets, and never an exception but the one that says
"later"."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

from fairway.portal.runs.delivery.base import Backend, Follower, Order, Refused, Undelivered
from fairway.portal.runs.delivery.crowd import Crowd
from fairway.portal.runs.delivery.own import OwnOrigins
from fairway.portal.runs.model import Finish
from fairway.portal.runs.rendering.scrub import Scrubber

NOT_DELIVERED = "Not delivered"


class Backends:
    """All of them. Workflow node runs are delivered here, too."""

    def __init__(
        self,
        by_kind: Mapping[str, Backend],
        *,
        own: Backend,
        kafka: Backend,
        origins: OwnOrigins,
        followers: Mapping[str, Follower],
        crowd: Crowd,
    ) -> None:
        self._by_kind = by_kind
        self._own = own
        self._kafka = kafka
        self._origins = origins
        self._followers = followers
        self._crowd = crowd

    def room(self, payload: Mapping[str, Any]) -> AbstractAsyncContextManager[None]:
        """A place at the receiver of a payload, real or masked; on entering it says ``RetryLater`` when that one has
        its hands full."""
        return self._crowd.room(_receiver(payload))

    async def deliver(self, order: Order) -> Finish:
        """Delivers an order; a refusal is the run's failure.

        Raises:
            Undelivered: it may be sent again, with the same id.
        """
        scrubber = order.scrubber
        try:
            return _clean(await self._backend(order).deliver(order), scrubber)
        except Refused as refused:
            return _clean(_failure(refused), scrubber)
        except Undelivered as error:
            raise Undelivered(scrubber.text(error.reason), error.retry_after) from None

    def follows(self, order: Order) -> bool:
        """Whether the work that was started can tell more by itself."""
        follower = self._follower(order)
        return follower is not None and follower.follows(order)

    async def follow(self, order: Order) -> Finish | None:
        """What is new about started work; none when nothing is.

        Raises:
            Undelivered: ask again later.
            Refused: asking again will not help.
        """
        follower = self._follower(order)
        scrubber = order.scrubber
        try:
            found = None if follower is None else await follower.follow(order)
        except Undelivered as error:
            raise Undelivered(scrubber.text(error.reason), error.retry_after) from None
        except Refused as refused:
            raise Refused(scrubber.text(refused.reason), label=refused.label) from None
        return None if found is None else _clean(found, scrubber)

    def _backend(self, order: Order) -> Backend:
        if order.payload.get("agent") is True:
            return self._kafka
        if order.kind == "WEBHOOK" and order.payload["url"] in self._origins:
            return self._own
        return self._by_kind[order.kind]

    def _follower(self, order: Order) -> Follower | None:
        return None if order.payload.get("agent") is True else self._followers.get(order.kind)


def _receiver(payload: Mapping[str, Any]) -> str:
    """Who gets a payload, as far as deliveries get in each other's way."""
    if payload.get("agent") is True:
        return "KAFKA"
    if payload.get("type") != "WEBHOOK":
        return str(payload.get("type"))
    url = str(payload.get("url"))
    return "/".join(url.split("/", 3)[:3]).lower()


def _failure(refused: Refused) -> Finish:
    log = f"{refused.reason}: {refused.detail}" if refused.detail else refused.reason
    return Finish("FAILURE", label=refused.label or NOT_DELIVERED, summary=refused.reason, logs=(log,))


def _clean(finish: Finish, scrubber: Scrubber) -> Finish:
    return replace(
        finish,
        label=None if finish.label is None else scrubber.text(finish.label),
        summary=None if finish.summary is None else scrubber.text(finish.summary),
        link=None if finish.link is None else [scrubber.text(each) for each in finish.link],
        response=scrubber.value(finish.response),
        logs=tuple(scrubber.text(each) for each in finish.logs),
    )

"""``event`` and ``resource``: what the hook is about."""

from __future__ import annotations

from typing import Any

from fairway.integration.definition import Context
from fairway.integration.model import Trigger
from fairway.integration.ocean import current
from fairway.integration.ocean.models import ResourceConfig, resource_config_of

_TYPES = {Trigger.START: "resync", Trigger.LIVE: "http_request"}


class _Event:
    """What runs."""

    @property
    def event_type(self) -> str:
        """``resync``, ``http_request`` or ``start``."""
        context = current.context("event.event_type")
        if context.trigger is Trigger.START and context.resource is None:
            return "start"
        return _TYPES.get(context.trigger, "resync")

    @property
    def trigger_type(self) -> str:
        """``request``, ``machine`` or ``manual``."""
        trigger = current.context("event.trigger_type").trigger
        return {Trigger.MANUAL: "manual", Trigger.LIVE: "request", Trigger.REQUEST: "request"}.get(trigger, "machine")

    @property
    def aborted(self) -> bool:
        """Whether the run is being given up."""
        return current.context("event.aborted").stopping.is_set()

    @property
    def resource_config(self) -> ResourceConfig | None:
        """The entry of the mapping, with its typed selector."""
        return _config(current.context("event.resource_config"))


class _Resource:
    """The entry of the mapping that is fetched."""

    @property
    def resource_config(self) -> ResourceConfig | None:
        """As of ``event``."""
        return _config(current.context("resource.resource_config"))

    @property
    def kind(self) -> str | None:
        """Its kind."""
        return current.context("resource.kind").kind

    @property
    def index(self) -> int | None:
        """Its place in the mapping."""
        found = current.context("resource.index").resource
        return None if found is None else found.index


def _config(context: Context) -> ResourceConfig | None:
    return None if context.resource is None else resource_config_of(context.integration, context.resource)


event: Any = _Event()
"""``Any``, as integrations cast what they read from it."""
resource: Any = _Resource()

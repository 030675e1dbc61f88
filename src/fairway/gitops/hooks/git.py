"""The notice of a post-receive hook: ``url``, ``ref``, ``before``, ``after``, or ``changes`` with several of them."""

from __future__ import annotations

from fairway.gitops.hooks.event import HookEvent, RefChange
from fairway.gitops.hooks.fields import Fields


def read(name: str, delivery: str, fields: Fields) -> HookEvent:
    """The only event there is."""
    url = fields.need("url")
    changes = list(fields.each("changes")) or [fields]
    refs = tuple(RefChange(each.need("ref"), each.commit("before"), each.commit("after")) for each in changes)
    return HookEvent("push", name or "post-receive", delivery, url, url, refs)

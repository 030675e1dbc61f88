"""The template context of a run at rest: sealed, because inputs and entities may be nobody else's business."""

from __future__ import annotations

from dataclasses import fields

from fairway.kit.crypto import SecretBox
from fairway.kit.jsonio import dumps_text, loads
from fairway.portal.runs.model import Context


def seal_context(box: SecretBox, run_id: str, context: Context) -> str:
    """What the column ``context`` of a run holds."""
    document = {field.name: getattr(context, field.name) for field in fields(Context)}
    return box.seal(dumps_text(document), _place(run_id))


def open_context(box: SecretBox, run_id: str, sealed: str) -> Context:
    """The context that :func:`seal_context` was given.

    Raises:
        FairwayError: it was sealed for another run or under another key.
    """
    return Context(**loads(box.open(sealed, _place(run_id))))


def _place(run_id: str) -> str:
    return f"run:{run_id}"

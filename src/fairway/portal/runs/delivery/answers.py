"""Reading what a receiver answered: for the run's ``response``, and for its log."""

from __future__ import annotations

from typing import Any

from fairway.kit.errors import MalformedBody
from fairway.kit.http import Answer
from fairway.kit.jsonio import parse_body

_EXCERPT = 1_000
"""Characters of an answer that a log line quotes."""
_TEXT = 16_384
"""Characters of an answer that is no JSON."""


def response_of(answer: Answer) -> Any:
    """The body: JSON when it is, else text; none when it is empty. Long texts are cut."""
    if not answer.body.strip():
        return None
    found = json_of(answer)
    if found is not None:
        return found
    text = _text(answer)
    return text if len(text) <= _TEXT and not answer.truncated else f"{text[:_TEXT]}… (cut)"


def json_of(answer: Answer) -> Any:
    """The body as JSON, none when it is not (or null)."""
    if answer.truncated:
        return None
    try:
        return parse_body(answer.body)
    except MalformedBody:
        return None


def excerpt(answer: Answer) -> str:
    """The beginning of the body on one line, for people."""
    line = " ".join(_text(answer).split())
    return line if len(line) <= _EXCERPT else f"{line[:_EXCERPT]}…"


def _text(answer: Answer) -> str:
    return answer.body.decode("utf-8", "replace").replace("\0", "")

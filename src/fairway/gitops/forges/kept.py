"""Answers that a forge need not send again while nothing has changed."""

from __future__ import annotations

from collections import OrderedDict

from fairway.gitops.forges.answers import HttpAnswer

MOST_ANSWERS = 256
MOST_BYTES = 16 * 1024 * 1024

Key = tuple[str, str]
"""URL, and the media type that was asked for."""


class KeptAnswers:
    """Answers with their ETags, the least used thrown out first."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Key, HttpAnswer] = OrderedDict()
        self._bytes = 0

    def find(self, key: Key) -> HttpAnswer | None:
        """The last answer to this request."""
        if key in self._answers:
            self._answers.move_to_end(key)
        return self._answers.get(key)

    def keep(self, key: Key, answer: HttpAnswer) -> None:
        """Remembers an answer, if it is whole and can be asked about."""
        if "etag" not in answer.headers or answer.truncated:
            return
        old = self._answers.pop(key, None)
        self._bytes += len(answer.body) - (len(old.body) if old is not None else 0)
        self._answers[key] = answer
        while self._answers and (len(self._answers) > MOST_ANSWERS or self._bytes > MOST_BYTES):
            _, dropped = self._answers.popitem(last=False)
            self._bytes -= len(dropped.body)

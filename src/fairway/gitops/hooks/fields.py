"""Values of an event's JSON, checked when they are taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fairway.kit.errors import InvalidRequest

_LONGEST = 4096


class Fields:
    """An object of an event; paths have dots."""

    def __init__(self, document: Mapping[str, Any], name: str) -> None:
        self._document = document
        self._name = name

    def get(self, path: str) -> Any:
        """Whatever is at ``path``, None for nothing."""
        value: Any = self._document
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def text(self, path: str) -> str | None:
        """A text or number as text; None when there is none."""
        value = self.get(path)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return value if isinstance(value, str) and 0 < len(value) <= _LONGEST else None

    def need(self, path: str) -> str:
        """As :meth:`text`.

        Raises:
            InvalidRequest: there is none.
        """
        found = self.text(path)
        if found is None:
            raise InvalidRequest(f'The event "{self._name}" has no "{path}"')
        return found

    def commit(self, path: str) -> str | None:
        """A commit id; None for the one of zeros, which means none."""
        found = self.text(path)
        return None if found is None or found.strip("0") == "" else found

    def each(self, path: str) -> Iterator[Fields]:
        """The objects of a list."""
        value = self.get(path)
        for item in value if isinstance(value, list) else ():
            if isinstance(item, dict):
                yield Fields(item, self._name)

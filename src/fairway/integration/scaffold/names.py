"""What an integration and the things in it are called."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass

from fairway.kit.errors import InvalidRequest

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Names:
    """``integration`` is the type, such as ``acme-tickets``; ``kind`` the first kind, such as ``ticket``."""

    integration: str
    kind: str = "item"

    def __post_init__(self) -> None:
        """Raises:
        InvalidRequest: one of them is no name.
        """
        _check("name of an integration", self.integration)
        _check("name of a kind", self.kind)

    @property
    def folder(self) -> str:
        """As Python wants it."""
        return self.integration.replace("-", "_")

    def fields(self) -> Mapping[str, str]:
        """What stands for ``{{name}}`` in the files."""
        return {
            "name": self.integration,
            "folder": self.folder,
            "title": _words(self.integration),
            "class": _joined(self.integration),
            "kind": self.kind,
            "kind_variable": self.kind.replace("-", "_"),
            "kind_constant": self.kind.replace("-", "_").upper(),
            "kind_title": _words(self.kind),
            "kind_class": _joined(self.kind),
            "blueprint": _lower_first(_joined(self.integration)) + _joined(self.kind),
        }


def _check(what: str, name: str) -> None:
    if _NAME.fullmatch(name) is None or len(name) > _LONGEST:
        raise InvalidRequest(
            f'"{name}" is no {what}: lower-case letters, digits and single hyphens, a letter first, at most '
            f'{_LONGEST}, such as "acme-tickets"'
        )
    if keyword.iskeyword(name):
        raise InvalidRequest(f'"{name}" is no {what}: Python keeps the word for itself')


def _words(name: str) -> str:
    return name.replace("-", " ").capitalize()


def _joined(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]

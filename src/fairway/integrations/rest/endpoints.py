"""The endpoints of an installation: those of the settings, each as a selector changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pydantic import ValidationError

from fairway.integration.manifest.config_model import ConfigModel
from fairway.integrations.rest.declaration import Declaration
from fairway.kit.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is fetched for a kind."""

    kind: str
    path: str
    declared: Declaration

    def wrong(self, what: str) -> InvalidRequest:
        """An error that says where."""
        return InvalidRequest(f'kind "{self.kind}" ({self.path}): {what}')


class Endpoints:
    """By kind."""

    def __init__(self, declared: Mapping[str, Declaration]) -> None:
        self._declared = declared

    @classmethod
    def of(cls, config: Any) -> Endpoints:
        """Those of an integration's settings.

        Raises:
            InvalidRequest: with everything that is wrong, by kind and key.
        """
        given = config.plain() if isinstance(config, ConfigModel) else dict(config)
        problems: list[str] = []
        declared: dict[str, Declaration] = {}
        for kind, value in (given.get("endpoints") or {}).items():
            try:
                declared[kind] = Declaration.model_validate(value)
            except ValidationError as error:
                problems += [_told(kind, found["loc"], found["msg"]) for found in error.errors(include_input=False)]
        endpoints = cls(declared)
        for kind in declared:
            try:
                endpoints.resolve(kind)
            except InvalidRequest as error:
                problems.append(error.message)
        if problems:
            raise InvalidRequest("; ".join(dict.fromkeys(problems)))
        return endpoints

    def resolve(self, kind: str, selector: Declaration | None = None) -> Endpoint:
        """What is fetched for ``kind``; what the selector says comes before what is declared.

        Raises:
            InvalidRequest: there is no path, its parameters do not fit, or kinds feed one another in a circle.
        """
        declared = self._declared.get(kind, Declaration())
        if selector is not None:
            said = {name: getattr(selector, name) for name in selector.model_fields_set}
            declared = declared.model_copy(update=said)
        if declared.path is None:
            known = ", ".join(f'"{name}"' for name in sorted(self._declared)) or "none"
            raise InvalidRequest(
                f'kind "{kind}": it has no `path`, neither in the setting `endpoints` nor in its selector; '
                f"kinds of `endpoints`: {known}"
            )
        endpoint = Endpoint(kind, declared.path, declared)
        self._check(endpoint)
        return endpoint

    def feeds(self, kind: str) -> bool:
        """Whether other kinds need its items."""
        return any(each.parent == kind for each in self._declared.values())

    def _check(self, endpoint: Endpoint) -> None:
        if leaves_base(endpoint.path):
            raise endpoint.wrong("the path must stay below the base URL, without `.` and `..`")
        names, given = endpoint.declared.placeholders, endpoint.declared.path_parameters.keys()
        for name in sorted(names - given):
            raise endpoint.wrong(f'`pathParameters` does not say what "{{{name}}}" is')
        for name in sorted(given - names):
            raise endpoint.wrong(f'the path has no "{{{name}}}"')
        way = [endpoint.kind]
        while (parent := self._parent(way[-1], endpoint)) is not None:
            if parent not in self._declared:
                raise endpoint.wrong(f'its parameters are of the kind "{parent}", which `endpoints` lacks')
            way.append(parent)
            if parent in way[:-1]:
                raise endpoint.wrong("kinds need one another in a circle: " + " -> ".join(way))

    def _parent(self, kind: str, endpoint: Endpoint) -> str | None:
        return endpoint.declared.parent if kind == endpoint.kind else self._declared[kind].parent


def leaves_base(path: str) -> bool:
    """Whether a server or proxy might read another path than one below the base URL."""
    return any(part in (".", "..") for part in unquote(path).replace("\\", "/").split("/"))


def _told(kind: str, place: tuple[int | str, ...], message: str) -> str:
    at = ".".join(map(str, ("endpoints", kind, *place)))
    return f"`{at}`: {message.removeprefix('Value error, ')}"

"""Where an invocation belongs before it is executed: whether it is ours, after which others it comes, to which host it
goes. Mappings may decide all three."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from fairway.agent.execute import Executor
from fairway.agent.mapping.evaluate import match
from fairway.agent.mapping.mappings import BUILT_IN, Mappings
from fairway.agent.mapping.model import Entry
from fairway.agent.mapping.problems import MappingUndecided
from fairway.agent.messages.codec import json_text
from fairway.agent.messages.routing import type_of
from fairway.agent.model import Invocation


@dataclass(frozen=True, slots=True)
class Place:
    """An invocation with the key that its mapping asks for, and the host that its request goes to."""

    invocation: Invocation
    host: str


class Placer:
    """Asks the mappings that are in force."""

    def __init__(self, executor: Executor, gitlab_url: str) -> None:
        self._executor = executor
        self._gitlab = host_of(gitlab_url)

    async def place(self, invocation: Invocation) -> Place:
        """The invocation's place; what cannot be computed is as configured, and its execution says why."""
        host = self._gitlab if type_of(invocation.method) == "GITLAB" else host_of(invocation.method.get("url"))
        async with self._executor.mappings.held() as mappings:
            plain = all(entry.key_by is None and entry.url is None for entry in mappings.entries)
            if plain or mappings.where == BUILT_IN:
                return Place(invocation, host)
            entry = await _entry(mappings, invocation.message)
            if entry is None:
                return Place(invocation, host)
            programs = [program for program in (entry.key_by, entry.url) if program is not None]
            results = await mappings.engine.first_of_many(programs, invocation.message)
            found = dict(zip(map(id, programs), results, strict=True))
        key, url = found.get(id(entry.key_by)), found.get(id(entry.url))
        if key is not None and key.value is not None:
            invocation = replace(invocation, key=json_text(key.value))
        return Place(invocation, host if url is None else host_of(url.value))

    async def ours(self, invocation: Invocation) -> bool:
        """Whether a mapping applies; what is not known, because of an expression that fails, is ours to report."""
        async with self._executor.mappings.held() as mappings:
            try:
                entry, verdicts = await match(mappings.engine, mappings.entries, invocation.message)
            except MappingUndecided:
                return True
            return entry is not None or any(each.failed for each in verdicts)


def host_of(url: Any) -> str:
    """Host and port of a URL, empty when there are none."""
    if not isinstance(url, str):
        return ""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


async def _entry(mappings: Mappings, message: Mapping[str, Any]) -> Entry | None:
    try:
        return (await match(mappings.engine, mappings.entries, message))[0]
    except MappingUndecided:
        return None

"""``OCEAN__`` variables of the process and of ``.env`` (contract 3.1 rule 2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fairway.integration.settings.names import path_of, snake, variable
from fairway.integration.settings.problems import SettingProblem
from fairway.integration.settings.tree import CONFIG, Source, put

GROUPS = frozenset({
    ("port",), ("integration",), CONFIG, ("event_listener",), ("metrics",), ("streaming",), ("actions_processor",),
    ("live_events",), ("live_events", "redis"), ("ssl",), ("ssl", "port"), ("ssl", "third_party"),
    ("ssl", "port", "x509"), ("ssl", "third_party", "x509"), ("identity_propagation",), ("application",),
})  # fmt: skip


def read_environment(name: str, environment: Mapping[str, str]) -> Source:
    """The tree of a set of variables. Empty ones count as absent, except the integration's own."""
    source = Source(name)
    found = [(path, value) for key, value in environment.items() if (path := path_of(key)) is not None]
    # A group's JSON comes before its single keys, which override it.
    for path, value in sorted(found, key=lambda pair: len(pair[0])):
        if path in GROUPS:
            _put_group(source, path, value)
        elif value or path[:2] == CONFIG:
            # Deeper than a setting of the integration there is no nesting: its name may hold "__".
            put(source.tree, path if path[:2] != CONFIG else (*CONFIG, "__".join(path[2:])), value)
    return source


def _put_group(source: Source, path: tuple[str, ...], value: str) -> None:
    if not value.strip():
        return
    try:
        group = json.loads(value)
    except ValueError:
        group = None
    if isinstance(group, dict):
        for name, inner in normalised(group, path).items():
            put(source.tree, (*path, name), inner)
    else:
        rule = 'must be a JSON object, such as {"key": "value"}, or be given key by key'
        source.problems.append(SettingProblem(variable(path), rule, source.name))


def normalised(group: Mapping[str, Any], at: tuple[str, ...] = ()) -> dict[str, Any]:
    """The group with snake-case names; values of the integration's own settings stay as they are."""
    found: dict[str, Any] = {}
    for key, value in group.items():
        place = (*at, snake(str(key)))
        nested = isinstance(value, Mapping) and at != CONFIG
        found[place[-1]] = normalised(value, place) if nested else value
    return found

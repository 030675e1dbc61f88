"""What a workflow must look like to be stored (contract 7.6)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from fairway.jq import Engine, JqSyntaxError
from fairway.kit.errors import InvalidRequest
from fairway.portal.actions.definition.expressions import Findings
from fairway.portal.http.requests import optional, require
from fairway.portal.workflows.configs import check_config
from fairway.portal.workflows.model import BRANCHES, TRIGGERS, TYPES, connections_of, nodes_of, outlet_of, outlets_of

STAMPS = ("id", "createdAt", "createdBy", "updatedAt", "updatedBy", "versionIdentifier")
"""Keys of answers that are not part of a definition."""
MAX_NODES = 200
_MAX_IDENTIFIER = 100
_TURN = 20
"""Compiled expressions between two turns of the event loop."""
_TEXTS = ("title", "icon", "description", "category")


def identifier_of(body: Mapping[str, Any]) -> str:
    """The identifier in a body.

    Raises:
        InvalidRequest: missing, too long, or with a slash.
    """
    return _identifier(require(dict(body), "identifier", str), "Workflow identifier")


async def document_of(engine: Engine, body: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a body that is stored and echoed.

    Raises:
        InvalidRequest: the definition does not hold; the message says where.
    """
    document = {key: value for key, value in body.items() if key not in STAMPS}
    for key in _TEXTS:
        optional(document, key, str)
    optional(document, "allowAnyoneToViewRuns", bool)
    nodes = require(document, "nodes", list)
    connections = document.setdefault("connections", [])
    if not isinstance(connections, list):
        raise InvalidRequest('"connections" in the body must be an array')
    found = Findings()
    _check_nodes(found, nodes)
    for at, connection in enumerate(connections):
        _check_connection(document, connection, f"connections[{at}]")
    _check_acyclic(document)
    await _compile(engine, found)
    return document


def _check_nodes(found: Findings, nodes: Sequence[Any]) -> None:
    if not 0 < len(nodes) <= MAX_NODES:
        raise InvalidRequest(f"A workflow must have 1 to {MAX_NODES} nodes, not {len(nodes)}")
    seen: set[str] = set()
    for at, node in enumerate(nodes):
        where = f"nodes[{at}]"
        if not isinstance(node, dict):
            raise InvalidRequest(f"{where} must be an object")
        identifier = _identifier(require(node, "identifier", str, where=where), f"Node identifier in {where}")
        if identifier in seen:
            raise InvalidRequest(f'Node identifier "{identifier}" is used more than once')
        seen.add(identifier)
        _check_node(found, node, identifier)
    if not any(node["config"]["type"] in TRIGGERS for node in nodes):
        raise InvalidRequest(f"A workflow needs a trigger node, one of {', '.join(TRIGGERS)}")


def _check_node(found: Findings, node: dict[str, Any], identifier: str) -> None:
    where = f'node "{identifier}"'
    for key in ("title", "icon", "description"):
        optional(node, key, str, where=where)
    optional(node, "variables", dict, where=where)
    optional(node, "verbose", bool, where=where)
    links = optional(node, "links", list, where=where)
    if links is not None and not all(isinstance(link, str | dict) for link in links):
        raise InvalidRequest(f'"links" in the {where} must hold strings')
    config = require(node, "config", dict, where=where)
    kind = require(config, "type", str, where=f"config of {where}")
    if kind not in TYPES:
        raise InvalidRequest(f'Type "{kind[:50]}" in the config of {where} must be one of {", ".join(TYPES)}')
    for key in ("variables", "links"):
        found.templates(node.get(key), f"{where}: {key}")
    check_config(found, identifier, kind, config)


def _check_connection(document: dict[str, Any], connection: Any, where: str) -> None:
    if not isinstance(connection, dict):
        raise InvalidRequest(f"{where} must be an object")
    nodes = nodes_of(document)
    ends = []
    for key in ("sourceIdentifier", "targetIdentifier"):
        name = require(connection, key, str, where=where)
        if name not in nodes:
            raise InvalidRequest(f'"{key}" in {where} names node "{name}", which does not exist')
        ends.append(nodes[name])
    source, target = ends
    if source is target:
        raise InvalidRequest(f'Node "{source.identifier}" cannot be connected to itself ({where})')
    if target.type in TRIGGERS:
        raise InvalidRequest(f'Node "{target.identifier}" is a trigger and cannot be the target of {where}')
    optional(connection, "description", str, where=where)
    optional(connection, "fallback", bool, where=where)
    for key in ("sourceOutletIdentifier", "sourceOptionIdentifier"):
        optional(connection, key, str, where=where)
    outlet = outlet_of(connection)
    if outlet is not None:
        known = [each["identifier"] for each in outlets_of(source.config)] if source.type in BRANCHES else []
        if outlet not in known:
            raise InvalidRequest(
                f'Outlet "{outlet}" of {where} is not one of node "{source.identifier}"; it has {known or "none"}'
            )


def _check_acyclic(document: dict[str, Any]) -> None:
    graph: dict[str, set[str]] = {}
    for connection in connections_of(document):
        graph.setdefault(connection.target, set()).add(connection.source)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        path = " -> ".join(f'"{name}"' for name in reversed(error.args[1]))
        raise InvalidRequest(f"The connections go in a circle: {path}") from None


async def _compile(engine: Engine, found: Findings) -> None:
    for number, each in enumerate(found.expressions):
        try:
            engine.compile(each.text)
        except JqSyntaxError as error:
            raise InvalidRequest(f"{each.where}: {error.message}", details=error.details) from None
        if number % _TURN == _TURN - 1:
            await asyncio.sleep(0)


def _identifier(value: str, what: str) -> str:
    if not 0 < len(value) <= _MAX_IDENTIFIER or "/" in value or value.strip() != value:
        raise InvalidRequest(f'{what} "{value[:80]}" must have 1 to {_MAX_IDENTIFIER} characters and no slash')
    return value

"""The tree of widgets of a page: dashboards and groupers hold further widgets."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from fairway.kit.errors import InvalidRequest, NotFound
from fairway.kit.ids import random_id

Widget = dict[str, Any]
_ROW_HEIGHT = 400
_FULL_WIDTH = 12


def check(widgets: list[Any]) -> None:
    """Each widget is an object with a ``type``; everything else about it is its own affair (contract 10.5)."""
    for number, widget in enumerate(widgets):
        if not isinstance(widget, dict) or not isinstance(widget.get("type"), str):
            raise InvalidRequest(f'widgets[{number}] must be an object with a string "type"')


def add(widgets: list[Widget], parent_id: str, widget: Widget) -> tuple[list[Widget], str]:
    """The widgets with ``widget`` inside the dashboard or grouper ``parent_id``, and the identifier it has."""
    tree = deepcopy(widgets)
    _, parent = _find(tree, parent_id)
    identifier = str(widget.get("id") or random_id("w_"))
    if any(other.get("id") == identifier for _, other in _walk(tree)):
        raise InvalidRequest(f'The page has a widget with id "{identifier}" already')
    _children_of(parent).append({"id": identifier, **widget})
    if isinstance(parent.get("layout"), list):
        parent["layout"].append({"height": _ROW_HEIGHT, "columns": [{"id": identifier, "size": _FULL_WIDTH}]})
    return tree, identifier


def merge(widgets: list[Widget], identifier: str, changes: Widget) -> list[Widget]:
    """The widgets with the keys of ``changes`` set on one of them; its id stays."""
    tree = deepcopy(widgets)
    siblings, widget = _find(tree, identifier)
    siblings[siblings.index(widget)] = {**widget, **changes, "id": widget["id"]}
    check(tree)
    return tree


def remove(widgets: list[Widget], identifier: str) -> list[Widget]:
    """The widgets without one of them, which leaves the layout of its dashboard too."""
    tree = deepcopy(widgets)
    siblings, widget = _find(tree, identifier)
    siblings.remove(widget)
    for _, other in _walk(tree):
        if isinstance(other.get("layout"), list):
            other["layout"] = _without(other["layout"], identifier)
    return tree


def _find(tree: list[Widget], identifier: str) -> tuple[list[Widget], Widget]:
    for siblings, widget in _walk(tree):
        if widget.get("id") == identifier:
            return siblings, widget
    raise NotFound(f'Widget with identifier "{identifier}" was not found')


def _walk(tree: list[Widget]) -> Iterator[tuple[list[Widget], Widget]]:
    """Every widget with the list that holds it; depth is bounded by what request bodies may nest."""
    for widget in list(tree):
        if isinstance(widget, dict):
            yield tree, widget
            for children in _child_lists(widget):
                yield from _walk(children)


def _child_lists(widget: Widget) -> list[list[Widget]]:
    groups = widget.get("groups")
    found = [group.get("widgets") for group in groups if isinstance(group, dict)] if isinstance(groups, list) else []
    return [children for children in (widget.get("widgets"), *found) if isinstance(children, list)]


def _children_of(parent: Widget) -> list[Widget]:
    lists = _child_lists(parent)
    if lists:
        return lists[-1]
    if parent.get("type") == "grouper":
        children: list[Widget] = []
        parent["groups"] = [{"title": "", "widgets": children}]
        return children
    if parent.get("type") == "dashboard-widget":
        return parent.setdefault("widgets", [])  # type: ignore[no-any-return]
    raise InvalidRequest(f'Widget "{parent["id"]}" of type "{parent.get("type")}" cannot hold other widgets')


def _without(layout: list[Any], identifier: str) -> list[Any]:
    kept = []
    for row in layout:
        columns = row.get("columns") if isinstance(row, dict) else None
        if not isinstance(columns, list):
            kept.append(row)
            continue
        rest = [column for column in columns if not (isinstance(column, dict) and column.get("id") == identifier)]
        if rest or not columns:
            kept.append({**row, "columns": rest})
    return kept

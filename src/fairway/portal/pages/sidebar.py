"""The order of the sidebar: folders nest by ``parent``, siblings follow each other by ``after``.

``after`` is kept as its writer sent it, because clients compare it with what they read back. Nothing is renumbered;
the order is derived. Another item's ``after`` changes only when it would otherwise point at nothing in its folder.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from fairway.kit.errors import InvalidRequest, NotFound

CATALOG = "catalog"


@dataclass(frozen=True, slots=True)
class Item:
    """A page or folder as the sidebar sees it."""

    identifier: str
    kind: str
    title: str | None
    parent: str | None
    after: str | None
    position: int
    page_id: str = ""


def in_order(items: Iterable[Item]) -> list[Item]:
    """Items as they are shown, every folder followed by what it holds. Items that name no ``after`` come in the order
    of their creation, each followed by those placed behind it, the latest first."""
    by_parent: dict[str | None, list[Item]] = defaultdict(list)
    found = list(items)
    folders = {item.identifier for item in found if item.kind == "folder"}
    for item in found:
        by_parent[item.parent if item.parent in folders else None].append(item)
    ordered: list[Item] = []
    stack = _siblings(by_parent[None])[::-1]
    while stack:
        item = stack.pop()
        ordered.append(item)
        if item.kind == "folder":
            stack.extend(_siblings(by_parent[item.identifier])[::-1])
    return ordered


def _siblings(items: list[Item]) -> list[Item]:
    names = {item.identifier for item in items}
    followers: dict[str | None, list[Item]] = defaultdict(list)
    for item in sorted(items, key=lambda each: each.position):
        followers[item.after if item.after in names else None].append(item)
    ordered: list[Item] = []
    stack = followers[None][::-1]
    while stack:
        item = stack.pop()
        ordered.append(item)
        stack.extend(followers[item.identifier])
    return ordered


def place(items: Mapping[str, Item], item: Item) -> list[Item]:
    """Puts ``item`` where its ``parent`` and ``after`` say; answers the other items that must change for it.

    Raises:
        NotFound: ``parent`` is no folder, or ``after`` is nothing at all, of the sidebar.
        InvalidRequest: ``after`` is in another folder, or the folder would be inside itself.
    """
    _check_parent(items, item)
    _check_after(items, item)
    before = items.get(item.identifier)
    if before is None:
        return []
    others = {name: other for name, other in items.items() if name != item.identifier}
    if before.parent != item.parent or _leads_to(others, item.after, item.identifier):
        return take_out(others, before)
    return []


def take_out(others: Mapping[str, Item], gone: Item) -> list[Item]:
    """What changes among ``others`` when ``gone`` leaves its place: its followers close the gap, in the same order."""
    return _close_gap(others, gone, [])


def dissolve(others: Mapping[str, Item], folder: Item) -> list[Item]:
    """What changes when a folder is deleted: its content stands in the folder's own place, in the same order."""
    return _close_gap(others, folder, _siblings([each for each in others.values() if each.parent == folder.identifier]))


def _close_gap(others: Mapping[str, Item], gone: Item, content: list[Item]) -> list[Item]:
    """The first item that is now shown in the place of ``gone`` takes that place; every other one that lost what it
    followed follows what is shown before it."""
    around = _siblings([gone, *(each for each in others.values() if each.parent == gone.parent)])
    names = {each.identifier for each in content}
    behind = around[around.index(gone) + 1 :]
    changed: list[Item] = []
    previous: Item | None = None
    for item in [*content, *behind]:
        inner = item.identifier in names
        moved = replace(item, parent=gone.parent)
        if (inner and item.after not in names) or (not inner and item.after == gone.identifier):
            place = (gone.after, gone.position) if previous is None else (previous.identifier, item.position)
            moved = replace(moved, after=place[0], position=place[1])
        if moved != item:
            changed.append(moved)
        previous = item
    return changed


def _check_parent(items: Mapping[str, Item], item: Item) -> None:
    if item.parent is None:
        return
    parent = items.get(item.parent)
    if parent is None or parent.kind != "folder":
        raise NotFound(f'Sidebar item with parent "{item.parent}" was not found')
    above: Item | None = parent
    for _ in range(len(items)):
        if above is None:
            return
        if above.identifier == item.identifier:
            raise InvalidRequest(f'Folder "{item.identifier}" cannot be placed inside itself ("{item.parent}")')
        above = items.get(above.parent) if above.parent else None


def _check_after(items: Mapping[str, Item], item: Item) -> None:
    if item.after is None:
        return
    sibling = items.get(item.after)
    if sibling is None:
        raise NotFound(f'Sidebar item with after "{item.after}" was not found')
    if item.after == item.identifier:
        raise InvalidRequest(f'"{item.identifier}" cannot be placed after itself', code="after_item_not_in_parent")
    if sibling.parent != item.parent:
        where = f'folder "{item.parent}"' if item.parent else "the top level of the sidebar"
        text = f'Sidebar item with after "{item.after}" is not in {where}'
        raise InvalidRequest(text, code="after_item_not_in_parent")


def _leads_to(items: Mapping[str, Item], start: str | None, goal: str) -> bool:
    """Whether following ``after`` from ``start`` meets ``goal``, which is not among ``items``."""
    name = start
    for _ in range(len(items) + 1):
        if name is None:
            return False
        if name == goal:
            return True
        item = items.get(name)
        name = item.after if item else None
    return False

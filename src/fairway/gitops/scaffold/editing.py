"""Changes a spec file as its author would: only the asked keys; comments, order and quotes stay. Contract 13."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import CommentMark, YAMLError
from ruamel.yaml.tokens import CommentToken

from fairway.gitops.model import EntityKey
from fairway.gitops.scaffold.locate import Layout, Place, child, is_alias, layout
from fairway.gitops.scaffold.merging import carry_over
from fairway.gitops.scaffold.model import CannotEdit, EntityChange, Value
from fairway.gitops.scaffold.writing import dump, key, prepared, rendered, scalar, writer

_BOM = "\ufeff"


class _Trailing(NamedTuple):
    """Comments and blank lines behind a value, and the column where the first begins."""

    text: str
    column: int


@dataclass(slots=True)
class Edited:
    """A file after a change. ``plan`` has a line for each key; without any the content is the old one."""

    content: bytes
    plan: list[str] = field(default_factory=list)


def has_definition(content: bytes, key: EntityKey) -> bool:
    """Whether the file defines the entity."""
    return key in layout(_decoded(content)).places


def edit(content: bytes | None, change: EntityChange) -> Edited:
    """The file with the change; None makes a new one.

    Raises:
        CannotEdit: it is no YAML, or what is to be changed is shared with other places through an alias.
    """
    if content is None:
        return Edited(rendered(change).encode(), ["new file", *_plan_of_new(change)])
    text = _decoded(content)
    windows = "\r\n" in text
    plain = text.replace("\r\n", "\n")
    found = layout(plain)
    place = found.places.get(change.key)
    if place is None:
        result, plan = _appended(plain, found, change), _plan_of_new(change)
    else:
        result, plan = _changed(plain, found, place, change)
    if not plan:
        return Edited(content)
    bom = _BOM if content.startswith(_BOM.encode()) else ""
    return Edited((bom + (result.replace("\n", "\r\n") if windows else result)).encode(), plan)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CannotEdit("The spec file is not UTF-8") from None


def _plan_of_new(change: EntityChange) -> list[str]:
    names = [*change.fields, *change.properties, *change.relations]
    return [f"create {change.key}" + (f" with {', '.join(names)}" if names else "")]


def _appended(text: str, found: Layout, change: EntityChange) -> str:
    """Behind everything else: an item of a list that ends the file, or else a document of its own."""
    body = rendered(change, found.indent, found.dash)
    if text and not text.endswith("\n"):
        text += "\n"
    roots = [root for root in found.roots if root is not None]
    last = roots[-1] if roots else None
    closed = any(line.rstrip() == "..." for line in text.splitlines()[-3:])
    if isinstance(last, yaml.SequenceNode) and not last.flow_style and last.value and not closed:
        margin = " " * last.start_mark.column
        first, *rest = body.splitlines()
        lines = [f"{margin}- {first}", *(f"{margin}  {line}" if line else "" for line in rest)]
        return text + "\n".join(lines) + "\n"
    empty = last is None or (not closed and _is_blank(last) and len(roots) == 1)
    return text + (body if empty else f"---\n{body}")


def _is_blank(node: yaml.Node) -> bool:
    """A document in which nothing is written."""
    return isinstance(node, yaml.ScalarNode) and node.start_mark.index == node.end_mark.index


def _changed(text: str, found: Layout, place: Place, change: EntityChange) -> tuple[str, list[str]]:
    text, replaced = _in_place(text, found, place, change)
    if replaced:
        found = layout(text)
        place = found.places[change.key]
    yaml_writer = writer(found.indent, found.dash)
    try:
        documents = list(yaml_writer.load_all(text))
        before = dump(yaml_writer, documents)
        document = documents[place.document]
        target = document if place.item is None else document[place.item]
        plan = _apply(target, found, place.node, change)
        if not plan:
            return text, replaced
        after = dump(yaml_writer, documents)
    except (YAMLError, KeyError, IndexError, TypeError, ValueError) as error:
        raise CannotEdit(f"The spec file cannot be changed without harm: {error}") from None
    lines = carry_over(_lines(text), _lines(before), _lines(after))
    merged = "".join(lines)
    return (merged if _same(merged, after) else after), replaced + plan


def _in_place(text: str, found: Layout, place: Place, change: EntityChange) -> tuple[str, list[str]]:
    """Puts single values where single values are, and touches nothing else; what was changed, for people."""
    spans: list[tuple[int, int, str]] = []
    plan: list[str] = []
    for node, name, value, prefix in _targets(found, place.node, change):
        old = child(node, name)
        simple = isinstance(old, yaml.ScalarNode) and old.style not in ("|", ">") and id(old) not in found.shared
        if old is None or not simple or isinstance(value, Mapping | list | tuple) or _equal(old, _loaded(old), value):
            continue
        start, end = old.start_mark.index, old.end_mark.index
        if start < end and text[start] not in "&!*":
            spans.append((start, end, scalar(value)))
            plan.append(f"{prefix}{name}: {_written(old)} -> {_shown(value)}")
    result = text
    for start, end, written in sorted(spans, reverse=True):
        result = result[:start] + written + result[end:]
    if spans and change.key not in layout(result).places:
        return text, []
    return result, plan


def _targets(
    found: Layout, node: yaml.MappingNode, change: EntityChange
) -> Iterator[tuple[yaml.MappingNode, str, Value, str]]:
    """Each key that is to be set, with the mapping it belongs into; not those that are shared."""
    if id(node) in found.shared:
        return
    for name, value in change.fields.items():
        yield node, name, value, ""
    for name, values in (("properties", change.properties), ("relations", change.relations)):
        inner = child(node, name)
        if isinstance(inner, yaml.MappingNode) and id(inner) not in found.shared:
            for key, value in values.items():
                yield inner, key, value, f"{name}."


def _loaded(node: yaml.Node) -> object:
    """A scalar's value as the writer would read it."""
    return writer().load(node.value) if isinstance(node, yaml.ScalarNode) and node.style is None else None


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _same(one: str, other: str) -> bool:
    """Whether two texts mean the same, by their nodes."""
    try:
        first = [_shape(root) for root in yaml.compose_all(one, Loader=yaml.SafeLoader)]
        second = [_shape(root) for root in yaml.compose_all(other, Loader=yaml.SafeLoader)]
    except yaml.YAMLError:
        return False
    blank = _shape(None)
    return [each for each in first if each != blank] == [each for each in second if each != blank]


def _shape(node: yaml.Node | None) -> object:
    if node is None or (isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")):
        return None
    if isinstance(node, yaml.MappingNode):
        return [(_shape(key), _shape(value)) for key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return ["list", *(_shape(each) for each in node.value)]
    return node.tag, node.value


def _apply(target: CommentedMap, found: Layout, node: yaml.MappingNode, change: EntityChange) -> list[str]:
    """Sets the keys in the writer's own form of the definition; what was changed, for people."""
    _require_own(found, node, str(change.key))
    plan = _set_all(target, found, node, change.fields, "")
    for name, values in (("properties", change.properties), ("relations", change.relations)):
        if not values:
            continue
        inner = child(node, name)
        if isinstance(inner, yaml.MappingNode):
            _require_own(found, inner, f'"{name}" of {change.key}')
            plan += _set_all(target[name], found, inner, values, f"{name}.")
        elif inner is None or (isinstance(inner, yaml.ScalarNode) and inner.tag.endswith(":null")):
            _insert(target, name, prepared(values))
            plan += [f"{name}.{key}: set to {_shown(value)}" for key, value in values.items()]
        else:
            raise CannotEdit(f'"{name}" of {change.key} is no mapping')
    return plan


def _require_own(found: Layout, node: yaml.Node, what: str) -> None:
    if id(node) in found.shared:
        raise CannotEdit(f"{what} is shared through an alias, so that other definitions would change with it")


def _set_all(
    target: CommentedMap, found: Layout, node: yaml.MappingNode, values: Mapping[str, Value], prefix: str
) -> list[str]:
    plan = []
    for name, value in values.items():
        old = child(node, name)
        if old is not None and _equal(old, target.get(name), value):
            continue
        if old is None:
            plan.append(f"{prefix}{name}: set to {_shown(value)}")
        else:
            if name not in target:
                raise CannotEdit(f'"{prefix}{name}" is written as a number or another value that is no name')
            if id(old) in found.shared and not is_alias(node, name):
                raise CannotEdit(f'"{prefix}{name}" has an anchor, and aliases refer to it')
            plan.append(f"{prefix}{name}: {_written(old)} -> {_shown(value)}")
        _insert(target, name, prepared(value))
    return plan


def _equal(old: yaml.Node, loaded: object, value: Value) -> bool:
    """Strings by the text as it is written, because the blueprint may want a string where YAML sees a number."""
    if isinstance(value, str):
        is_null = isinstance(old, yaml.ScalarNode) and old.tag.endswith(":null")
        return isinstance(old, yaml.ScalarNode) and not is_null and old.value == value
    if isinstance(value, bool) or isinstance(loaded, bool):
        return loaded is value
    return bool(loaded == value) and (loaded is None) == (value is None)


def _shown(value: Value) -> str:
    return repr(value) if isinstance(value, str) else str(value)


def _written(node: yaml.Node) -> str:
    return repr(node.value) if isinstance(node, yaml.ScalarNode) else "(a list or mapping)"


def _insert(target: CommentedMap, name: str, value: object) -> None:
    """Sets a key. Comments and blank lines behind the last key belong to what comes next, and stay in front of that."""
    if name in target:
        trailing = _take_trailing(target, name)
        target[name] = value
        _give_trailing(target, name, trailing)
        return
    last = next(reversed(target), None) if len(target) else None
    trailing = _take_trailing(target, last) if last is not None else None
    own, following = _split(trailing)
    if last is not None:
        _give_trailing(target, last, own)
    target[key(name)] = value
    _give_trailing(target, name, following)


def _leaf(target: Any, name: Any) -> tuple[Any, Any, int]:
    """Where the comments behind a value are kept: container, key and position."""
    container, key = target, name
    while isinstance(container[key], CommentedMap | CommentedSeq) and len(container[key]):
        inner = container[key]
        if inner.fa.flow_style():
            break
        container, key = inner, (next(reversed(inner)) if isinstance(inner, CommentedMap) else len(inner) - 1)
    return container, key, 2 if isinstance(container, CommentedMap) else 0


def _take_trailing(target: CommentedMap, name: str) -> _Trailing | None:
    container, key, position = _leaf(target, name)
    items = container.ca.items.get(key)
    if not items or len(items) <= position or items[position] is None:
        return None
    token = items[position]
    items[position] = None
    return _Trailing(str(token.value), int(token.start_mark.column))


def _give_trailing(target: CommentedMap, name: str, trailing: _Trailing | None) -> None:
    if trailing is None:
        return
    container, key, position = _leaf(target, name)
    items = container.ca.items.setdefault(key, [None, None, None, None] if position == 2 else [None, None])
    items[position] = CommentToken(trailing.text, start_mark=CommentMark(trailing.column), end_mark=None)


def _split(trailing: _Trailing | None) -> tuple[_Trailing | None, _Trailing | None]:
    """The comment on the last key's own line, and what follows it."""
    if trailing is None:
        return None, None
    own, newline, following = trailing.text.partition("\n")
    return (
        _Trailing(own + newline, trailing.column) if own.strip() else None,
        _Trailing(f"\n{following}", 0) if following else None,
    )

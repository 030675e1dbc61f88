"""From YAML text to a graph of nodes, within bounds. Section 2.4 of the contract.

The graph is built from the parser's events, one at a time: nothing recurses, and a file that is too deep or too large
with its aliases is refused at the event that shows it, before anything is expanded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml

from fairway.gitops.model import Mark
from fairway.gitops.spec import faults
from fairway.gitops.spec.limits import MAX_DEPTH, MAX_NODES, MAX_TAG_DIRECTIVES, MAX_TEXT
from fairway.gitops.spec.nodes import Mapping, Node, Scalar, Sequence
from fairway.gitops.spec.problems import Problem, Unreadable
from fairway.gitops.spec.scalars import CORE_TAGS, fits_tag
from fairway.gitops.spec.wording import quoted

_CORE = "tag:yaml.org,2002:"
_OLD_BREAKS = "\x85\u2028\u2029"
_PRIVATE = range(0xE000, 0xF900)
"""Characters without a meaning; a text would have to hold all 6400 to leave none."""
_MAX_PROBLEMS = 100
"""Duplicate keys and tags told of one file."""


@dataclass(slots=True)
class _Frame:
    """A collection that is being read."""

    node: Sequence | Mapping
    anchor: str | None
    nodes: int
    characters: int
    """What had been counted when it began."""
    key: Scalar | None = None
    keys: dict[str, Mark] = field(default_factory=dict)
    merged: list[tuple[Scalar, Node]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a text may hold, with its aliases expanded."""

    depth: int = MAX_DEPTH
    nodes: int = MAX_NODES
    characters: int = MAX_TEXT


SPEC_FILE = Bounds()


def compose(text: str, bounds: Bounds = SPEC_FILE) -> list[Node]:
    """The root of each document.

    Raises:
        Unreadable: not YAML, or duplicate keys, foreign tags, or beyond the bounds.
    """
    if text.count("%TAG") > MAX_TAG_DIRECTIVES and len(re.findall(r"(?m)^%TAG\b", text)) > MAX_TAG_DIRECTIVES:
        raise Unreadable(Problem("E_TAG", f"The file has more than {MAX_TAG_DIRECTIVES} %TAG lines", Mark(1, 1)))
    shielded, restored = _shielded(text)
    composer = _Composer(bounds, restored)
    parser = yaml.CSafeLoader(shielded)
    try:
        while parser.check_event():
            if (event := parser.get_event()) is not None:
                composer.take(event)
    except yaml.YAMLError as error:
        raise Unreadable(*composer.problems, faults.explain(error, text)) from None
    finally:
        parser.dispose()
    if composer.problems:
        raise Unreadable(*composer.problems)
    return composer.roots


class _Composer:
    def __init__(self, bounds: Bounds, restored: dict[int, str]) -> None:
        self.roots: list[Node] = []
        self.problems: list[Problem] = []
        self._bounds = bounds
        self._restored = restored
        self._stack: list[_Frame] = []
        self._anchors: dict[str, Node | None] = {}
        """None: a collection that is not complete yet."""
        self._nodes = 0
        self._characters = 0
        self._aliased = False

    def take(self, event: yaml.Event) -> None:
        """One event of the parser."""
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._start(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._anchors = {}

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        mark = _mark(event)
        text = event.value.translate(self._restored) if self._restored else event.value
        node = Scalar(mark, text, not event.style, end_line=_end(event).line)
        node.characters = len(node.text)
        if event.tag is not None:
            node.tag = self._tag(event.tag, CORE_TAGS, mark)
            if not fits_tag(node):
                self._problem("E_TAG", f"{quoted(node.text)} is not what its tag !!{node.tag} says", mark)
        self._count(1, node.characters, mark)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._add(node, mark)

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        mark = _mark(event)
        if len(self._stack) >= self._bounds.depth:
            self._too_deep(mark)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        if event.tag is not None:
            self._tag(event.tag, ("map",) if is_mapping else ("seq",), mark)
        if self._stack and isinstance(self._stack[-1].node, Mapping) and self._stack[-1].key is None:
            raise Unreadable(*self.problems, _complex_key(mark, is_mapping))
        self._count(1, 0, mark)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        node: Sequence | Mapping = Mapping(mark) if is_mapping else Sequence(mark)
        self._stack.append(_Frame(node, event.anchor, self._nodes - 1, self._characters))

    def _end(self, event: yaml.CollectionEndEvent) -> None:
        frame = self._stack.pop()
        node = frame.node
        # A block ends where the next thing begins: at the start of a line that is not its own.
        end = _end(event)
        node.end_line = max(node.mark.line, end.line if end.column > 1 else end.line - 1)
        node.nodes = self._nodes - frame.nodes
        node.characters = self._characters - frame.characters
        if isinstance(node, Mapping) and frame.merged:
            self._merge(node, frame)
        if frame.anchor is not None:
            self._anchors[frame.anchor] = node
        self._add(node, node.mark)

    def _alias(self, event: yaml.AliasEvent) -> None:
        mark, name = _mark(event), event.anchor or ""
        if name not in self._anchors:
            message = f"The alias {quoted('*' + name)} has no anchor {quoted('&' + name)} before it in this document"
            hint = f'Define the anchor first; put text that begins with "*" between quotes'  # noqa: F541
            raise Unreadable(*self.problems, Problem("E_YAML", message, mark, hint))
        node = self._anchors[name]
        if node is None:
            message = f"The alias {quoted('*' + name)} stands inside what it refers to, which would never end"
            raise Unreadable(*self.problems, Problem("E_ALIAS", message, mark))
        self._aliased = True
        if len(self._stack) + node.height > self._bounds.depth:
            self._too_deep(mark)
        self._count(node.nodes, node.characters, mark)
        self._add(node, mark)

    def _add(self, node: Node, mark: Mark) -> None:
        """Puts a complete node where it belongs; ``mark`` is that of the alias when it is one."""
        if not self._stack:
            self.roots.append(node)
            return
        frame = self._stack[-1]
        parent = frame.node
        parent.height = max(parent.height, node.height + 1)
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif frame.key is None:
            if not isinstance(node, Scalar):
                raise Unreadable(*self.problems, _complex_key(mark, isinstance(node, Mapping)))
            self._key(frame, node, mark)
        else:
            key, frame.key = frame.key, None
            (frame.merged if _is_merge(key) else parent.pairs).append((key, node))

    def _key(self, frame: _Frame, key: Scalar, mark: Mark) -> None:
        frame.key = key
        if (first := frame.keys.get(key.text)) is not None:
            message = f"The key {quoted(key.text)} of line {first.line} is here again, in line {mark.line}"
            self._problem("E_DUP_KEY", message, mark, "Keep one of them")
        else:
            frame.keys[key.text] = mark

    def _merge(self, node: Mapping, frame: _Frame) -> None:
        """``<<``: keys of its own come first, then those of earlier mappings."""
        known = set(frame.keys)
        for key, value in frame.merged:
            for source in value.items if isinstance(value, Sequence) else [value]:
                if not isinstance(source, Mapping):
                    message = 'The merge key "<<" takes a mapping or a list of mappings'
                    self._problem("E_YAML", message, key.mark, 'A key of that name goes between quotes: "<<"')
                    return
                node.pairs.extend(pair for pair in source.pairs if pair[0].text not in known)
                known.update(pair[0].text for pair in source.pairs)

    def _tag(self, tag: str, allowed: tuple[str, ...], mark: Mark) -> str | None:
        if tag == "!":
            return "str" if allowed is CORE_TAGS else None
        short = tag.removeprefix(_CORE)
        if short in allowed and short != tag:
            return short
        written = f"!!{short}" if short != tag else tag
        message = (
            f"The tag {quoted(written)} is not allowed here; only {', '.join('!!' + name for name in allowed)} are"
        )
        self._problem("E_TAG", message, mark, 'Remove it; put text that begins with "!" between quotes')
        return None

    def _count(self, nodes: int, characters: int, mark: Mark) -> None:
        self._nodes += nodes
        self._characters += characters
        expanded = "With its aliases expanded the file" if self._aliased else "The file"
        if self._nodes > self._bounds.nodes:
            message = f"{expanded} has more than {self._bounds.nodes} keys and values"
            raise Unreadable(*self.problems, Problem("E_ALIAS", message, mark))
        if self._characters > self._bounds.characters:
            message = f"{expanded} has more than {self._bounds.characters} characters"
            raise Unreadable(*self.problems, Problem("E_ALIAS", message, mark))

    def _too_deep(self, mark: Mark) -> None:
        message = f"Lists and mappings are nested deeper than {self._bounds.depth} levels"
        raise Unreadable(*self.problems, Problem("E_DEPTH", message, mark))

    def _problem(self, code: str, message: str, mark: Mark, hint: str | None = None) -> None:
        self.problems.append(Problem(code, message, mark, hint))
        if len(self.problems) >= _MAX_PROBLEMS:
            raise Unreadable(*self.problems)


def _shielded(text: str) -> tuple[str, dict[int, str]]:
    """``text`` without the line breaks of YAML 1.1, which 1.2 takes for letters and the parser does not, and how to put
    them back: other characters that the text does not have stand for them."""
    found = [char for char in _OLD_BREAKS if char in text]
    if not found:
        return text, {}
    free = (chr(number) for number in _PRIVATE if chr(number) not in text)
    there = dict(zip(found, free, strict=False))
    return text.translate({ord(char): other for char, other in there.items()}), {
        ord(other): char for char, other in there.items()
    }


def _mark(event: yaml.Event) -> Mark:
    start = event.start_mark
    return Mark(start.line + 1, start.column + 1) if start is not None else Mark(1, 1)


def _end(event: yaml.Event) -> Mark:
    end = event.end_mark
    return Mark(end.line + 1, end.column + 1) if end is not None else Mark(1, 1)


def _is_merge(key: Scalar) -> bool:
    return key.text == "<<" and key.plain and key.tag is None


def _complex_key(mark: Mark, is_mapping: bool) -> Problem:
    message = f"A {'mapping' if is_mapping else 'list'} cannot be a key; keys are text"
    return Problem("E_YAML", message, mark, 'A placeholder "{{ … }}" was not filled in, or needs quotes around it')

"""Which inputs an expression reads, and in which order defaults can therefore be worked out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

_FORM = re.compile(
    r"""\.\s*form\b
        (?: \s*\.\s* (?: (?P<bare>[A-Za-z_]\w*) | "(?P<quoted>[^"\\]+)" | '(?P<single>[^'\\]+)' )
          | \s*\[\s* (?: "(?P<key>[^"\\]+)" | '(?P<other>[^'\\]+)' ) \s*\] )?""",
    re.VERBOSE,
)
_ELSEWHERE = re.compile(r"""\.\s*(?:entity|user)\b(?:\s*\??\s*(?:\.\s*(?:\w+|"[^"\\]*"|'[^'\\]*')|\[[^\]]*\]))*""")
_OF_ENTITY = re.compile(
    r"""\.\s*["']?(?:identifier|title|blueprint|team|properties|relations)\b
      | \[\s*["'](?:identifier|title|blueprint|team|properties|relations)["']\s*\]""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Reads:
    """What an expression reads of ``.form``."""

    names: frozenset[str]
    anything: bool
    """It takes the form as a whole, so it may read every input."""


def reads_of(text: str) -> Reads:
    """The inputs that an expression names."""
    names: set[str] = set()
    anything = False
    for found in _FORM.finditer(text):
        name = next((group for group in found.groups() if group), None)
        if name is None:
            anything = True
        else:
            names.add(name)
    return Reads(frozenset(names), anything)


def reads_entities(text: str) -> bool:
    """Whether an expression looks into entities that inputs name: ``.form.cluster.identifier``, ``.title`` and so on.

    Both spellings are in use: to such expressions an entity input is an entity, to others its identifier.
    """
    return bool(_OF_ENTITY.search(_FORM.sub(" ", _ELSEWHERE.sub(" ", text))))


@dataclass(frozen=True, slots=True)
class Order:
    """How to go through inputs whose defaults are expressions."""

    names: tuple[str, ...]
    cycles: Mapping[str, tuple[str, ...]]
    """For inputs whose default would need itself: the way round, from the input on."""


def default_order(reads: Mapping[str, Reads]) -> Order:
    """What is read comes first, and what reads everything as late as it can; a circle is cut at its last input."""
    needs = {name: read.names & reads.keys() for name, read in reads.items()}
    everything = {name for name, read in reads.items() if read.anything}
    for name in sorted(everything):
        needs[name] |= reads.keys() - everything - _needing(name, needs)
    order: list[str] = []
    cycles: dict[str, tuple[str, ...]] = {}
    done: set[str] = set()
    for root in needs:
        if root not in done:
            _visit(root, needs, order, cycles, done)
    return Order(tuple(order), cycles)


def _visit(
    root: str,
    needs: Mapping[str, Collection[str]],
    order: list[str],
    cycles: dict[str, tuple[str, ...]],
    done: set[str],
) -> None:
    path: dict[str, Iterator[str]] = {root: iter(sorted(needs[root]))}
    while path:
        name, following = next(reversed(path.items()))
        needed = next(following, None)
        if needed is None:
            path.popitem()
            done.add(name)
            order.append(name)
        elif needed in path:
            way = list(path)
            cycles[name] = (name, *way[way.index(needed) :])
        elif needed not in done:
            path[needed] = iter(sorted(needs[needed]))


def _needing(name: str, needs: Mapping[str, Collection[str]]) -> set[str]:
    """The inputs whose defaults need ``name``, directly or through others."""
    found: set[str] = set()
    waiting = {name}
    while waiting:
        waiting = {each for each, needed in needs.items() if each not in found and not waiting.isdisjoint(needed)}
        found |= waiting
    return found

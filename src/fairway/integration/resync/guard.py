"""What may be deleted. A pure decision, so that it can be tested with everything (contract section 7.7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fairway.integration.model import EntityKey, Kept

SHARE = 0.3
FLOOR = 20
"""So many of a blueprint may always go: shares of small numbers mean little."""
_SAMPLE = 5

PROTECTED_TARGET = "an entity that was seen relates to it"
NO_OWNER = "it is not known which kind it is of, and {}"


@dataclass(frozen=True, slots=True)
class Stale:
    """An entity of ours that this run did not see."""

    key: EntityKey
    kinds: frozenset[str] = frozenset()
    """That wrote it; empty: not known."""
    target: bool = False
    """A seen entity relates to it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Why something must stay."""

    protected: Mapping[str, str] = field(default_factory=dict)
    """Kinds of which nothing is deleted, and why."""
    makes: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    """Blueprints that the resources of a kind can make; ``None``: any, as it is computed."""
    everything: str | None = None
    """Nothing at all is deleted, because of this."""
    threshold: float | None = None
    """Share of all entities, when the mapping gives one; else the framework's own limits count."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision."""

    delete: list[Stale] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)


def judge(stale: Sequence[Stale], totals: Mapping[str, int], limits: Limits) -> Verdict:
    """Decides about each of ``stale``; ``totals`` are all entities of the installation by blueprint."""
    reasons: dict[tuple[str, str], list[str]] = {}
    going: list[Stale] = []
    for each in stale:
        reason = _reason(each, limits)
        if reason is None:
            going.append(each)
        else:
            reasons.setdefault((reason, each.key.blueprint), []).append(each.key.identifier)
    refused = dict(_refusals(Counter(each.key.blueprint for each in going), totals, limits.threshold))
    for each in going:
        if each.key.blueprint in refused:
            key = (refused[each.key.blueprint], each.key.blueprint)
            reasons.setdefault(key, []).append(each.key.identifier)
    kept = [
        Kept(reason, len(names), blueprint, tuple(names[:_SAMPLE])) for (reason, blueprint), names in reasons.items()
    ]
    return Verdict([each for each in going if each.key.blueprint not in refused], kept)


def _reason(each: Stale, limits: Limits) -> str | None:
    if limits.everything is not None:
        return limits.everything
    for kind in sorted(each.kinds):
        if kind in limits.protected:
            return limits.protected[kind]
    if not each.kinds:
        for kind, reason in limits.protected.items():
            makes = limits.makes.get(kind)
            if makes is None or each.key.blueprint in makes:
                return NO_OWNER.format(reason)
    return PROTECTED_TARGET if each.target else None


def _refusals(
    going: Mapping[str, int], totals: Mapping[str, int], threshold: float | None
) -> Iterator[tuple[str, str]]:
    """Blueprints that lose too much."""
    if threshold is not None:
        count, total = sum(going.values()), max(sum(totals.values()), sum(going.values()))
        if count > threshold * total:
            text = f"{count} of {total} entities would go, more than entityDeletionThreshold {threshold:g} allows"
            yield from ((blueprint, text) for blueprint in going)
        return
    for blueprint, count in going.items():
        total = max(totals.get(blueprint, 0), count)
        if count > max(FLOOR, SHARE * total):
            yield (
                blueprint,
                (
                    f'{count} of {total} entities of "{blueprint}" would go, more than {SHARE:.0%}; '
                    "set entityDeletionThreshold in the mapping to allow it"
                ),
            )

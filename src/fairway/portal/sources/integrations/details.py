"""What our integrations tell beyond the contract's metric events, as the portal shows it. It came over the network, so
every text is cut and every list is bounded."""

from __future__ import annotations

from typing import Any

from fairway.wire.sync_details import DETAILS, MOST_PROBLEMS, MOST_TEXT

_KIND_STATES = frozenset({"pending", "syncing", "completed", "completed_with_warnings", "failed", "aborted"})
_COUNTS = (
    "raw", "filtered", "dropped", "failed", "mapped", "unchanged", "loaded", "rejected", "deleted", "kept",
)  # fmt: skip
_TIERS = ("bronze", "silver", "gold")
_MOST_KEPT = 50
_MOST_RULES = 50
_MOST_SAMPLES = 5


def kind_details(event: dict[str, Any]) -> dict[str, Any] | None:
    """Counts and problems of a kind; ``None`` when the event has no details."""
    given = event.get(DETAILS)
    if not isinstance(given, dict):
        return None
    counts = _object(given.get("counts"))
    return {
        "state": _state(given),
        "counts": {name: counts[name] for name in _COUNTS if type(counts.get(name)) is int and counts[name] >= 0},
        "problems": [_problem(each) for each in _objects(given.get("problems"), MOST_PROBLEMS)],
    }


def run_details(event: dict[str, Any]) -> dict[str, Any] | None:
    """What concerns the whole sync; ``None`` when the event has no details."""
    given = event.get(DETAILS)
    if not isinstance(given, dict):
        return None
    return {
        "state": _state(given),
        "problem": _text(given.get("problem")),
        "kept": [_kept(each) for each in _objects(given.get("kept"), _MOST_KEPT)],
        "quality": _quality(given.get("quality")),
    }


def _state(given: dict[str, Any]) -> str | None:
    state = given.get("state")
    return state if state in _KIND_STATES else None


def _problem(given: dict[str, Any]) -> dict[str, Any]:
    shown = {name: _text(given.get(name)) for name in ("where", "message", "program", "item")}
    return {**shown, "where": shown["where"] or "", "message": shown["message"] or ""}


def _kept(given: dict[str, Any]) -> dict[str, Any]:
    count = given.get("count")
    sample = given.get("sample")
    names = [each[:MOST_TEXT] for each in sample if isinstance(each, str)] if isinstance(sample, list) else []
    return {
        "reason": _text(given.get("reason")) or "",
        "blueprint": _text(given.get("blueprint")) or "",
        "count": count if type(count) is int and count >= 0 else 0,
        "sample": names[:_MOST_SAMPLES],
    }


def _quality(given: Any) -> dict[str, Any] | None:
    if not isinstance(given, dict):
        return None
    broken = [
        {name: _text(each.get(name)) or "" for name in ("rule", "tier", "asks")}
        for each in _objects(given.get("broken"), _MOST_RULES)
    ]
    return {"tier": given.get("tier") if given.get("tier") in _TIERS else None, "broken": broken}


def _text(value: Any) -> str | None:
    return value[:MOST_TEXT] if isinstance(value, str) else None


def _objects(value: Any, most: int) -> list[dict[str, Any]]:
    return [each for each in value[:most] if isinstance(each, dict)] if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

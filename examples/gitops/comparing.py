"""What git says against what the catalog says."""

from __future__ import annotations

from typing import Any

from estate import Key

Content = dict[Key, dict[str, Any]]


def differences(git: Content, catalog: Content) -> list[tuple[Key, str, str]]:
    """Entities of which git and the catalog do not say the same: the key, and what either says. The catalog may know
    more of an entity than git does."""
    found = []
    for key in sorted(git.keys() | catalog.keys()):
        said, known = git.get(key), catalog.get(key)
        if said is None or known is None:
            found.append((key, shown(said), shown(known)))
        elif wrong := [name for name in said if known.get(name) != said[name]]:
            found.append((key, shown(said, wrong), shown(known, wrong)))
    return found


def shown(entity: dict[str, Any] | None, names: list[str] | None = None) -> str:
    """Some of an entity, on one line."""
    if entity is None:
        return "nothing"
    kept = [name for name in names or ("tier", "version") if name in entity]
    return ", ".join(f"{name} {entity[name]!s:.40}" for name in kept) or "is there"

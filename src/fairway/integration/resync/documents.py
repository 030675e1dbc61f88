"""Keys and hashes of entities, and when two documents say the same (contract section 7.4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson

from fairway.integration.mapping.outcome import key_of
from fairway.integration.model import Entity, EntityKey

_SIZE = 16


def key_hash(key: EntityKey) -> bytes:
    """16 bytes for an entity's key."""
    text = f"{key.blueprint}\0{key.identifier}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_SIZE).digest()


def entity_hash(entity: Entity) -> bytes:
    """:func:`key_hash` of what the entity is found by."""
    return key_hash(key_of(entity))


def body_hash(document: Mapping[str, Any], *, merge: bool) -> bytes:
    """16 bytes for a body and the way it is written."""
    return blake2b(canonical(document), digest_size=_SIZE, key=b"merge" if merge else b"replace").digest()


def canonical(value: Any) -> bytes:
    """The same bytes for the same JSON, whatever the order of keys."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # integers beyond 64 bits
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def is_search(entity: Entity) -> bool:
    """Whether the portal has to search for the entity itself, so that its key is not known here."""
    return not isinstance(entity.identifier, str)


def is_volatile(entity: Entity) -> bool:
    """Whether the result of a write depends on more than the body: searches are written every time."""
    document = entity.document
    relations = document.get("relations") or {}
    return is_search(entity) or isinstance(document.get("team"), Mapping) or any(
        isinstance(value, Mapping) for value in relations.values()
    )  # fmt: skip


def says_the_same(document: Mapping[str, Any], portal: Mapping[str, Any], *, merge: bool) -> bool:
    """Whether a write would change nothing: every mapped field is what the portal has. Without merging, what the
    mapping lacks would be cleared, so it must be empty already."""
    for name in ("title", "icon"):
        if (name in document or not merge) and document.get(name) != portal.get(name):
            return False
    if ("team" in document or not merge) and _team(document.get("team")) != _team(portal.get("team")):
        return False
    return all(
        _group(document.get(name) or {}, portal.get(name) or {}, merge=merge) for name in ("properties", "relations")
    )


def _group(mapped: Mapping[str, Any], portal: Mapping[str, Any], *, merge: bool) -> bool:
    if not merge and any(not _empty(value) and name not in mapped for name, value in portal.items()):
        return False
    for name, value in mapped.items():
        known = portal.get(name)
        if _empty(value) and _empty(known):
            continue
        if canonical(value) != canonical(known):
            return False
    return True


def _empty(value: Any) -> bool:
    return value is None or value == []


def _team(value: Any) -> frozenset[str]:
    if value is None:
        return frozenset()
    return frozenset([value] if isinstance(value, str) else map(str, value))

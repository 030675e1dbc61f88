"""What seen entities relate to: it is not deleted when missing targets are created (contract section 7.7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fairway.integration.model import Entity, EntityKey
from fairway.integration.portal_api import PortalApi
from fairway.integration.resync.documents import key_hash
from fairway.kit.errors import FairwayError

_FINGERPRINT = 8


class Targets:
    """Fingerprints of 8 bytes: one too many only keeps an entity that might have gone."""

    def __init__(self, api: PortalApi) -> None:
        self._api = api
        self._known: set[int] = set()
        self.problem: str | None = None
        """Set when it is not known what somebody relates to."""

    async def note(self, entities: Sequence[Entity]) -> None:
        """Remembers the targets of entities."""
        for entity in entities:
            relations = entity.document.get("relations")
            if not relations:
                continue
            try:
                shape = await self._api.relations(entity.blueprint)
            except FairwayError as error:
                self.problem = f'the relations of blueprint "{entity.blueprint}" are not known: {error.message}'
                return
            for name, value in relations.items():
                for identifier in _identifiers(value):
                    self._known.add(_fingerprint(key_hash(EntityKey(shape.get(name, ""), identifier))))

    def holds(self, key: bytes) -> bool:
        """Whether somebody relates to it."""
        return _fingerprint(key) in self._known


def _fingerprint(key: bytes) -> int:
    return int.from_bytes(key[:_FINGERPRINT], "big")


def _identifiers(value: object) -> Iterable[str]:
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []

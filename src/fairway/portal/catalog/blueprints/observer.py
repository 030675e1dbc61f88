"""What other features do when a blueprint changes, inside the transaction of the change."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from fairway.portal.caller import Caller
from fairway.portal.storage.tx import Tx

MemberKind = Literal["properties", "relations", "mirrorProperties"]


class BlueprintObserver(Protocol):
    """Follows blueprints: pages, scorecards, later actions."""

    async def blueprint_created(self, tx: Tx, caller: Caller, document: dict[str, Any], *, catalog_page: bool) -> None:
        """A blueprint was made; ``catalog_page`` says whether its page is wanted."""
        ...

    async def blueprint_renamed(self, tx: Tx, caller: Caller, old: str, new: str) -> None:
        """Its identifier changed."""
        ...

    async def blueprint_deleted(self, tx: Tx, caller: Caller, identifier: str) -> None:
        """It is gone, with all its entities."""
        ...

    async def member_renamed(
        self, tx: Tx, caller: Caller, blueprint: str, kind: MemberKind, old: str, new: str
    ) -> None:
        """A property, relation or mirror of it has another name."""
        ...

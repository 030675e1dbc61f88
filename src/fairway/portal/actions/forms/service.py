"""Use cases of forms: what to ask a person next, and whether what they sent will do (contract 6.3, 6.4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fairway.jq import Engine
from fairway.kit.clock import Clock
from fairway.portal.access.directory import Directory
from fairway.portal.actions.forms.model import CheckedInputs
from fairway.portal.actions.model import Action
from fairway.portal.caller import Caller
from fairway.portal.catalog.wiring import Catalog
from fairway.portal.storage.database import Database

Document = Mapping[str, Any]
SigningSecret = Callable[[], Awaitable[str]]


class FormService:
    """Resolves and checks the inputs of self-service actions."""

    def __init__(
        self, db: Database, clock: Clock, jq: Engine, catalog: Catalog, directory: Directory, secret: SigningSecret
    ) -> None:
        self._db = db
        self._clock = clock
        self._jq = jq
        self._catalog = catalog
        self._directory = directory
        self._secret = secret

    async def resolve(
        self, caller: Caller, action: Action, form: Mapping[str, Any], entity: Document | None
    ) -> dict[str, Any]:
        """The form as a user interface shows it for the values given so far."""
        raise NotImplementedError

    async def check(
        self,
        caller: Caller,
        action: Action,
        inputs: Mapping[str, Any],
        entity: Document | None,
        *,
        sealed: frozenset[str] = frozenset(),
    ) -> CheckedInputs:
        """The inputs, checked, completed and sealed. ``sealed`` names inputs that a former run sealed already.

        Raises:
            InvalidRequest: with everything that is wrong; ``details.errors`` has an entry for each.
        """
        raise NotImplementedError


def build_forms(
    *, db: Database, clock: Clock, jq: Engine, catalog: Catalog, directory: Directory, signing_secret: SigningSecret
) -> FormService:
    """Wires the forms; ``signing_secret`` gives the organisation's secret of the moment (contract 15.11)."""
    return FormService(db, clock, jq, catalog, directory, signing_secret)

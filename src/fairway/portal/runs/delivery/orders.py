"""From a stored run to its order: the real payload, who it acts as, and what messages say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from fairway.kit.crypto import SecretBox
from fairway.portal.access.credentials import signing_secret
from fairway.portal.access.principals import load_caller
from fairway.portal.caller import Caller, system_caller
from fairway.portal.runs.delivery.base import Order, Refused
from fairway.portal.runs.model import Run
from fairway.portal.runs.rendering.renderer import Renderer
from fairway.portal.runs.rendering.sealing import open_context
from fairway.portal.storage import Database, Tx
from fairway.wire.runs import RunEvent

AUTOMATION = "AUTOMATION"


class SigningSecret(Protocol):
    """The secret that signs what the organisation sends (contract 15.11)."""

    async def signing_secret(self) -> str:
        """The secret of the first active credential pair."""
        ...


@dataclass(frozen=True, slots=True)
class _Known:
    """What is read for an order, all at once."""

    starter: Caller | None
    secrets: Mapping[str, str]
    signing_secret: str


class Orders:
    """Makes orders of runs. An order lives as long as its delivery."""

    def __init__(self, db: Database, box: SecretBox, renderer: Renderer, org_id: str) -> None:
        self._db = db
        self._box = box
        self._renderer = renderer
        self._org_id = org_id

    async def of(self, run: Run, sent_at: int) -> Order:
        """The order of a run that is in progress.

        Raises:
            Refused: whoever started the run is gone.
            RenderingFailed: with the secrets of today it cannot be rendered.
        """
        known = await self._db.read(lambda tx: self._known(tx, run))
        payload = await self._renderer.real_payload(run, known.secrets)
        context = open_context(self._box, run.id, run.context)
        trigger = run.definition.get("trigger") or {}
        event = RunEvent(
            run_id=run.id,
            action=run.action,
            operation=str(trigger.get("operation") or "CREATE"),
            trigger=context.trigger,
            invocation=payload,
            properties=run.raw_properties,
            entity=context.entity,
            entity_identifier=run.entity,
            blueprint=run.blueprint,
            censored=list(context.action.get("encryptedProperties") or ()),
        )
        return Order(
            id=run.id,
            payload=payload,
            event=event,
            key=f"{run.blueprint}:{run.entity}" if run.entity else run.id,
            caller=self._caller(run, known.starter),
            signing_secret=known.signing_secret,
            secrets=known.secrets,
            depth=run.depth,
            sent_at=sent_at,
            external_id=run.external_run_id,
        )

    async def _known(self, tx: Tx, run: Run) -> _Known:
        starter = None if run.source == AUTOMATION else await load_caller(tx, run.created_by, self._org_id)
        return _Known(starter, await self._renderer.secrets_in(tx), await signing_secret(tx, self._box))

    def _caller(self, run: Run, starter: Caller | None) -> Caller:
        """Automations act as the portal, under their name; other runs as whoever started them."""
        if run.source == AUTOMATION:
            found = system_caller(self._org_id, run.action)
        elif starter is None:
            raise Refused("Whoever started this run does not exist any more, or is disabled")
        else:
            found = starter.acting_as(run.source)
        return replace(found, run_id=run.id, run_depth=run.depth, user_agent=f"fairway-action/{run.action}")

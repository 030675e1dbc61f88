"""From a stored run to its order: the real payload, who it acts as, and what messages say of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from fairway.kit.crypto import SecretBox
from fairway.portal.access.principals import load_caller
from fairway.portal.caller import Caller, system_caller
from fairway.portal.runs.delivery.base import Order, Refused
from fairway.portal.runs.model import Run
from fairway.portal.runs.rendering.renderer import Renderer
from fairway.portal.runs.rendering.sealing import open_context
from fairway.portal.storage import Database
from fairway.wire.runs import RunEvent

AUTOMATION = "AUTOMATION"


class SigningSecret(Protocol):
    """The secret that signs what the organisation sends (contract 15.11)."""

    async def signing_secret(self) -> str:
        """The secret of the first active credential pair."""
        ...


class Orders:
    """Makes orders of runs. An order lives as long as its delivery."""

    def __init__(self, db: Database, box: SecretBox, renderer: Renderer, signing: SigningSecret, org_id: str) -> None:
        self._db = db
        self._box = box
        self._renderer = renderer
        self._signing = signing
        self._org_id = org_id

    async def of(self, run: Run, sent_at: int) -> Order:
        """The order of a run that is in progress.

        Raises:
            Refused: whoever started the run is gone.
            RenderingFailed: with the secrets of today it cannot be rendered.
        """
        payload = await self._renderer.real_payload(run)
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
            caller=await self._caller(run),
            signing_secret=await self._signing.signing_secret(),
            secrets=await self._renderer.secrets(),
            depth=run.depth,
            sent_at=sent_at,
            external_id=run.external_run_id,
        )

    async def _caller(self, run: Run) -> Caller:
        """Automations act as the portal, under their name; other runs as whoever started them."""
        found: Caller | None
        if run.source == AUTOMATION:
            found = system_caller(self._org_id, run.action)
        else:
            found = await self._db.read(lambda tx: load_caller(tx, run.created_by, self._org_id))
            if found is None:
                raise Refused("Whoever started this run does not exist any more, or is disabled")
            found = found.acting_as(run.source)
        return replace(found, run_id=run.id, run_depth=run.depth, user_agent=f"fairway-action/{run.action}")

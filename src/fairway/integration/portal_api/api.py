"""The integration at the portal: what it is, what it should do, what it tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from fairway import __version__
from fairway.client import PortalClient
from fairway.client.api import segment
from fairway.integration.model import AppConfig, KindReport
from fairway.integration.portal_api.defaults import (
    Defaults,
    DefaultsFailed,
    Document,
    create_defaults,
    create_missing,
    delete_defaults,
)
from fairway.integration.portal_api.entities import MOST_BYTES, EntityApi, Listed, Written
from fairway.integration.portal_api.installation import Installation, Origin, Registration
from fairway.integration.portal_api.masking import Masking
from fairway.integration.portal_api.telemetry import Telemetry
from fairway.kit.clock import parse_instant
from fairway.kit.errors import Conflict, FairwayError, InvalidRequest, NotFound, Unavailable
from fairway.kit.logs import get_logger

log = get_logger(__name__)

_PROVISION_POLLS = 30
_PROVISION_SECONDS = 3.0
_PROVISION_GROWTH = 1.55
_PROVISION_LONGEST = 60.0
_ORIGINS: tuple[Origin, ...] = ("Default", "Port", "Empty")
Integration = Mapping[str, Any]
"""As the portal shows it (catalog API 8.2)."""


class PortalApi:
    """``client`` is open, and its user agent that of ``installation``."""

    def __init__(
        self,
        client: PortalClient,
        installation: Installation,
        *,
        masking: Masking | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        most: int | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.client = client
        self.installation = installation
        self.entities = EntityApi(client, installation, most=most, most_bytes=most_bytes)
        self.telemetry = Telemetry(client, installation, masking or Masking())
        self._sleep = sleep
        self._path = f"/integration/{segment(installation.identifier)}"
        self._relations: dict[str, Mapping[str, str]] = {}

    async def integration(self, *, polling: bool = False) -> Integration | None:
        """What the portal keeps; ``None`` when it does not know the installation.

        Raises:
            FairwayError: the portal does not answer.
        """
        try:
            answer = await self.client.get(self._path, oceanCoreVersion=__version__, isPolling=polling)
        except NotFound:
            return None
        found = answer.get("integration")
        if not isinstance(found, Mapping):
            return None
        self.telemetry.learn(found)
        return found

    async def register(self, registration: Registration, defaults: Defaults) -> Integration:
        """Makes the portal know this installation, with its default resources at the first start (section 5.3).

        Raises:
            DefaultsFailed: default blueprints were refused; the installation counts as initialised.
            InvalidRequest: the installation is hosted elsewhere.
            FairwayError: the portal does not answer.
        """
        _check_runtime(await self.integration(), registration)
        offered = await self._tolerated("/integration/provision-enabled")
        flags = await self._tolerated("/organization")
        found = await self.integration()
        origin = _origin(found, registration, self.installation, offered, flags)
        if found is None:
            found = await self._create(registration, defaults, origin)
        found = await self._bring_up_to_date(found, registration)
        if not found.get("arePortResourcesInitialized"):
            found = await self._initialise(found, registration, defaults, origin)
        return found

    async def _create(self, registration: Registration, defaults: Defaults, origin: Origin) -> Integration:
        fields = registration.compared(self.installation)
        del fields["processingMode"]  # the reference takes it by PATCH alone
        seeded = registration.initialise and origin == "Default" and defaults.mapping is not None
        config = dict(defaults.mapping or {}) if seeded else {}
        body = {
            "installationId": self.installation.identifier,
            **fields,
            "config": config,
            "createPortResourcesOrigin": origin,
        }
        params = {"integration_modes": "create_resources"} if origin == "Port" else None
        try:
            answer = await self.client.request("POST", "/integration", body=body, params=params)
        except Conflict:  # another replica was quicker
            return await self._known()
        return self._shown(answer)

    async def _bring_up_to_date(self, found: Integration, registration: Registration) -> Integration:
        wanted = registration.compared(self.installation)
        if all(found.get(key) == value for key, value in wanted.items()):
            return found
        return await self._patch(wanted)

    async def _initialise(
        self, found: Integration, registration: Registration, defaults: Defaults, origin: Origin
    ) -> Integration:
        if origin == "Port":
            return await self._provisioned()
        if origin == "Empty":
            return await self._patch({"config": {"resources": []}, "arePortResourcesInitialized": True})
        if not registration.initialise:
            return found
        if not found.get("config") and defaults.mapping is not None:
            headers = {"x-skip-resync": "true"} if registration.runtime == "Saas" else {}
            await self.client.request(
                "PATCH", f"{self._path}/config", body={"config": dict(defaults.mapping)}, headers=headers,
                repeatable=True,
            )  # fmt: skip
        done = {"arePortResourcesInitialized": True, "version": self.installation.version}
        try:
            await create_defaults(self.client, defaults, {"user-agent": self.installation.user_agent("exporter")})
        except DefaultsFailed:
            await self._patch(done)
            raise
        return await self._patch(done)

    async def _provisioned(self) -> Integration:
        """Waits until the portal has made the resources itself."""
        pause = _PROVISION_SECONDS
        for _ in range(_PROVISION_POLLS):
            found = await self._known()
            if found.get("config"):
                return found
            await self._sleep(pause)
            pause = min(pause * _PROVISION_GROWTH, _PROVISION_LONGEST)
        raise Unavailable(f'The portal has not provisioned "{self.installation.identifier}" in time')

    async def _known(self) -> Integration:
        found = await self.integration()
        if found is None:
            raise NotFound(f'The portal does not know the integration "{self.installation.identifier}" any more')
        return found

    async def _patch(self, body: Mapping[str, Any]) -> Integration:
        return self._shown(await self.client.request("PATCH", self._path, body=dict(body), repeatable=True))

    def _shown(self, answer: Mapping[str, Any]) -> Integration:
        found = answer.get("integration")
        shown: Integration = found if isinstance(found, Mapping) else {}
        self.telemetry.learn(shown)
        return shown

    async def _tolerated(self, path: str) -> Mapping[str, Any]:
        """What only matters when the portal provisions."""
        try:
            return await self.client.get(path)
        except FairwayError as error:
            if error.retriable or error.status == 401:
                raise
            return {}

    async def add(self, entries: Sequence[Document], blueprints: Sequence[Document]) -> tuple[list[str], list[str]]:
        """Puts entries into the mapping whose kind is not in it, with the blueprints that they need; kinds and
        blueprints that are new. The portal asks for a resync.

        Raises:
            NotFound: the installation is not registered.
            DefaultsFailed: a blueprint was refused.
        """
        found = await self.integration()
        if found is None:
            name = self.installation.identifier
            raise NotFound(f'The portal does not know the integration "{name}"; start it once to register it')
        config = dict(found.get("config") or {})
        present = list(config.get("resources") or ())
        kinds = {each.get("kind") for each in present}
        fresh = [each for each in entries if each.get("kind") not in kinds]
        agent = {"user-agent": self.installation.user_agent("exporter")}
        created = await create_missing(self.client, blueprints, agent)
        if fresh:
            body = {"config": {**config, "resources": [*present, *map(dict, fresh)]}}
            await self.client.request("PATCH", f"{self._path}/config", body=body, repeatable=True)
        return [str(each.get("kind")) for each in fresh], created

    async def delete(self) -> None:
        """Forgets the installation; its entities stay.

        Raises:
            FairwayError: the portal refuses.
        """
        await self.client.delete(self._path)

    async def clean(self, defaults: Defaults, *, entities: bool = False, wait: bool = False) -> list[str]:
        """Deletes the default blueprints; what could not be deleted, and why."""
        return await delete_defaults(self.client, defaults, entities=entities, wait=wait)

    async def resync_state(self, **fields: Any) -> None:
        """Tells how the run is (catalog API 8.4); repeated, since a lost report leaves the portal at "running".

        Raises:
            FairwayError: the portal does not answer.
        """
        await self.client.request("PATCH", f"{self._path}/resync-state", body=fields, repeatable=True)

    async def resync_request(self) -> Mapping[str, Any] | None:
        """The last request to sync again, as answered.

        Raises:
            FairwayError: the portal does not answer.
        """
        request = (await self.client.get(f"{self._path}/resync-request")).get("request")
        return request if isinstance(request, Mapping) else None

    async def cursor(self, kind: str, index: int) -> datetime | None:
        """How far the incremental resyncs of a resource have come.

        Raises:
            FairwayError: the portal does not answer.
        """
        try:
            answer = await self.client.get(f"{self._path}/cursor", kind=kind, index=index)
        except NotFound:
            return None
        cursor = answer.get("cursor")
        return parse_instant(str(cursor.get("primary"))) if isinstance(cursor, Mapping) else None

    async def set_cursor(self, kind: str, index: int, instant: str) -> None:
        """Moves it, or makes it.

        Raises:
            FairwayError: the portal does not answer.
        """
        params = {"kind": kind, "index": index}
        try:
            await self.client.request("PUT", f"{self._path}/cursor", body={"primary": instant}, params=params)
        except NotFound:
            await self.client.request(
                "POST", f"{self._path}/cursor", body={"primary": instant}, params=params, repeatable=True
            )

    async def relations(self, blueprint: str) -> Mapping[str, str]:
        """Target blueprints by relation; empty when there is no such blueprint. Kept until :meth:`forget`.

        Raises:
            FairwayError: the portal does not answer.
        """
        known = self._relations.get(blueprint)
        if known is None:
            try:
                shape = (await self.client.get(f"/blueprints/{segment(blueprint)}")).get("blueprint") or {}
            except NotFound:
                shape = {}
            found = shape.get("relations") or {}
            known = {name: str(each.get("target", "")) for name, each in found.items()}
            self._relations[blueprint] = known
        return known

    def forget(self) -> None:
        """Blueprints may have changed."""
        self._relations.clear()

    async def report_kind(self, run: str, report: KindReport) -> None:
        """One kind in its present state; never fails."""
        await self.telemetry.kind(run, report)

    async def examples(self, kind: str, items: Sequence[Any]) -> None:
        """The first items of a kind; never fails."""
        await self.telemetry.examples(kind, items)

    def datasource(self, before: datetime, *, contents: bool = False) -> AsyncIterator[list[Listed]]:
        """Pages of what is ours; see :meth:`EntityApi.listing`."""
        return self.entities.listing(before, contents=contents)

    async def upsert(
        self, blueprint: str, bodies: Sequence[bytes], config: AppConfig, *, event: str, run: str | None = None
    ) -> Written:
        """Bulk writes; see :meth:`EntityApi.upsert`."""
        return await self.entities.upsert(blueprint, bodies, config, event=event, run=run)


def _check_runtime(found: Integration | None, registration: Registration) -> None:
    kind = str((found or {}).get("installationType") or "OnPrem")
    fits = kind.startswith("Saas") if registration.runtime == "Saas" else kind == "OnPrem"
    if found is not None and not fits:
        raise InvalidRequest(
            f'The portal knows this installation as "{kind}", so it cannot run as "{registration.runtime}"; '
            "choose another identifier, or delete the installation at the portal"
        )


def _origin(
    found: Integration | None,
    registration: Registration,
    installation: Installation,
    offered: Mapping[str, Any],
    flags: Mapping[str, Any],
) -> Origin:
    stored = (found or {}).get("createPortResourcesOrigin")
    for known in _ORIGINS:
        if stored == known:
            return known
    if registration.origin in ("Default", "Empty"):
        return registration.origin
    types = offered.get("integrations") or ()
    features = (flags.get("organization") or {}).get("featureFlags") or ()
    return "Port" if installation.type in types and "USE_PROVISIONED_DEFAULTS" in features else "Default"

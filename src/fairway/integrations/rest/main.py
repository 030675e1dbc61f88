"""Registration: every kind is served, as its endpoint is declared."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fairway.integration.definition import Context, Integration, Page
from fairway.integrations.rest.client import RestClient
from fairway.integrations.rest.declaration import Declaration
from fairway.integrations.rest.endpoints import Endpoints
from fairway.integrations.rest.source import Source


def check(context: Context) -> None:
    """Declarations that make no sense are told before the first sync."""
    RestClient(context)
    Endpoints.of(context.config)


integration = Integration("rest", selectors={"*": Declaration}, check=check)


@integration.on_resync()
async def items(context: Context) -> AsyncIterator[Page]:
    """Those of whatever kind is asked for."""
    async for page in Source(context).pages(str(context.kind), context.selector):
        yield page

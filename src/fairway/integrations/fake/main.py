"""Registration: which kinds there are, and who fetches them."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fairway.integration.definition import Context, Integration, Page
from fairway.integrations.fake.selectors import FakeSelector
from fairway.integrations.fake.settings import KINDS
from fairway.integrations.fake.source import FakeSource

integration = Integration("fake", selectors=dict.fromkeys(KINDS, FakeSelector), check=FakeSource)


async def items(context: Context) -> AsyncIterator[Page]:
    """Those of whatever kind is asked for."""
    async for page in FakeSource(context).pages(str(context.kind), context.selector):
        yield page


for kind in KINDS:
    integration.on_resync(kind)(items)
